"""Cancelling up to 100 lines in one go: each by itself, as pages do, or all or nothing, as the API does (C8)."""

from collections.abc import Callable, Mapping, Sequence, Sized
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from activity.models import Action
from activity.services import refusals_recorded
from cancellations import reasons
from cancellations.cancelling import cancel_quoted, locked_lines, take_away
from cancellations.checks import check_confirmable
from cancellations.models import Cancellation
from cancellations.quotes import Quote, quote_line, read_quote
from cancellations.services import confirm_cancellation, done_before
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, require
from csp_portal.errors import Loggable, Refusal
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
    _check_count(quotes, on=customer)
    if not notice_accepted:
        raise Refusal(reasons.NOTICE_NOT_ACCEPTED, on=customer)
    return [_cancel(quote, customer, actor) for quote in quotes]


def _check_count(quotes: Sized, *, on: Loggable) -> None:
    if len(quotes) > MOST_LINES:
        raise Refusal(reasons.TOO_MANY_LINES, on=on, count=len(quotes), limit=MOST_LINES)


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


@refusals_recorded(Action.CANCEL_REFUSED)
@transaction.atomic
def cancel_together(
    quotes: Mapping[UUID, str | None], *, check: Callable[[], None] | None = None, actor: User
) -> list[Cancellation]:
    """Cancel lines of a customer, named by their purchases, in one transaction: all of them, or none (C6, C8).

    Each at the amounts of its signed quote; without one (None) what is left of it, at the amounts of now. What was
    cancelled before is left as it is where it was not quoted, or where the actor has done what was quoted (C7). Who
    calls accepts the Important message; `check` runs under the locks, and may raise. Raises Refusal for the first line
    that cannot be cancelled; OrderLine.DoesNotExist if none of them is the actor's partner's.
    """
    now = timezone.now()
    lines = locked_lines(OrderLine.objects.visible_to(actor).filter(purchase__public_id__in=quotes.keys()))
    if not lines:
        raise OrderLine.DoesNotExist
    require(actor, Permission.CANCEL, on=lines[0])
    _check_count(quotes, on=lines[0])
    if check is not None:
        check()
    found = [(line, _binding(line, quotes[line.purchase.public_id], actor, now)) for line in lines]
    # Every key and link before the first credit: that takes the account's lock, which comes last.
    due = [(line, quote, take_away(line, quote, now=now)) for line, quote in found if quote is not None]
    return [cancel_quoted(line, quote, revoked, actor=actor, now=now) for line, quote, revoked in due]


def _binding(line: OrderLine, signed: str | None, actor: User, now: datetime) -> Quote | None:
    """The quote at which a locked line is to be cancelled; None if it is done already. Raises Refusal."""
    if signed is None:
        given = quote_line(line, now) if line.purchase.is_active else None
        return check_confirmable(line, given, notice_accepted=True, now=now) if given else None
    given = read_quote(signed)
    if given is not None and done_before(line, given, actor):
        return None
    return check_confirmable(line, given, notice_accepted=True, now=now)
