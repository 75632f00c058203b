"""The fields by which the log is narrowed: each answers the text by which the log knows what was meant (A2)."""

import ipaddress
import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from csp_portal.guids import guid_of
from csp_portal.text_errors import TEXT_ERRORS
from orders.models.order import order_number_of

_START_OF_ID = re.compile(r"[0-9a-f]{8}")  # as much of a link's id as the log shows
HIDDEN_ADDRESS = "/d/…"  # stands for a copied link's address, which is a secret (K5)


class FilterField(forms.CharField):
    """A text that need not be given; what may be meant is suggested by the list with the id `list_id`."""

    def __init__(self, *, list_id: str = "", **options: Any) -> None:
        widget = forms.TextInput(attrs={"list": list_id} if list_id else {})
        widget.attrs["autocomplete"] = "off"
        super().__init__(required=False, error_messages=TEXT_ERRORS, widget=widget, **options)


class OrderField(FilterField):
    """The number of an order, however it is written."""

    def clean(self, value: Any) -> str:
        typed = super().clean(value)
        number = order_number_of(typed)
        if typed and not number:
            raise forms.ValidationError(_("This is no order number: those have ten letters and digits."))
        return number


class AddressField(FilterField):
    """An IP address, in any of the ways to write one."""

    def clean(self, value: Any) -> str:
        typed = super().clean(value)
        return _written_as_kept(typed) if typed else ""


def _written_as_kept(typed: str) -> str:
    no_address = _("This is no IP address. Write a whole one, like 203.0.113.9 or 2001:db8::7.")
    if "%" in typed:  # with a network interface: such an address is none outside its machine
        raise forms.ValidationError(no_address)
    try:
        return str(ipaddress.ip_address(typed.removeprefix("[").removesuffix("]")))
    except ValueError as error:
        raise forms.ValidationError(no_address) from error


class LinkField(FilterField):
    """A link's public id, or its start. A copied address has been looked up before (`activity.asked`)."""

    def clean(self, value: Any) -> str:
        typed = super().clean(value)
        if typed == HIDDEN_ADDRESS:
            raise forms.ValidationError(_("No link of your customers has the address that you pasted."))
        guid, start = guid_of(typed), typed.lower()
        if typed and not guid and not _START_OF_ID.fullmatch(start):
            raise forms.ValidationError(
                _("Give the id of a link, its first eight characters as the log shows them, or its copied address.")
            )
        return str(guid) if guid else start
