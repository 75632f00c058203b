"""How a credit was computed, told with its own numbers (R1 to R3)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from django.utils.translation import gettext as _

from csp_portal.money import format_money
from orders.models import OrderLine
from software.tax import Amounts


class Computed(Protocol):
    """A credit with what it was computed from, fixed or only quoted; amounts in the currency of its line's order."""

    @property
    def amounts(self) -> Amounts:
        """What is given back."""

    @property
    def charged(self) -> Decimal:
        """What the cancelled units were charged: gross where prices include tax, else net (R3)."""

    @property
    def quantity(self) -> int:
        """Units that are cancelled."""

    @property
    def units_before(self) -> int:
        """Units of the line that were cancelled before."""

    @property
    def credited_before(self) -> Amounts:
        """What the line had been credited before."""

    @property
    def term_days(self) -> int | None:
        """T; None where nothing is prorated (R1)."""

    @property
    def days_used(self) -> int | None:
        """U; None where nothing is prorated."""

    @property
    def formula(self) -> Decimal | None:
        """The base that R1 gives, where support granted less (S7); None where that is what is given back."""

    @property
    def less_reason(self) -> str:
        """Why less was granted; empty where it was not."""


def explain_credit(line: OrderLine, credit: Computed) -> list[str]:
    """How the credit of a line comes about, in sentences: what its units were charged, the amount, its tax.

    Where support granted less than R1 gives, the amount is R1's, and another sentence tells what was granted and why.
    """
    return list(filter(None, _Explanation(line, credit).sentences()))


@dataclass(frozen=True)
class _Explanation:
    line: OrderLine
    credit: Computed

    def sentences(self) -> tuple[str, str, str, str]:
        return self._part(), self._amount(), self._less(), self._tax()

    @property
    def _base(self) -> Decimal:
        """The part of the credit that was computed first; tax follows it."""
        return self.credit.amounts.base(included=self.line.tax_included)

    def _part(self) -> str:
        """What the cancelled units were charged, where they are not the whole line (R3)."""
        credit, line = self.credit, self.line
        if credit.quantity == line.quantity:
            return ""
        facts = {
            "part": self._money(credit.charged),
            "charged": self._money(line.charged),
            "units": credit.units_before + credit.quantity,
            "quantity": line.quantity,
            "before": credit.units_before,
        }
        if not credit.units_before:
            return _("Charged for this part: %(charged)s × %(units)s / %(quantity)s = %(part)s.") % facts
        return (
            _(
                "Charged for this part: %(charged)s × %(units)s / %(quantity)s, less what the first %(before)s of them "
                "came to, = %(part)s."
            )
            % facts
        )

    def _amount(self) -> str:
        facts = {
            "charged": self._money(self.credit.charged),
            "term": self.credit.term_days,
            "used": self.credit.days_used,
            "credit": self._money(self._base if self.credit.formula is None else self.credit.formula),
        }
        if self.credit.term_days is None:
            return self._whole() % facts
        return self._prorated() % facts

    def _whole(self) -> str:
        if self.line.tax_included:
            return _("Gross: 100%% of the %(charged)s that was charged.")
        return _("Net: 100%% of the %(charged)s that was charged.")

    def _prorated(self) -> str:
        if self.line.tax_included:
            return _(
                "Gross: %(charged)s × (%(term)s − %(used)s) / %(term)s = %(credit)s; "
                "%(used)s of the term's %(term)s days were used."
            )
        return _(
            "Net: %(charged)s × (%(term)s − %(used)s) / %(term)s = %(credit)s; "
            "%(used)s of the term's %(term)s days were used."
        )

    def _less(self) -> str:
        """What was granted of it, where that is less (S7)."""
        if self.credit.formula is None:
            return ""
        facts = {
            "granted": self._money(self._base),
            "formula": self._money(self.credit.formula),
            "reason": self.credit.less_reason,
        }
        return _("Granted: %(granted)s of %(formula)s: %(reason)s") % facts

    def _tax(self) -> str:
        line, before = self.line, self.credit.credited_before
        so_far = before.base(included=line.tax_included) + self._base
        facts = {
            "line_tax": self._money(line.tax),
            "credit": self._money(so_far),
            "charged": self._money(line.charged),
            "tax": self._money(self.credit.amounts.tax),
            "before": self._money(before.tax),
        }
        if not line.tax:
            return _("Tax: none was charged, so none is credited.")
        if self.credit.amounts == line.amounts:
            return _("Tax: all of the %(line_tax)s that was charged.") % facts
        if not before.gross:
            return _("Tax: %(line_tax)s × %(credit)s / %(charged)s = %(tax)s.") % facts
        return (
            _("Tax: %(line_tax)s × %(credit)s / %(charged)s, less the %(before)s credited before, = %(tax)s.") % facts
        )

    def _money(self, amount: Decimal) -> str:
        return format_money(amount, self.line.order.currency)
