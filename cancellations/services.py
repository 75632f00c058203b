"""Cancelling a line, or units of it (C5 to C8)."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from activity.models import Action
from activity.services import record, refusals_recorded
from cancellations.certificates.services import certify
from cancellations.checks import check_confirmable
from cancellations.emails import tell_of_cancellation
from cancellations.models import Cancellation
from cancellations.quotes import Quote, read_quote
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, require
from csp_portal.rounding import plain_amount
from orders.billing.services import fix_credit
from orders.models import OrderLine
from software.models import SoftwarePurchase
from software.services import revoke_purchase, revoke_units
from software.services.revoking import Revoked


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
    done = _done_before(line, given, actor) if given and notice_accepted else None
    if done is not None:
        return done
    binding = check_confirmable(line, given, notice_accepted=notice_accepted, now=now)
    whole = binding.ends(line)
    revoked = _revoke(line, binding, now)
    cancellation = Cancellation.objects.create(
        order_line=line,
        credit=fix_credit(line, binding, now=now),
        cancelled_at=now,
        cancelled_by=actor,
        quoted_at=binding.quoted_at,
        notice_version=binding.notice_version,
        keys_revoked=len(revoked.keys),
        links_revoked=len(revoked.links),
    )
    certify(cancellation, revoked)
    action = Action.PURCHASE_CANCELLED if whole else Action.QUANTITY_CANCELLED
    record(action, actor=actor, on=line, details=_details(line, cancellation))
    tell_of_cancellation(cancellation)
    return cancellation


def _done_before(line: OrderLine, quote: Quote, actor: User) -> Cancellation | None:
    """What this actor has cancelled already of a line that was as it is quoted: the same units, from the same state."""
    if quote.purchase_id != line.purchase.public_id:
        return None
    same = {"credit__units_before": quote.units_before, "credit__quantity": quote.quantity}
    return line.cancellations.filter(cancelled_by=actor, **same).first()


def _revoke(line: OrderLine, quote: Quote, now: datetime) -> Revoked:
    if quote.ends(line):
        return revoke_purchase(line.purchase, now=now)
    return revoke_units(line.purchase, left=line.quantity_left - quote.quantity, now=now)


def _locked_line(purchase_id: UUID, actor: User) -> OrderLine:
    """The line and then its purchase, locked in the order that every service takes.

    The line's key is left free: whoever posts an earlier credit of it holds the account and refers to the line.
    """
    visible = OrderLine.objects.visible_to(actor).with_purchase()
    line = visible.select_for_update(of=("self",), no_key=True).get(purchase__public_id=purchase_id)
    line.purchase = SoftwarePurchase.objects.for_log().select_for_update(of=("self",)).get(pk=line.purchase_id)
    line.purchase.order_line = line
    return line


def _details(line: OrderLine, cancellation: Cancellation) -> dict[str, object]:
    return {
        "quantity": cancellation.quantity,
        "left": cancellation.left,
        "credit": plain_amount(cancellation.credit.gross, line.order.currency),
        "currency": line.order.currency,
        "keys_revoked": cancellation.keys_revoked,
        "links_revoked": cancellation.links_revoked,
        "notice_version": cancellation.notice_version,
        "certificate": str(cancellation.certificate.public_id),
    }
