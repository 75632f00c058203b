"""Cancelling up to 100 lines in one go: one tick, and for each line a transaction and a result of its own (C8)."""

from collections.abc import Sequence
from dataclasses import dataclass

from activity.models import Action
from activity.services import refusals_recorded
from cancellations import reasons
from cancellations.models import Cancellation
from cancellations.quotes import read_quote
from cancellations.services import confirm_cancellation
from csp_portal.accounts.models import User
from csp_portal.errors import Refusal
from orders.models import OrderLine

MOST_LINES = 100


@dataclass(frozen=True)
class Outcome:
    """What became of one line: its cancellation, or why there is none. No line where the quote was none of ours."""

    line: OrderLine | None
    cancellation: Cancellation | None = None
    refusal: Refusal | None = None


@refusals_recorded(Action.CANCEL_REFUSED)
def cancel_several(quotes: Sequence[str], *, notice_accepted: bool, actor: User) -> list[Outcome]:
    """Cancel what each quote quotes, each line by itself: one that is refused holds up no other (C8).

    Answers an outcome for each, in their order; sent again it answers the same (C7). Raises Refusal, and cancels
    nothing, if there are more than 100.
    """
    if len(quotes) > MOST_LINES:
        raise Refusal(reasons.TOO_MANY_LINES, count=len(quotes), limit=MOST_LINES)
    return [_cancel(quote, notice_accepted, actor) for quote in quotes]


def _cancel(quote: str, notice_accepted: bool, actor: User) -> Outcome:
    given = read_quote(quote)
    if given is None:
        return Outcome(None, refusal=Refusal(reasons.QUOTE_UNREADABLE))
    lines = OrderLine.objects.visible_to(actor).with_purchase()
    line = lines.filter(purchase__public_id=given.purchase_id).first()
    if line is None:  # of another partner: its quote is nothing here
        return Outcome(None, refusal=Refusal(reasons.QUOTE_UNREADABLE))
    try:
        done = confirm_cancellation(given.purchase_id, quote=quote, notice_accepted=notice_accepted, actor=actor)
    except Refusal as refusal:
        return Outcome(line, refusal=refusal)
    return Outcome(line, cancellation=done)
