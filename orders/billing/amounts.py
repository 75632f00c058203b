"""Amounts as the operator types them: in whole units of a currency, with a point before its minor unit."""

import re
from decimal import Decimal

_AMOUNT = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,4}))?")


def typed_amount(text: str) -> Decimal | None:
    """`25000` or `25000.50` as an amount; None if it is written in another way."""
    return Decimal(text) if _AMOUNT.fullmatch(text) else None


def digits_behind_the_point(amount: Decimal) -> int:
    """How many digits a typed amount has behind its point."""
    return -int(amount.as_tuple().exponent)
