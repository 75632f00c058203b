"""May this line be cancelled? The checks of C4, in C4's order; the first that hits gives the reason."""

from datetime import datetime

from cancellations import reasons
from cancellations.models import Cancellation
from cancellations.quotes import Quote
from csp_portal.errors import Reason, Refusal
from orders.models import OrderLine
from software.models import CancellationPolicy, KeyIssue, Kind


def line_refusal(line: OrderLine, now: datetime) -> Refusal | None:
    """Why the line itself cannot be cancelled at `now`, whoever asks; None if it can."""
    return not_cancellable(line) or _support_only(line) or refund_open(line) or window_closed(line, now)


def not_cancellable(line: OrderLine) -> Refusal | None:
    """Why nobody can cancel the line, on no path: it is cancelled already, or never can be (C1, C4)."""
    if not line.purchase.is_active:
        return _already_cancelled(line)
    return refusal_on(reasons.NEVER_CANCELLABLE, line) if line.policy == CancellationPolicy.NEVER else None


def refund_refusal(line: OrderLine, now: datetime) -> Refusal | None:
    """Why support cannot be asked at `now` to refund the line; None if it can (S2)."""
    return not_cancellable(line) or refund_open(line) or window_closed(line, now)


def _support_only(line: OrderLine) -> Refusal | None:
    return refusal_on(reasons.SUPPORT_ONLY, line) if line.policy == CancellationPolicy.SUPPORT_ONLY else None


def refund_open(line: OrderLine) -> Refusal | None:
    """That support has been asked to refund the line, and has not decided yet (C4)."""
    if line.refund_asked is None:
        return None
    number, filed_at = line.refund_asked
    return refusal_on(reasons.REFUND_REQUEST_OPEN, line, request=number, when=filed_at)


def window_closed(line: OrderLine, now: datetime) -> Refusal | None:
    """That the time to cancel it, or to ask for it, is over (C2)."""
    return None if line.window_is_open(now) else refusal_on(reasons.WINDOW_CLOSED, line)


def is_divisible(line: OrderLine) -> bool:
    """Whether a part of the line's units can be cancelled (C8).

    Those of a subscription, or of what has a key for each unit; never those that share one key.
    """
    sku = line.purchase.sku
    if sku.key_issue == KeyIssue.PER_LINE:
        return False
    return sku.key_issue == KeyIssue.PER_UNIT or sku.product.kind == Kind.SUBSCRIPTION


def quantity_refusal(line: OrderLine, quantity: int) -> Refusal | None:
    """Why not so many units of the line can be cancelled; None if they can (C8)."""
    if not 0 < quantity <= line.quantity_left:
        return refusal_on(reasons.QUANTITY_NOT_LEFT, line, quantity=line.quantity_left)
    if quantity < line.quantity_left and not is_divisible(line):
        return refusal_on(reasons.ONLY_WHOLE, line, quantity=line.quantity_left)
    return None


def check_confirmable(line: OrderLine, quote: Quote | None, *, notice_accepted: bool, now: datetime) -> Quote:
    """Every check after the role's, on a line that is locked; answers the quote that binds.

    A good quote is honoured across the deadline: the window is judged at the instant it was made (C5).
    """
    own = quote if quote and quote.is_for(line, now) else None
    good = own is not None and own.is_good_at(now)
    refusal = line_refusal(line, own.quoted_at if own and good else now)
    if refusal is not None:
        raise refusal
    if own is None:
        raise refusal_on(reasons.QUOTE_NOT_VALID, line)
    refusal = _overtaken(line, own) or quantity_refusal(line, own.quantity)
    if refusal is not None:
        raise refusal
    if not good:
        raise refusal_on(reasons.QUOTE_EXPIRED, line)
    if not own.fits(line):
        raise refusal_on(reasons.LINE_CHANGED, line)
    if not notice_accepted:
        raise refusal_on(reasons.NOTICE_NOT_ACCEPTED, line)
    return own


def _overtaken(line: OrderLine, quote: Quote) -> Refusal | None:
    """Who has cancelled units of the line since it was quoted, and when (C7); None if nobody has."""
    done = line.last_cancellation
    if done is None or quote.units_before == line.quantity_cancelled:
        return None
    facts = {"who": done.canceller, "when": done.cancelled_at, "quantity": line.quantity_left}
    return refusal_on(reasons.CANCELLED_MEANWHILE, line, **facts)


def _already_cancelled(line: OrderLine) -> Refusal:
    done: Cancellation = line.last_cancellation
    return refusal_on(reasons.ALREADY_CANCELLED, line, who=done.canceller, when=done.cancelled_at)


def refusal_on(reason: Reason, line: OrderLine, **facts: object) -> Refusal:
    """A refusal with the facts that any of the sentences may use."""
    return Refusal(
        reason,
        on=line,
        order=line.order.number,
        sku=line.sku_title,
        policy=line.policy.value,
        kind=line.purchase.sku.product.kind,
        last_day=line.last_cancel_day,
        term_end=line.purchase.term_end,
        **facts,
    )
