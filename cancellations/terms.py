"""What the cancel dialog shows: the orders of a row, and the terms on which the chosen one can be cancelled (C3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from cancellations.checks import is_divisible, line_refusal, quantity_refusal, refund_refusal
from cancellations.notice import NOTICES
from cancellations.quotes import QUOTE_LIFETIME, Quote, quote_line
from csp_portal.errors import Refusal, Text
from orders.billing.explanations import explain_credit
from orders.billing.services import credit_month
from orders.line_windows import LineWindow
from orders.models import OrderLine


@dataclass(frozen=True)
class Choice:
    """One order of the drop-down; it cannot be chosen if there is a reason against it."""

    line: OrderLine
    refusal: Refusal | None


@dataclass(frozen=True)
class CancellationTerms:
    """What cancelling one line at `now` means: `asked` units of it, or all that are left."""

    line: OrderLine
    now: datetime
    asked: int | None = None

    @cached_property
    def refusal(self) -> Refusal | None:
        """Why the line cannot be cancelled."""
        return line_refusal(self.line, self.now)

    @property
    def can_be_asked_for(self) -> bool:
        """Whether support can be asked to refund what cannot be cancelled (S1)."""
        return self.refusal is not None and refund_refusal(self.line, self.now) is None

    @cached_property
    def quantity_refusal(self) -> Refusal | None:
        """Why not as many units as were asked for can be cancelled (C8)."""
        return None if self.asked is None else quantity_refusal(self.line, self.asked)

    @property
    def is_divisible(self) -> bool:
        """Whether there is a part of it to choose."""
        return self.line.quantity_left > 1 and is_divisible(self.line)

    @property
    def quantity(self) -> int:
        """Units that would be cancelled."""
        if self.asked is None or self.quantity_refusal:
            return self.line.quantity_left
        return self.asked

    @property
    def keeps_some(self) -> bool:
        """Whether the customer keeps units of it."""
        return self.quantity < self.line.quantity_left

    @property
    def window(self) -> LineWindow:
        return LineWindow(self.line, self.now)

    @cached_property
    def quote(self) -> Quote:
        """The amounts, which are signed into the form."""
        return quote_line(self.line, self.now, self.quantity)

    @property
    def formula(self) -> list[str]:
        """How the credit is computed, in sentences with its numbers."""
        return explain_credit(self.line, self.quote)

    @cached_property
    def month(self) -> date:
        """The invoice month of the credit, if it is submitted now."""
        return credit_month(self.line, self.now)

    @cached_property
    def later_month(self) -> date | None:
        """The one it will be on instead if the quote is submitted late: within 15 minutes of a month's end (C5)."""
        later = credit_month(self.line, self.now + QUOTE_LIFETIME)
        return None if later == self.month else later

    @property
    def notice(self) -> tuple[Text, ...]:
        return NOTICES[self.quote.notice_version]


def choices(lines: Sequence[OrderLine], now: datetime) -> list[Choice]:
    """The drop-down's orders, each with the reason against it, if there is one."""
    return [Choice(line, line_refusal(line, now)) for line in lines]


def chosen_line(lines: Sequence[OrderLine], number: str | None, now: datetime) -> OrderLine | None:
    """The line of the order asked for, None if there is none; else the newest that can be cancelled."""
    if number is not None:
        return next((line for line in lines if line.order.number == number), None)
    return next((line for line in lines if line_refusal(line, now) is None), lines[0])
