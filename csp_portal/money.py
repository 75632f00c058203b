"""Amounts of money as they are stored and written; `rounding.py` has the minor units and the rounding."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal
from django.db import models

from csp_portal.rounding import minor_unit_digits
from csp_portal.territories import reader_locale


class AmountField(models.DecimalField):
    """A column for an amount: ISO 4217 knows at most four digits behind the point."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"max_digits": 18, "decimal_places": 4, **options})

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        """To a migration it is an ordinary decimal column."""
        name, _path, args, options = super().deconstruct()
        return name, "django.db.models.DecimalField", args, options


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
    return f"{format_decimal(amount, pattern, locale=reader_locale())}\N{NO-BREAK SPACE}{currency}"
