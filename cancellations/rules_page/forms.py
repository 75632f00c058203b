"""The calculator's form: figures as somebody types them, with what is wrong told beside each."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.formats import number_format
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cancellations.rules_page.case import PERPETUAL_TERM, Case
from csp_portal.day_field import DayField, keep_what_was_typed
from csp_portal.rounding import minor_unit_digits
from csp_portal.text_errors import NO_SUCH_CHOICE, TEXT_ERRORS
from orders.models import MAX_QUANTITY

_AMOUNT = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,4}))?")
_PERCENT = re.compile(r"[0-9]{1,2}(?:\.[0-9]{1,3})?")
_WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")

# The third row of R1: what the calculator shows before anything is typed.
EXAMPLE = {
    "kind": "prorated",
    "charged": "1200.00",
    "currency": "USD",
    "quantity": "1",
    "part": "1",
    "before": "0",
    "tax_rate": "0",
    "start": "2020-01-24",
    "term": "P1Y",
    "cancelled": "2020-02-02",
}


class TypedNumber(forms.CharField):
    """A number kept as it was typed: the browser's own control would empty what is none."""

    def __init__(self, pattern: "re.Pattern[str]", wrong: Any, *, mode: str = "numeric", **options: Any) -> None:
        self.pattern, self.wrong = pattern, wrong
        widget = forms.TextInput(attrs={"inputmode": mode, "autocomplete": "off"})
        errors = {**TEXT_ERRORS, "required": wrong}
        super().__init__(max_length=20, widget=widget, error_messages=errors, **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not self.pattern.fullmatch(text):
            raise forms.ValidationError(self.wrong, code="invalid")
        return Decimal(text)


class CountField(TypedNumber):
    """A number of units, from `least` to what a line holds."""

    def __init__(self, *, least: int, **options: Any) -> None:
        self.least = least
        super().__init__(_WHOLE_NUMBER, lazy(self._limits, str)(), **options)

    def _limits(self) -> str:
        limits = {"least": self.least, "most": number_format(MAX_QUANTITY, force_grouping=True)}
        return gettext("Give a whole number from %(least)s to %(most)s.") % limits

    def clean(self, value: Any) -> int:
        number = int(super().clean(value))
        if not self.least <= number <= MAX_QUANTITY:
            raise forms.ValidationError(self.wrong, code="limits")
        return number


class CalculatorForm(forms.Form):
    """What was bought, and what of it is cancelled when. Sent by GET: an address holds the whole case."""

    kind = forms.ChoiceField(
        label=_("What was bought"),
        choices=(("prorated", _("subscription or reservation")), ("perpetual", _("perpetual software"))),
        error_messages=NO_SUCH_CHOICE,
    )
    charged = TypedNumber(
        _AMOUNT,
        _("Write the amount as digits, such as 1200 or 1200.50, at most 12 before the point."),
        mode="decimal",
        label=_("Charged for the line"),
        help_text=_("As the order has it: gross where prices include tax, else net."),
    )
    currency = forms.CharField(
        label=_("Currency"),
        max_length=3,
        error_messages={**TEXT_ERRORS, "required": _("Give a currency by its code, such as USD.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
    tax_rate = TypedNumber(
        _PERCENT,
        _("Give the rate in percent, below 100, such as 19 or 7.5."),
        mode="decimal",
        label=_("Tax rate in percent"),
    )
    tax_included = forms.BooleanField(label=_("The price includes the tax"), required=False)
    quantity = CountField(least=1, label=_("Quantity bought"))
    part = CountField(least=1, label=_("Units to cancel now"))
    before = CountField(
        least=0,
        label=_("Units cancelled before"),
        help_text=_("Reckoned as cancelled on the same day, in one go."),
    )
    start = DayField(label=_("Bought on (UTC)"))
    term = forms.ChoiceField(
        label=_("Term"),
        choices=(("P1M", _("1 month")), ("P1Y", _("1 year")), ("P3Y", _("3 years")), ("P5Y", _("5 years"))),
        error_messages=NO_SUCH_CHOICE,
        help_text=_("Perpetual software has none."),
    )
    cancelled = DayField(label=_("Cancelled on (UTC)"))

    def clean_currency(self) -> str:
        code: str = self.cleaned_data["currency"].upper()
        if code not in minor_unit_digits():
            raise forms.ValidationError(
                _("ISO 4217 has no currency “%(code)s”. Give a code such as USD."), params={"code": code}
            )
        return code

    def clean_tax_rate(self) -> Decimal:
        """A fraction, as the operator keeps it."""
        rate: Decimal = self.cleaned_data["tax_rate"]
        return rate / 100

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        self._check_digits(cleaned)
        self._check_parts(cleaned)
        start, cancelled = cleaned.get("start"), cleaned.get("cancelled")
        if start and cancelled and cancelled < start:
            self.add_error("cancelled", _("This is before the day on which it was bought."))
        keep_what_was_typed(self)
        return cleaned

    def _check_digits(self, cleaned: dict[str, Any]) -> None:
        charged, currency = cleaned.get("charged"), cleaned.get("currency")
        if charged is None or currency is None:
            return
        digits = minor_unit_digits()[currency]
        if -charged.as_tuple().exponent > digits:
            wrong = _("%(currency)s has %(digits)s digits behind the point, not more.")
            error = forms.ValidationError(wrong, params={"currency": currency, "digits": digits}, code="digits")
            self.add_error("charged", error)

    def _check_parts(self, cleaned: dict[str, Any]) -> None:
        quantity, part, before = (cleaned.get(name) for name in ("quantity", "part", "before"))
        if quantity is None or part is None or before is None or part + before <= quantity:
            return
        left = max(quantity - before, 0)
        wrong = _("Of %(quantity)s units %(left)s are left to cancel.")
        error = forms.ValidationError(wrong, params={"quantity": quantity, "left": left}, code="part")
        self.add_error("part" if left else "before", error)

    @property
    def case(self) -> Case:
        """What a valid form asks about."""
        values = {name: value for name, value in self.cleaned_data.items() if name != "kind"}
        if self.cleaned_data["kind"] == "perpetual":
            values["term"] = PERPETUAL_TERM
        return Case(**values)
