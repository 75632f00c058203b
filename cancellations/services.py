"""Cancelling a line (C5, C6)."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from activity.models import Action
from activity.services import record, refusals_recorded
from cancellations.checks import check_confirmable
from cancellations.emails import tell_of_cancellation
from cancellations.models import Cancellation
from cancellations.notice import NOTICE_VERSION
from cancellations.quotes import Quote, read_quote
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, require
from csp_portal.rounding import plain_amount
from orders.billing.services import fix_credit
from orders.models import OrderLine
from software.models import SoftwarePurchase
from software.services import revoke_purchase
from software.services.purchasing import Revoked


@refusals_recorded(Action.CANCEL_REFUSED)
@transaction.atomic
def confirm_cancellation(purchase_id: UUID, *, quote: str, notice_accepted: bool, actor: User) -> Cancellation:
    """Cancel a whole line as it was quoted: status, keys, links, sessions, credit, log, mail in one transaction (C6).

    Who has cancelled it and submits again, in this tab or another, gets the same answer (C7). Raises Refusal by the
    checks of C4, in their order; OrderLine.DoesNotExist for a purchase of another partner.
    """
    now = timezone.now()
    line = _locked_line(purchase_id, actor)
    require(actor, Permission.CANCEL, on=line)
    given = read_quote(quote)
    done = Cancellation.objects.filter(order_line=line, cancelled_by=actor).first()
    if done is not None and given is not None and given.purchase_id == purchase_id and notice_accepted:
        return done
    binding = check_confirmable(line, given, notice_accepted=notice_accepted, now=now)
    revoked = revoke_purchase(line.purchase, now=now)
    credit = fix_credit(
        line,
        binding.amounts,
        quantity=binding.quantity,
        now=now,
        term_days=binding.term_days,
        days_used=binding.days_used,
    )
    cancellation = Cancellation.objects.create(
        order_line=line,
        credit=credit,
        cancelled_at=now,
        cancelled_by=actor,
        quoted_at=binding.quoted_at,
        notice_version=NOTICE_VERSION,
        keys_revoked=revoked.keys,
        links_revoked=revoked.links,
    )
    record(Action.PURCHASE_CANCELLED, actor=actor, on=line, details=_details(line, binding, revoked))
    tell_of_cancellation(cancellation)
    return cancellation


def _locked_line(purchase_id: UUID, actor: User) -> OrderLine:
    """The line and then its purchase, locked in the order that every service takes."""
    visible = OrderLine.objects.visible_to(actor).with_purchase()
    line = visible.select_for_update(of=("self",)).get(purchase__public_id=purchase_id)
    line.purchase = SoftwarePurchase.objects.for_log().select_for_update(of=("self",)).get(pk=line.purchase_id)
    return line


def _details(line: OrderLine, quote: Quote, revoked: Revoked) -> dict[str, object]:
    return {
        "credit": plain_amount(quote.gross, line.order.currency),
        "currency": line.order.currency,
        "keys_revoked": revoked.keys,
        "links_revoked": revoked.links,
        "notice_version": NOTICE_VERSION,
    }
