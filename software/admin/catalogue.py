"""Products, and SKUs with their key pools."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from csp_portal.calendar_utc import utc_day
from csp_portal.operator_site import EditableAdmin, site
from csp_portal.templatetags.portal import written_count
from software.models import KeyStatus, Product, ProductKey, Sku
from software.models.pools import capped_count, pools_to_fill, with_pools
from software.services import change_product, change_sku


@admin.register(Product, site=site)
class ProductAdmin(EditableAdmin):
    """Products of the price list; only the family is the operator's."""

    list_display = ("title", "publisher", "family", "kind", "product_id")
    list_filter = ("kind", "publisher")
    search_fields = ("title", "=product_id", "family")
    readonly_fields = ("title", "publisher", "kind", "product_id")
    fields = (*readonly_fields, "family")

    def save_by_service(self, form: Any, obj: Any, *, actor: Any) -> Product:
        return change_product(obj.pk, family=form.cleaned_data["family"], actor=actor)


class PoolFilter(admin.SimpleListFilter):
    """Pools that lines wait for or that run low: all of those that the first page begins to list."""

    title = _("key pools")
    parameter_name = "pool"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return (("to_fill", _("to fill")),)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Sku]) -> QuerySet[Sku]:
        if self.value() != "to_fill":
            return queryset
        return queryset.filter(pk__in=pools_to_fill(timezone.now()).order_by().values("pk"))


@admin.register(Sku, site=site)
class SkuAdmin(EditableAdmin):
    """SKUs of the price list with their pools; what the list does not say but propose is the operator's."""

    change_form_template = "admin/software/sku_form.html"
    list_display = (
        "title",
        "number",
        "term_label",
        "cancellation_policy",
        "key_issue",
        "keys_left",
        "keys_allotted",
        "lines_waiting",
    )
    list_filter = (PoolFilter, "product__kind", "cancellation_policy", "key_issue", "hybrid_benefit")
    list_select_related = ("product",)
    search_fields = ("title", "product__title", "=product__product_id")
    listed = ("product", "title", "number", "term_label", "billing_label", "segment", "description")
    counted = ("keys_left", "keys_allotted", "lines_waiting")
    readonly_fields = (*listed, *counted)
    fieldsets = (
        (None, {"fields": (*listed, "cancellation_policy", "hybrid_benefit", "cores_per_unit")}),
        (_("Key pool"), {"fields": (*counted, "key_issue", "low_water")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sku]:
        """With how full each pool is and how many lines wait for it."""
        allotted = ProductKey.objects.filter(sku=OuterRef("pk"), status=KeyStatus.ALLOTTED)
        skus = with_pools(super().get_queryset(request), utc_day(timezone.now()))
        return skus.annotate(allotted=capped_count(allotted))

    def save_by_service(self, form: Any, obj: Any, *, actor: Any) -> Sku:
        return change_sku(obj.pk, actor=actor, **form.cleaned_data)

    @admin.display(description="ProductId:SkuId")
    def number(self, sku: Sku) -> str:
        return format_html('<span class="id">{}</span>', sku.catalogue_id)

    @admin.display(description=_("term"))
    def term_label(self, sku: Sku) -> str:
        return sku.term_label

    @admin.display(description=_("billing"))
    def billing_label(self, sku: Sku) -> str:
        return sku.billing_label

    @admin.display(description=_("in the pool"))
    def keys_left(self, sku: Any) -> str:
        return written_count(sku.left)

    @admin.display(description=_("allotted"))
    def keys_allotted(self, sku: Any) -> str:
        return written_count(sku.allotted)

    @admin.display(description=_("lines waiting"))
    def lines_waiting(self, sku: Any) -> str:
        return written_count(sku.waiting)
