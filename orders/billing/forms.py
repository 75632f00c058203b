"""What the operator types: how much a partner may owe (B3), and what was received (R6)."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from csp_portal.choices import offer
from csp_portal.day_field import DayField, keep_what_was_typed
from csp_portal.rounding import minor_unit_digits
from csp_portal.text_errors import NO_SUCH_CHOICE, TEXT_ERRORS
from orders.billing.amounts import digits_behind_the_point, typed_amount
from orders.billing.models import REFERENCE_LENGTH


class CreditLimitForm(forms.Form):
    """A currency, and the most that may be owed in it."""

    currency = forms.ChoiceField(
        label=_("Currency"),
        error_messages={**NO_SUCH_CHOICE, "required": _("Choose a currency.")},
    )
    limit = forms.CharField(
        label=_("Credit limit"),
        required=False,
        max_length=20,
        error_messages=TEXT_ERRORS,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=_("In whole units of the currency, such as 25000 or 25000.50. Empty: no orders in this currency."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "currency", [("", ""), *((code, code) for code in sorted(minor_unit_digits()))])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if "currency" in cleaned and "limit" in cleaned:
            try:
                cleaned["limit"] = _amount(cleaned["limit"], minor_unit_digits()[cleaned["currency"]])
            except forms.ValidationError as error:
                self.add_error("limit", error)
        return cleaned


def _amount(text: str, digits: int) -> Decimal | None:
    """The amount that was typed, with no more digits behind the point than the currency has; None for nothing."""
    if not text:
        return None
    amount = typed_amount(text)
    if amount is None:
        raise forms.ValidationError(
            _("Write the limit as digits, such as 25000 or 25000.50, at most 12 before the point.")
        )
    if digits_behind_the_point(amount) > digits:
        raise forms.ValidationError(
            _("This currency has %(digits)s digits behind the point, not more."), params={"digits": digits}
        )
    return amount


class PaymentForm(forms.Form):
    """Money received for one invoice (R6)."""

    amount = forms.CharField(
        label=_("Amount received"),
        max_length=20,
        error_messages=TEXT_ERRORS,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    received_on = DayField(label=_("Received on (UTC)"))
    reference = forms.CharField(
        label=_("Reference"),
        max_length=REFERENCE_LENGTH,
        error_messages=TEXT_ERRORS,
        help_text=_("As on the bank's statement. Each is used once; of a transfer for several invoices add /1, /2 …"),
    )

    def clean_amount(self) -> Decimal:
        amount = typed_amount(self.cleaned_data["amount"])
        if amount is None:
            raise forms.ValidationError(_("Write the amount as digits, such as 25000 or 25000.50."))
        return amount

    def clean(self) -> dict[str, Any] | None:
        keep_what_was_typed(self)
        return super().clean()


class ReversalForm(forms.Form):
    """The reference of a reversal (R6)."""

    reference = forms.CharField(
        label=_("Reference of the reversal"), max_length=REFERENCE_LENGTH, error_messages=TEXT_ERRORS
    )
