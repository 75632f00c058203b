"""Mail about cancellations (X5)."""

from cancellations.models import Cancellation
from cancellations.notice import NOTICES
from csp_portal.instants import written_month
from csp_portal.mail.addresses import site_address
from csp_portal.mail.services import queue_mail
from csp_portal.money import Money
from orders.billing.emails import concerned
from orders.billing.services import month_of_credit


def tell_of_cancellation(cancellation: Cancellation) -> None:
    """Mail who cancelled or asked for it, and who had ordered, what was revoked and credited; in its transaction (C6).

    Never a key: what was revoked is counted.
    """
    line = cancellation.order_line
    order = line.order
    for user in concerned(order, cancellation.accepted_by):
        queue_mail(
            user.email,
            "purchase_cancelled",
            cause=f"purchase_cancelled:{line.purchase.public_id}:{cancellation.credit.units_before}",
            order=order.number,
            sku=line.sku_title,
            quantity=cancellation.quantity,
            left=cancellation.left or "",
            customer=order.customer.company_name,
            who=cancellation.canceller,
            when=cancellation.cancelled_at,
            credit=Money(cancellation.credit.gross, order.currency),
            month=written_month(month_of_credit(cancellation.credit)),
            keys=cancellation.keys_revoked,
            links=cancellation.links_revoked,
            notice=NOTICES[cancellation.notice_version],
            address=site_address(order.get_absolute_url()),
            certificate=site_address(cancellation.certificate_url),
        )
