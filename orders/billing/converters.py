"""Parts of an invoice page's address."""

from datetime import date, datetime

from django.urls import register_converter

from orders.billing import invoice_numbers


class CurrencyConverter:
    """A currency code in capital letters."""

    regex = "[A-Z]{3}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class MonthConverter:
    """A month such as `2020-02`, as its first day."""

    regex = r"\d{4}-\d{2}"

    def to_python(self, value: str) -> date:
        """The month; raises ValueError, which is no match, for a thirteenth one."""
        return datetime.strptime(value, "%Y-%m").date()  # noqa: DTZ007  # a month has no zone

    def to_url(self, value: date) -> str:
        return f"{value:%Y-%m}"


class InvoiceNumberConverter:
    """An invoice's public number such as `G000123`."""

    regex = invoice_numbers.PATTERN

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


def register() -> None:
    """Make the converters known to `path`."""
    register_converter(CurrencyConverter, "currency")
    register_converter(MonthConverter, "month")
    register_converter(InvoiceNumberConverter, "invoice_number")
