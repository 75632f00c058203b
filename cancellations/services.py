"""Cancelling a line, or units of it (C5 to C8)."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from activity.models import Action
from activity.services import refusals_recorded
from cancellations.cancelling import cancel_quoted, locked_line, take_away
from cancellations.checks import check_confirmable
from cancellations.models import Cancellation
from cancellations.quotes import Quote, read_quote
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, require
from orders.models import OrderLine


@refusals_recorded(Action.CANCEL_REFUSED)
@transaction.atomic
def confirm_cancellation(purchase_id: UUID, *, quote: str, notice_accepted: bool, actor: User) -> Cancellation:
    """Cancel units of a line as they were quoted: status, keys, links, credit, log, mail in one transaction (C6, C8).

    With its last unit the purchase is cancelled, and its links and sessions are revoked. Who has cancelled the same and
    submits again, in this tab or another, gets the same answer (C7). Raises Refusal by the
    checks of C4, in their order; OrderLine.DoesNotExist for a purchase of another partner.
    """
    now = timezone.now()
    line = _locked_line(purchase_id, actor)
    require(actor, Permission.CANCEL, on=line)
    given = read_quote(quote)
    done = done_before(line, given, actor) if given and notice_accepted else None
    if done is not None:
        return done
    binding = check_confirmable(line, given, notice_accepted=notice_accepted, now=now)
    return cancel_quoted(line, binding, take_away(line, binding, now=now), actor=actor, now=now)


def done_before(line: OrderLine, quote: Quote, actor: User) -> Cancellation | None:
    """What this actor has cancelled already of a line that was as it is quoted: the same units, from the same state."""
    if quote.purchase_id != line.purchase.public_id:
        return None
    same = (quote.units_before, quote.quantity)
    own: list[Cancellation] = [done for done in line.cancellations.all() if done.cancelled_by == actor]
    return next((done for done in own if (done.credit.units_before, done.quantity) == same), None)


def _locked_line(purchase_id: UUID, actor: User) -> OrderLine:
    """The line of a purchase that the actor may see, locked."""
    lines = OrderLine.objects.visible_to(actor).filter(purchase__public_id=purchase_id)
    return locked_line(lines)
