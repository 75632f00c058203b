"""Tax of a line, included in the price or added to it (M8). Pure: no Django."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from csp_portal.rounding import round_half_up


@dataclass(frozen=True)
class Amounts:
    """Net, tax and gross; gross is always net + tax."""

    net: Decimal
    tax: Decimal
    gross: Decimal

    def __add__(self, other: "Amounts") -> "Amounts":
        return Amounts(self.net + other.net, self.tax + other.tax, self.gross + other.gross)

    def __neg__(self) -> "Amounts":
        return Amounts(-self.net, -self.tax, -self.gross)

    def base(self, *, included: bool) -> Decimal:
        """What tax follows from: gross where prices include tax, else net (M8, R2)."""
        return self.gross if included else self.net


NOTHING = Amounts(Decimal(0), Decimal(0), Decimal(0))


def percent(rate: Decimal) -> Decimal:
    """`rate` as a percentage without idle zeros: 10 for 0.1."""
    whole = rate * 100
    return whole.quantize(Decimal(1)) if whole == whole.to_integral() else whole.normalize()


def tax_line(unit_price: Decimal, quantity: int, rate: Decimal, *, included: bool, currency: str) -> Amounts:
    """Split `unit_price` × `quantity` into net, tax and gross; `rate` 0.1 is 10 %.

    Included: tax = round_half_up(gross × r / (1 + r)). Excluded: tax = round_half_up(net × r).
    """
    amount = round_half_up(unit_price * quantity, currency)
    if included:
        share = Fraction(rate) / (1 + Fraction(rate))
        tax = round_half_up(Fraction(amount) * share, currency)
        return Amounts(net=amount - tax, tax=tax, gross=amount)
    tax = round_half_up(Fraction(amount) * Fraction(rate), currency)
    return Amounts(net=amount, tax=tax, gross=amount + tax)
