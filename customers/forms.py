"""Finding, adding, changing and importing customers (U2, U4)."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from csp_portal.choices import offer
from csp_portal.errors import Refusal
from csp_portal.sizes import limit_written
from csp_portal.stale_forms import tell_what_stands
from csp_portal.territories import country_choices, country_name, currency_choices
from csp_portal.text_errors import NO_SUCH_CHOICE, TEXT_ERRORS
from csp_portal.typed_text import one_line
from customers import reasons
from customers.details import FIELDS, NEEDED_OF_AN_ADDRESS, address_gaps, clean_detail
from customers.import_file import LARGEST_FILE
from customers.models import Customer, CustomerQuerySet

FIXED_BY_ORDERS = ("market", "currency")


class CustomerSearchForm(forms.Form):
    """What to look for among the customers that the reader may see; what is wrong with a field leaves it out."""

    q = forms.CharField(
        label=_("Name, domain, tenant GUID, order number or subscription id"),
        required=False,
        error_messages=TEXT_ERRORS,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    market = forms.ChoiceField(label=_("Market"), required=False, error_messages=NO_SUCH_CHOICE)

    def __init__(self, data: Any, *, customers: CustomerQuerySet) -> None:
        super().__init__(data)
        self.customers = customers
        named = sorted(((code, country_name(code)) for code in customers.markets()), key=lambda market: market[1])
        offer(self, "market", [("", _("All markets")), *named])
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


class DetailField(forms.CharField):
    """One detail of a customer, read and refused as everywhere (`customers.details`)."""

    def __init__(self, detail: str, *, label: Any, **options: Any) -> None:
        super().__init__(label=label, strip=False, **options)
        self.detail = detail

    def clean(self, value: Any) -> Any:
        return clean_detail(self.detail, value or "")


class CustomerForm(forms.Form):
    """A customer's details, to add one or to change `customer`, and which version of it the editor saw."""

    company_name = DetailField("company_name", label=_("Company name"))
    tenant_id = DetailField(
        "tenant_id",
        label=_("Tenant GUID"),
        help_text=_("In Partner Center it is called Microsoft ID."),
        widget=forms.TextInput(attrs={"class": "id", "autocomplete": "off", "spellcheck": "false"}),
    )
    primary_domain = DetailField(
        "primary_domain",
        label=_("Primary domain"),
        help_text=_("Such as contoso.com or contoso.onmicrosoft.com."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    market = DetailField("market", label=_("Market"), widget=forms.Select)
    currency = DetailField("currency", label=_("Currency"), widget=forms.Select)
    address_line = DetailField("address_line", label=_("Street"))
    city = DetailField("city", label=_("City"))
    region = DetailField("region", label=_("State or province"), required=False)
    postal_code = DetailField("postal_code", label=_("Postal code"), required=False)
    country = DetailField("country", label=_("Country"), widget=forms.Select)
    version = forms.IntegerField(
        required=False,
        widget=forms.HiddenInput,
        error_messages={"invalid": _("The form came back damaged. Save again.")},
    )

    def __init__(self, data: Any, *, customer: Customer | None = None) -> None:
        self.customer = customer
        self.fixed = customer is not None and customer.has_orders
        super().__init__(None if data is None else data.copy(), initial=_initial(customer))
        for name, choices in (
            ("market", country_choices()),
            ("currency", currency_choices()),
            ("country", country_choices()),
        ):
            self.fields[name].widget.choices = [("", _("Choose one")), *choices]
        self.address_is_needed = customer is None or customer.has_address
        for name in NEEDED_OF_AN_ADDRESS:
            self.fields[name].required = self.address_is_needed
        if self.fixed:
            self._disable_what_is_fixed()

    def _disable_what_is_fixed(self) -> None:
        """Browsers do not send what is disabled; what is sent nevertheless reaches the service, which refuses it."""
        assert self.customer is not None
        for name in FIXED_BY_ORDERS:
            self.fields[name].widget.attrs["disabled"] = True
            self.fields[name].help_text = _("Fixed since the first order.")
            if self.is_bound and name not in self.data:
                self.data[name] = getattr(self.customer, name)  # type: ignore[index]  # a copy of what was sent

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name, gap in address_gaps(cleaned, is_needed=self.address_is_needed).items():
            if name not in self.errors:
                self.add_error(name, gap)
        return cleaned

    def details(self) -> dict[str, Any]:
        """What was typed, as the services take it."""
        return {name: self.cleaned_data[name] for name in FIELDS}

    @property
    def version_seen(self) -> int:
        return self.cleaned_data["version"] or 0

    def refuse(self, refusal: Refusal, customer: Customer) -> None:
        """Tell why nothing was saved, with what stands there by now; what was typed stays and can be saved then."""
        self.add_error(None, refusal.form_error)
        if refusal.reason == reasons.CHANGED_MEANWHILE:
            tell_what_stands(self, customer, {name: _shown(customer, name) for name in FIELDS}, version_in="version")
        elif refusal.reason == reasons.MARKET_FIXED:
            for name in FIXED_BY_ORDERS:
                self.data[name] = getattr(customer, name)  # type: ignore[index]  # a copy of what was sent


def _initial(customer: Customer | None) -> dict[str, Any]:
    if customer is None:
        return {}
    return {"version": customer.version, **{name: getattr(customer, name) for name in FIELDS}}


def _shown(customer: Customer, name: str) -> Any:
    value = getattr(customer, name)
    return (country_name(value) if name in ("market", "country") else value) or "–"


class ImportForm(forms.Form):
    """A file of customers."""

    file = forms.FileField(
        label=_("CSV file"),
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={
            "required": _("Choose a file."),
            "missing": _("Choose a file."),
            "invalid": _("Choose a file."),
            "empty": _("The file is empty. Choose another one."),
        },
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST_FILE:
            most = limit_written(LARGEST_FILE)
            raise forms.ValidationError(
                _("The file is too large: at most %(most)s. Split it into several."), params={"most": most}, code="size"
            )
        return file

    @property
    def file_name(self) -> str:
        """The file's name, fit to show and to note."""
        return one_line(self.cleaned_data["file"].name or "")[:100]
