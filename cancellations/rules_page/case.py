"""One cancellation, worked out from nothing but figures: by the same functions as a real one (C2, R1 to R3, M8)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from cancellations import proration
from csp_portal.calendar_utc import term_end
from software.tax import NOTHING, Amounts, tax_line

PERPETUAL_TERM = "OneTime"  # what the price list calls it


@dataclass(frozen=True)
class Case:
    """Units of a line that are cancelled on a day; `charged` is gross where the price includes tax, else net.

    Units that were cancelled before are taken as cancelled on the same day, in one go.
    """

    charged: Decimal
    currency: str
    start: date
    cancelled: date
    term: str = "P1Y"
    quantity: int = 1
    part: int = 1
    before: int = 0
    tax_rate: Decimal = Decimal(0)
    tax_included: bool = False

    @cached_property
    def line(self) -> Amounts:
        """Net, tax and gross of the whole line, as it was charged."""
        return tax_line(self.charged, 1, self.tax_rate, included=self.tax_included, currency=self.currency)

    @property
    def term_end(self) -> date | None:
        return term_end(self.start, self.term)

    @property
    def days(self) -> tuple[int, int] | None:
        """T and U; None for perpetual software, which is not prorated."""
        end = self.term_end
        return None if end is None else proration.days_of_term(self.start, end, self.cancelled)

    @property
    def term_days(self) -> int | None:
        """T."""
        return self.days[0] if self.days else None

    @property
    def days_used(self) -> int | None:
        """U, at most T."""
        return self.days[1] if self.days else None

    @property
    def base(self) -> Decimal:
        """What the units that are cancelled now cost, before their days are counted (R3)."""
        return self._worked_out.charged

    @cached_property
    def earlier(self) -> Amounts:
        """The credit of the units that were cancelled before."""
        return self._credit(before=0, part=self.before, credited=NOTHING).amounts if self.before else NOTHING

    @property
    def credit(self) -> Amounts:
        """The credit of the units that are cancelled now."""
        return self._worked_out.amounts

    @cached_property
    def _worked_out(self) -> proration.UnitsCredit:
        return self._credit(before=self.before, part=self.part, credited=self.earlier)

    @property
    def prorated(self) -> Decimal:
        """The part of the credit that is computed first: gross where the price includes tax, else net."""
        return self.credit.base(included=self.tax_included)

    @property
    def credited_so_far(self) -> Decimal:
        """C of R2: what is credited of the line's base in all, this credit included."""
        return self.prorated + self.earlier.base(included=self.tax_included)

    def _credit(self, *, before: int, part: int, credited: Amounts) -> proration.UnitsCredit:
        return proration.credit_of_units(
            self.line,
            credited,
            quantity=self.quantity,
            before=before,
            part=part,
            days=self.days,
            included=self.tax_included,
            currency=self.currency,
        )
