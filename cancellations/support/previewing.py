"""What approving a refund would do, as it is shown before it is done (S7)."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from cancellations.checks import not_cancellable, quantity_refusal
from cancellations.quotes import Quote
from cancellations.support.granting import base_of, granted, quote_as_filed
from cancellations.support.models import Approval, SupportRequest
from cancellations.support.models.approvals import needs_second
from csp_portal.errors import Refusal
from csp_portal.money import Money
from csp_portal.rounding import plain_amount
from orders.billing.explanations import explain_credit
from orders.billing.services import credit_month
from orders.models import OrderLine
from software.services.revoking import units_to_revoke


@dataclass(frozen=True)
class Preview:
    """What approving `request` at `now` would cancel, revoke and credit: R1's amount, or `base` where that is less."""

    request: SupportRequest
    now: datetime
    base: Decimal | None = None
    less_reason: str = ""

    @property
    def line(self) -> OrderLine:
        assert self.request.order_line is not None  # asked of refunds
        return self.request.order_line

    @cached_property
    def refusal(self) -> Refusal | None:
        """Why nobody can approve it: the line is cancelled, can never be, or has not so many units left."""
        return not_cancellable(self.line) or quantity_refusal(self.line, self.request.quantity or 0)

    @cached_property
    def formula(self) -> Quote:
        """What R1 gives as of the filing."""
        return quote_as_filed(self.request, self.line)

    @property
    def most(self) -> Decimal:
        """The most that can be granted: net or gross, as the line is charged (R2)."""
        return base_of(self.formula, self.line)

    @property
    def most_money(self) -> Money:
        return Money(self.most, self.request.currency)

    @cached_property
    def quote(self) -> Quote:
        """What would be given back; of an amount that cannot be granted, R1's."""
        if self.base is None or not 0 <= self.base < self.most:
            return self.formula
        return granted(self.formula, self.line, self.base, self.less_reason)

    @property
    def asks_for_less(self) -> bool:
        """Whether the partner asked for less than the formula gives."""
        return self.request.amount_requested is not None and self.request.amount_requested < self.most

    @property
    def sentences(self) -> list[str]:
        """How the credit is computed."""
        return explain_credit(self.line, self.quote)

    @cached_property
    def month(self) -> date:
        """The invoice month of the credit, if it is approved now."""
        return credit_month(self.line, self.now)

    @property
    def ends(self) -> bool:
        """Whether nothing of the line is left after it."""
        return self.quote.ends(self.line)

    @cached_property
    def revoked(self) -> tuple[int, int]:
        """How many keys and links would be revoked."""
        left = self.line.quantity_left - self.quote.quantity
        return units_to_revoke(self.line.purchase, left=left)

    @cached_property
    def standing(self) -> Approval | None:
        """The first of two approvals, where one has been given."""
        return self.request.approvals.standing().select_related("first_by").first()

    @property
    def first(self) -> dict[str, str]:
        """What the form shows first: the first approver's amount and words, else all that R1 gives."""
        currency = self.request.currency
        if self.standing is None:
            return {"base": plain_amount(self.most, currency)}
        words = {"less_reason": self.standing.less_reason, "reply": self.standing.reply}
        return {"base": plain_amount(self.standing.base, currency), **words}

    @cached_property
    def needs_second(self) -> bool:
        """Whether a colleague must approve it too, before anything is cancelled."""
        return self.standing is None and needs_second(self.line, self.quote.gross)
