"""Amounts of money as they are stored and written; `rounding.py` has the minor units and the rounding."""

from dataclasses import dataclass
from decimal import Decimal

from babel.numbers import format_decimal
from django.utils.translation import get_language, to_locale

from csp_portal.rounding import minor_unit_digits

# Columns of an amount in the database: ISO 4217 knows at most four digits behind the point.
AMOUNT_DIGITS = {"max_digits": 18, "decimal_places": 4}


@dataclass(frozen=True)
class Money:
    """An amount with its currency, as a fact in a sentence."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return format_money(self.amount, self.currency)


def format_money(amount: Decimal, currency: str) -> str:
    """`1,193.44 USD` in the reader's language, with all digits of the minor unit."""
    digits = minor_unit_digits()[currency]
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    locale = to_locale(get_language() or "en")
    return f"{format_decimal(amount, pattern, locale=locale)}\N{NO-BREAK SPACE}{currency}"
