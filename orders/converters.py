"""How an order number stands in an address."""

from django.urls.converters import StringConverter


class OrderNumberConverter(StringConverter):
    """Letters and digits; anything else is no order's number and not found."""

    regex = "[0-9A-Za-z]{1,20}"
