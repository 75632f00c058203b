"""Cancelling up to 100 lines in one go: one tick, and for each line a transaction and a result of its own (C8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from activity.models import Action
from activity.services import refusals_recorded
from cancellations import reasons
from cancellations.models import Cancellation
from cancellations.quotes import read_quote
from cancellations.services import confirm_cancellation
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, require
from csp_portal.errors import Refusal
from customers.models import Customer
from orders.models import OrderLine

MOST_LINES = 100


@dataclass(frozen=True)
class Outcome:
    """What became of one line: its cancellation, or why there is none. No line where the quote was none of ours."""

    line: OrderLine | None
    cancellation: Cancellation | None = None
    refusal: Refusal | None = None


@refusals_recorded(Action.CANCEL_REFUSED)
def cancel_several(tenant_id: UUID, quotes: Sequence[str], *, notice_accepted: bool, actor: User) -> list[Outcome]:
    """Cancel what each quote quotes of a customer's lines, each by itself: one that is refused holds up no other (C8).

    Answers an outcome for each, in their order; sent again it answers the same (C7). Raises Refusal, and cancels
    nothing, if the role may not, if there are more than 100, or without the tick; DoesNotExist for another partner's
    customer.
    """
    customer = Customer.objects.visible_to(actor).get(tenant_id=tenant_id)
    require(actor, Permission.CANCEL, on=customer)
    if len(quotes) > MOST_LINES:
        raise Refusal(reasons.TOO_MANY_LINES, on=customer, count=len(quotes), limit=MOST_LINES)
    if not notice_accepted:
        raise Refusal(reasons.NOTICE_NOT_ACCEPTED, on=customer)
    return [_cancel(quote, customer, actor) for quote in quotes]


def _cancel(quote: str, customer: Customer, actor: User) -> Outcome:
    line = None
    try:
        line = _quoted_line(quote, customer, actor=actor)
        done = confirm_cancellation(line.purchase.public_id, quote=quote, notice_accepted=True, actor=actor)
    except Refusal as refusal:
        return Outcome(line, refusal=refusal)
    return Outcome(line, cancellation=done)


@refusals_recorded(Action.CANCEL_REFUSED)
def _quoted_line(quote: str, customer: Customer, *, actor: User) -> OrderLine:
    """The line of a quote of ours. Raises Refusal for any other text, and for a line of another customer."""
    given = read_quote(quote)
    lines = OrderLine.objects.visible_to(actor).filter(order__customer=customer).with_purchase()
    line = lines.filter(purchase__public_id=given.purchase_id).first() if given else None
    if line is None:
        raise Refusal(reasons.QUOTE_UNREADABLE, on=customer)
    return line
