"""What every way to cancel does, once it is decided: keys and links away, credit, certificate, log, mail (C6)."""

from datetime import datetime

from django.db.models import prefetch_related_objects

from activity.models import Action
from activity.services import record, record_each
from cancellations.certificates.services import certify
from cancellations.emails import tell_of_cancellation
from cancellations.models import Cancellation
from cancellations.quotes import Quote
from csp_portal.accounts.models import User
from csp_portal.rounding import plain_amount
from orders.billing.services import fix_credit
from orders.models import OrderLine
from orders.models.order import OrderLineQuerySet
from software.models import SoftwarePurchase
from software.services import revoke_purchase, revoke_units
from software.services.revoking import Revoked


def locked_line(lines: OrderLineQuerySet) -> OrderLine:
    """The one of `lines` and then its purchase, locked in the order that every service takes; with its cancellations.

    The line's key is left free: whoever posts an earlier credit of it holds the account and refers to the line.
    Raises OrderLine.DoesNotExist.
    """
    line = lines.with_purchase().select_for_update(of=("self",), no_key=True).get()
    _lock_purchases([line])
    return line


def locked_lines(lines: OrderLineQuerySet) -> list[OrderLine]:
    """All of `lines` and then their purchases, locked in the same order, several of a kind by their keys."""
    found = list(lines.with_purchase().select_for_update(of=("self",), no_key=True).order_by("pk"))
    _lock_purchases(found)
    return found


def _lock_purchases(lines: list[OrderLine]) -> None:
    """Lock the purchase of each line, and give the line the one that is locked; with the line's cancellations."""
    wanted = SoftwarePurchase.objects.filter(pk__in=[line.purchase_id for line in lines])
    purchases = {purchase.pk: purchase for purchase in wanted.select_for_update().order_by("pk")}
    for line in lines:
        purchase = purchases[line.purchase_id]
        purchase.customer, purchase.sku, purchase.order_line = line.order.customer, line.purchase.sku, line
        line.purchase = purchase
    prefetch_related_objects(lines, "cancellations")


def take_away(line: OrderLine, quote: Quote, *, now: datetime) -> Revoked:
    """Revoke the keys and links of the units that are quoted; with its last unit the purchase is cancelled (C6, C8).

    The caller has locked line and purchase.
    """
    if quote.ends(line):
        return revoke_purchase(line.purchase, now=now)
    return revoke_units(line.purchase, left=line.quantity_left - quote.quantity, now=now)


def cancel_quoted(
    line: OrderLine, quote: Quote, revoked: Revoked, *, actor: User, now: datetime, filed_by: User | None = None
) -> Cancellation:
    """Cancel what was quoted and taken away: credit, certificate, log and mail, in the caller's transaction (C6).

    `filed_by` asked for it with a support request, as of which it was quoted (S7).
    """
    whole = quote.ends(line)
    cancellation = Cancellation.objects.create(
        order_line=line,
        credit=fix_credit(line, quote, now=now),
        cancelled_at=now,
        cancelled_by=actor,
        filed_by=filed_by,
        quoted_at=quote.quoted_at,
        notice_version=quote.notice_version,
        keys_revoked=len(revoked.keys),
        links_revoked=len(revoked.links),
    )
    certify(cancellation, revoked)
    action = Action.PURCHASE_CANCELLED if whole else Action.QUANTITY_CANCELLED
    record(action, actor=actor, on=line, details=_details(line, cancellation))
    record_each(Action.KEY_REVOKED, actor=actor, on=revoked.keys)
    record_each(Action.LINK_REVOKED, actor=actor, on=revoked.links)
    tell_of_cancellation(cancellation)
    return cancellation


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
