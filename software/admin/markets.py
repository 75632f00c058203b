"""Tax rates, and markets in which Azure reservations are not sold (M2, M8)."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _

from csp_portal.calendar_utc import utc_day
from csp_portal.operator_site import EditableAdmin, OperatorForm, site
from csp_portal.templatetags.portal import day
from csp_portal.territories import country_name
from software.models import MarketRestriction, TaxRate
from software.services import add_restriction, add_tax_rate, change_restriction, change_tax_rate
from software.tax import percent


class MarketForm(OperatorForm):
    """A form with a country's code, which may be typed in small letters."""

    def clean_market(self) -> str:
        return str(self.cleaned_data["market"]).upper()


class TaxRateForm(MarketForm):
    """A rate; its limits are told before the database has to."""

    rate = forms.DecimalField(
        label=_("Rate"), min_value=0, max_value=1, decimal_places=5, help_text=_("A fraction: 0.19 is 19 %.")
    )

    def clean_rate(self) -> Any:
        rate = self.cleaned_data["rate"]
        if rate >= 1:
            raise forms.ValidationError(_("It must be below 1: 0.19 is 19 %."))
        return rate


class WhenFilter(admin.SimpleListFilter):
    """Whether rows have begun on a day."""

    title = _("when")
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return (("begun", _("begun")), ("to_come", _("to come")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = utc_day(timezone.now())
        found = {"begun": Q(valid_from__lte=today), "to_come": Q(valid_from__gt=today)}
        return queryset.filter(found.get(self.value() or "", Q()))


class MarketAdmin(EditableAdmin):
    """What lists of markets have in common."""

    can_add = True
    list_filter = (WhenFilter,)
    search_fields = ("=market",)
    search_help_text = _("A country's code, such as DE.")
    ordering = ("market", "-valid_from")

    @admin.display(description=_("country"))
    def country(self, row: Any) -> str:
        return country_name(row.market)

    @admin.display(description=_("valid from"), ordering="valid_from")
    def valid_from_day(self, row: Any) -> str:
        return day(row.valid_from)


@admin.register(TaxRate, site=site)
class TaxRateAdmin(MarketAdmin):
    """What each market taxes: a rate that counts already is followed by a new one, never rewritten."""

    form = TaxRateForm
    list_display = ("market", "country", "name", "percentage", "included", "valid_from_day")
    fields = ("market", "name", "rate", "included_in_price", "valid_from")

    def save_by_service(self, form: Any, obj: Any, *, actor: Any) -> TaxRate:
        if obj is None:
            return add_tax_rate(actor=actor, **form.cleaned_data)
        return change_tax_rate(obj.pk, actor=actor, **form.cleaned_data)

    @admin.display(description=_("rate"), ordering="rate")
    def percentage(self, rate: TaxRate) -> str:
        return f"{formats.localize(percent(rate.rate))} %"

    @admin.display(description=_("prices"))
    def included(self, rate: TaxRate) -> Any:
        return _("include it") if rate.included_in_price else _("exclude it")


@admin.register(MarketRestriction, site=site)
class MarketRestrictionAdmin(MarketAdmin):
    """Where Azure reservations are not sold, from which day and until when."""

    form = MarketForm
    list_display = ("market", "country", "valid_from_day", "valid_to_day")
    fields = ("market", "valid_from", "valid_to")

    def save_by_service(self, form: Any, obj: Any, *, actor: Any) -> MarketRestriction:
        if obj is None:
            made: MarketRestriction = add_restriction(actor=actor, **form.cleaned_data)
            return made
        return change_restriction(obj.pk, actor=actor, **form.cleaned_data)

    @admin.display(description=_("free again from"), ordering="valid_to")
    def valid_to_day(self, row: MarketRestriction) -> str:
        return day(row.valid_to)
