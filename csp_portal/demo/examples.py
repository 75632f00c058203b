"""Ids of the demo that are worth trying."""

from cancellations.support.models import RequestStatus, SupportRequest
from orders.models import OrderLine
from software.models import KeyState


def demo_examples() -> dict[str, str]:
    """Ids worth trying, by name."""
    lines = OrderLine.objects.select_related("order__customer", "purchase").order_by("order__placed_at", "pk")
    first, last = lines.first(), lines.last()
    if first is None or last is None:
        return {}
    pending = lines.filter(purchase__key_state=KeyState.PENDING).first()
    link = lines.filter(purchase__links__isnull=False).values_list("purchase__links__public_id", flat=True).first()
    found = {
        "order_number": last.order.number,
        "customer_with_orders": str(last.order.customer.tenant_id),
        "purchase_id": str(last.purchase.public_id),
        "order_whose_window_is_closed": first.order.number,
        "order_with_keys_pending": pending.order.number if pending else "",
        "link_id": str(link or ""),
        "support_request": _request_number(),
    }
    return {name: value for name, value in found.items() if value}


def _request_number() -> str:
    """A request on which both sides have written, if there is one."""
    asked = SupportRequest.objects.filter(status=RequestStatus.ACTION_REQUIRED)
    return asked.values_list("number", flat=True).first() or ""
