"""Finding customers (U2)."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from csp_portal.territories import country_name
from csp_portal.text_errors import NO_SUCH_CHOICE, TEXT_ERRORS
from customers.models import Customer, CustomerQuerySet


class CustomerSearchForm(forms.Form):
    """What to look for among the customers that the reader may see; what is wrong with a field leaves it out."""

    q = forms.CharField(
        label=_("Name, domain or tenant GUID"),
        required=False,
        error_messages=TEXT_ERRORS,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    market = forms.ChoiceField(label=_("Market"), required=False, error_messages=NO_SUCH_CHOICE)

    def __init__(self, data: Any, *, customers: CustomerQuerySet) -> None:
        super().__init__(data)
        self.customers = customers
        named = sorted(((code, country_name(code)) for code in customers.markets()), key=lambda market: market[1])
        self.fields["market"].choices = [("", _("All markets")), *named]  # type: ignore[attr-defined]
        self.is_valid()

    @property
    def is_used(self) -> bool:
        """Whether anything was asked for."""
        return any(self.cleaned_data.values())

    def found(self) -> CustomerQuerySet:
        """The customers that fit."""
        customers = self.customers
        if text := self.cleaned_data.get("q"):
            customers = customers.matching(text)
        if market := self.cleaned_data.get("market"):
            customers = customers.filter(market=market)
        return customers

    def exact(self) -> Customer | None:
        """The customer whose tenant GUID was typed, if that is what was typed."""
        return self.customers.with_guid(self.cleaned_data.get("q", ""))
