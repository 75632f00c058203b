"""Which open windows are listed, and what is set about them (C10)."""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import User
from csp_portal.text_errors import NO_SUCH_CHOICE, TEXT_ERRORS
from customers.models import Customer
from orders.models import OrderLine
from orders.models.order import OrderLineQuerySet


class Closing(TextChoices):
    """Within which time a window closes."""

    ANY = "", _("All open windows")
    SOON = "7", _("Next 7 days")


class WindowFilterForm(forms.Form):
    """What is wrong with a field leaves it out."""

    days = forms.ChoiceField(label=_("Closing"), choices=Closing.choices, required=False, error_messages=NO_SUCH_CHOICE)
    customer = forms.CharField(
        label=_("Customer: name, domain or tenant GUID"),
        required=False,
        error_messages=TEXT_ERRORS,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.is_valid()

    @property
    def is_used(self) -> bool:
        """Whether anything was asked for."""
        return any(self.cleaned_data.values())

    def found(self, reader: User, now: datetime) -> OrderLineQuerySet:
        """The open windows that fit, the first to close first."""
        lines: OrderLineQuerySet = OrderLine.objects.visible_to(reader)
        soon = self.cleaned_data.get("days") == Closing.SOON
        lines = lines.closing_soon(now) if soon else lines.in_window(now)
        if text := self.cleaned_data.get("customer"):
            lines = lines.filter(order__customer__in=Customer.objects.visible_to(reader).matching(text))
        return lines


class SeenForm(forms.Form):
    """The number of the calendar's address that the page showed."""

    seen = forms.IntegerField(min_value=1)


class WeeklyMailForm(forms.Form):
    """Whether the weekly mail is wanted."""

    wanted = forms.TypedChoiceField(choices=[("yes", "yes"), ("no", "no")], coerce=lambda word: word == "yes")
