"""How a credit was computed, told with its own numbers (R1, R2)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from django.utils.translation import gettext as _

from csp_portal.money import format_money
from orders.models import OrderLine
from software.tax import Amounts


@dataclass(frozen=True)
class Computation:
    """What a credit was computed from; `charged` is the line's gross where prices include tax, else its net."""

    currency: str
    charged: Decimal
    line: Amounts
    credit: Amounts
    tax_included: bool
    term_days: int | None
    days_used: int | None

    @classmethod
    def of(
        cls, line: OrderLine, credit: Amounts, *, charged: Decimal, term_days: int | None, days_used: int | None
    ) -> Self:
        """How `credit` comes about on a line; the days are None where nothing is prorated."""
        return cls(
            currency=line.order.currency,
            charged=charged,
            line=line.amounts,
            credit=credit,
            tax_included=line.tax_included,
            term_days=term_days,
            days_used=days_used,
        )

    @property
    def base(self) -> Decimal:
        """The part of the credit that was computed first; tax follows it."""
        return self.credit.base(included=self.tax_included)

    def sentences(self) -> list[str]:
        """First the amount, then its tax."""
        return [self._amount_sentence(), self._tax_sentence()]

    def _amount_sentence(self) -> str:
        facts = {
            "charged": self._money(self.charged),
            "term": self.term_days,
            "used": self.days_used,
            "credit": self._money(self.base),
        }
        if self.term_days is None:
            return self._whole() % facts
        return self._prorated() % facts

    def _whole(self) -> str:
        if self.tax_included:
            return _("Gross: 100%% of the %(charged)s that was charged.")
        return _("Net: 100%% of the %(charged)s that was charged.")

    def _prorated(self) -> str:
        if self.tax_included:
            return _(
                "Gross: %(charged)s × (%(term)s − %(used)s) / %(term)s = %(credit)s; "
                "%(used)s of the term's %(term)s days were used."
            )
        return _(
            "Net: %(charged)s × (%(term)s − %(used)s) / %(term)s = %(credit)s; "
            "%(used)s of the term's %(term)s days were used."
        )

    def _tax_sentence(self) -> str:
        facts = {
            "line_tax": self._money(self.line.tax),
            "credit": self._money(self.base),
            "charged": self._money(self.charged),
            "tax": self._money(self.credit.tax),
        }
        if not self.line.tax:
            return _("Tax: none was charged, so none is credited.")
        if self.credit == self.line:
            return _("Tax: all of the %(line_tax)s that was charged.") % facts
        return _("Tax: %(line_tax)s × %(credit)s / %(charged)s = %(tax)s.") % facts

    def _money(self, amount: Decimal) -> str:
        return format_money(amount, self.currency)
