"""Minor units by ISO 4217 and the one rounding rule. Pure: no Django.

An amount is a `Decimal` in the currency's major unit; its currency stands on the document that owns it.
"""

import csv
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path

_MINOR_UNITS_FILE = Path(__file__).parent / "data" / "iso_4217.csv"


@cache
def minor_unit_digits() -> dict[str, int]:
    """Digits behind the point for every currency code of ISO 4217 (M5)."""
    with _MINOR_UNITS_FILE.open(encoding="ascii", newline="") as file:
        return {row["currency"]: int(row["minor_unit_digits"]) for row in csv.DictReader(file)}


def quantum(currency: str) -> Decimal:
    """One minor unit of `currency`: 0.01 for USD, 1 for JPY, 0.001 for KWD. Raises KeyError if unknown."""
    return Decimal(1).scaleb(-minor_unit_digits()[currency])


def round_half_up(amount: Decimal | Fraction, currency: str) -> Decimal:
    """`amount` in whole minor units of `currency`; a half goes away from zero (M8, R1)."""
    unit = quantum(currency)
    if isinstance(amount, Decimal):
        return amount.quantize(unit, ROUND_HALF_UP)
    units = abs(amount) / Fraction(unit)
    whole = (2 * units.numerator + units.denominator) // (2 * units.denominator)
    return (-whole if amount < 0 else whole) * unit


def plain_amount(amount: Decimal, currency: str) -> str:
    """`1167.21`: an amount for programs to read, with the digits of its currency; pages write it as `format_money`."""
    return f"{round_half_up(amount, currency):f}"
