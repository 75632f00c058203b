"""Prices: read only, for they are the price list's, which is loaded here too (M6)."""

from datetime import MAXYEAR
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from csp_portal.money import format_money
from csp_portal.operator_site import OperatorAdmin, site
from csp_portal.row_files import BadFile
from csp_portal.templatetags.portal import NOTHING, instant
from software.admin.upload import UploadForm, upload_page
from software.models import Price
from software.services import import_price_list


class PriceListForm(UploadForm):
    """A price list and the day on which prices end that it no longer has."""

    effective = forms.DateField(
        label=_("Prices that it no longer has end on (UTC)"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Today if you leave it empty."),
    )


class InForceFilter(admin.SimpleListFilter):
    """Whether prices count now."""

    title = _("when")
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return (("now", _("in force")), ("to_come", _("announced")), ("over", _("ended")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Price]) -> QuerySet[Price]:
        now = timezone.now()
        found = {
            "now": Q(effective_start__lte=now, effective_end__gt=now),
            "to_come": Q(effective_start__gt=now),
            "over": Q(effective_end__lte=now),
        }
        return queryset.filter(found.get(self.value() or "", Q()))


@admin.register(Price, site=site)
class PriceAdmin(OperatorAdmin):
    """The prices of all markets."""

    change_list_template = "admin/software/price_list.html"
    list_display = ("sku", "market", "from_quantity", "charged", "retail", "starts", "ends")
    list_display_links = None
    list_filter = (InForceFilter, "sku__product__kind")
    list_select_related = ("sku",)
    search_fields = ("sku__title", "=sku__product__product_id", "=market", "=currency")
    search_help_text = _("A SKU's title, a ProductId, a market or a currency; several words narrow it.")
    sortable_by = ()
    ordering = ("-pk",)
    fields = ("sku", "market", "from_quantity", "charged", "retail", "starts", "ends")
    readonly_fields = fields

    def own_forms(self) -> dict[str, Any]:
        return {"import": self.import_view}

    def import_view(self, request: Any) -> HttpResponse:
        """Load a price list; what it changes, or its bad rows, stand on the page."""
        form = PriceListForm(request.POST or None, request.FILES or None)
        shown: dict[str, Any] = {"form": form, "title": _("Import a price list"), "opts": self.opts}
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                shown["report"] = import_price_list(given["file"], effective=given["effective"], actor=request.user)
            except BadFile as bad:
                shown["bad"] = bad
        return upload_page(request, "admin/software/import_prices.html", shown)

    @admin.display(description=_("quantity"))
    def from_quantity(self, price: Price) -> str:
        if price.tier_max is None:
            return now_("from %(quantity)s") % {"quantity": price.tier_min}
        return f"{price.tier_min}–{price.tier_max}"

    @admin.display(description=_("price per unit"))
    def charged(self, price: Price) -> str:
        return format_money(price.unit_price, price.currency)

    @admin.display(description=_("recommended retail price"))
    def retail(self, price: Price) -> str:
        return "–" if price.retail_price is None else format_money(price.retail_price, price.currency)

    @admin.display(description=_("from"))
    def starts(self, price: Price) -> str:
        return instant(price.effective_start)

    @admin.display(description=_("until before"))
    def ends(self, price: Price) -> str:
        return NOTHING if price.effective_end.year == MAXYEAR else instant(price.effective_end)
