"""What the operator keeps of the catalogue, below `/operator/software/`."""

from typing import Any

from django.contrib import admin

from csp_portal.operator_site import OperatorAdmin, site
from software.models import Product, Sku
from software.services import change_product, change_sku


@admin.register(Product, site=site)
class ProductAdmin(OperatorAdmin):
    """Products of the price list; only the family is the operator's."""

    can_change = True
    list_display = ("title", "publisher", "family", "kind", "product_id")
    list_filter = ("kind", "publisher")
    search_fields = ("title", "=product_id", "family")
    readonly_fields = ("title", "publisher", "kind", "product_id")
    fields = ("title", "publisher", "kind", "product_id", "family")

    def save_by_service(self, form: Any, obj: Any, *, actor: Any) -> Product:
        return change_product(obj.pk, family=form.cleaned_data["family"], actor=actor)


@admin.register(Sku, site=site)
class SkuAdmin(OperatorAdmin):
    """SKUs of the price list; what its rows do not say but propose is the operator's."""

    can_change = True
    list_display = ("title", "catalogue_id", "term_label", "key_issue", "cancellation_policy", "cores_per_unit")
    list_filter = ("product__kind", "cancellation_policy", "key_issue", "hybrid_benefit")
    list_select_related = ("product",)
    search_fields = ("title", "product__title", "=product__product_id")
    readonly_fields = ("product", "title", "catalogue_id", "term_label", "billing_label", "segment", "description")
    fields = (*readonly_fields, "key_issue", "cancellation_policy", "hybrid_benefit", "cores_per_unit")

    def save_by_service(self, form: Any, obj: Any, *, actor: Any) -> Sku:
        return change_sku(obj.pk, actor=actor, **form.cleaned_data)
