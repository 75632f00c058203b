"""How much of a charge comes back (R1 to R3). Pure: no Django.

Amounts are `Decimal` in the currency's major unit, rounded to its minor unit; days are UTC days.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from csp_portal.rounding import round_half_up
from software.tax import Amounts


def term_days(start: date, end: date) -> int:
    """T: the actual days of the paid term."""
    return (end - start).days


def days_used(start: date, cancelled: date) -> int:
    """U: 0 on the start date, else every day that was begun, the first included."""
    return 0 if cancelled <= start else (cancelled - start).days + 1


def days_of_term(start: date, end: date, cancelled: date) -> tuple[int, int]:
    """T and U; a month's term is over before its window is: then all of it is used."""
    term = term_days(start, end)
    return term, min(days_used(start, cancelled), term)


def part_base(charged: Decimal, *, quantity: int, before: int, part: int, currency: str) -> Decimal:
    """What `part` of `quantity` units were charged, after `before` units were cancelled already (R3).

    `round_half_up(charged × c / n)` for the c units cancelled so far, these included, less the bases used before: the
    parts of a line always add up to what it was charged.
    """
    return _base_of(charged, quantity, before + part, currency) - _base_of(charged, quantity, before, currency)


def _base_of(charged: Decimal, quantity: int, units: int, currency: str) -> Decimal:
    return round_half_up(Fraction(charged) * units / quantity, currency)


def prorate(charged: Decimal, term: int, used: int, currency: str) -> Decimal:
    """`round_half_up(charged × (T − U) / T)`, one rounding; nothing once the term is used up."""
    left = max(term - used, 0)
    return round_half_up(Fraction(charged) * left / term, currency)


def credit_with_tax(base: Decimal, line: Amounts, credited: Amounts, *, included: bool, currency: str) -> Amounts:
    """The credit of `base` split into net, tax and gross (R2).

    `base` is gross where the price includes tax, else net; `line` is what was charged, `credited` what was credited
    on the line before. With C all of the line's base credited so far, this one included:
    tax = round_half_up(tax charged × C / base charged) less the tax credited before.
    """
    charged = line.base(included=included)
    so_far = credited.base(included=included) + base
    share = Fraction(so_far) / Fraction(charged) if charged else Fraction(0)
    tax = round_half_up(Fraction(line.tax) * share, currency) - credited.tax
    if included:
        return Amounts(net=base - tax, tax=tax, gross=base)
    return Amounts(net=base, tax=tax, gross=base + tax)


@dataclass(frozen=True)
class UnitsCredit:
    """What units of a line were charged (R3), and what of it comes back (R1, R2)."""

    charged: Decimal
    amounts: Amounts


def credit_of_units(
    line: Amounts,
    credited: Amounts,
    *,
    quantity: int,
    before: int,
    part: int,
    days: tuple[int, int] | None,
    included: bool,
    currency: str,
) -> UnitsCredit:
    """What cancelling `part` of the `quantity` units of a line gives back, after `before` of them (R1 to R3).

    `line` is what the whole line was charged, `credited` what was credited of it before; `days` are T and U, None for
    what is not prorated.
    """
    whole = line.base(included=included)
    charged = part_base(whole, quantity=quantity, before=before, part=part, currency=currency)
    base = charged if days is None else prorate(charged, *days, currency)
    return UnitsCredit(charged, credit_with_tax(base, line, credited, included=included, currency=currency))
