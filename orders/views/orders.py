"""Looking back: the orders of a customer, of the partner, and one order with its money (B4, B5, R4)."""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.calendar_utc import utc_day
from csp_portal.pagination import page_of
from csp_portal.snapshot import one_snapshot
from customers.models import Customer
from customers.tabs import customer_tabs
from orders.billing.ledger import ledger_of
from orders.line_windows import LineWindow
from orders.models import Order
from orders.models.order import OrderQuerySet
from orders.renewals import renewal_of
from software.tax import NOTHING


def _summary_of_today() -> Callable[[OrderQuerySet], OrderQuerySet]:
    today = utc_day(timezone.now())
    return lambda orders: orders.with_summary(today)


@require_safe
@role_required(Permission.SEE_ORDERS)
def history(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    """A customer's orders, newest first."""
    customer = get_object_or_404(Customer.objects.visible_to(request.user), tenant_id=tenant_id)
    orders = Order.objects.visible_to(request.user).filter(customer=customer)
    context = {
        "customer": customer,
        "tabs": customer_tabs(customer, "orders:history"),
        "buy_refusal": request.user.refusal_to(Permission.BUY),
        "page": page_of(request, orders, complete=_summary_of_today()),
    }
    return render(request, "orders/history.html", context)


@require_safe
@role_required(Permission.SEE_ORDERS)
def order_list(request: SignedInRequest) -> HttpResponse:
    """All orders of the partner, newest first."""
    orders = Order.objects.visible_to(request.user)
    return render(request, "orders/list.html", {"page": page_of(request, orders, complete=_summary_of_today())})


@require_safe
@role_required(Permission.SEE_ORDERS)
@one_snapshot()
def detail(request: SignedInRequest, number: str) -> HttpResponse:
    """One order: its lines with their windows and keys, and what was charged and credited for it."""
    now = timezone.now()
    order = get_object_or_404(Order.objects.visible_to(request.user).with_summary(utc_day(now)), number=number)
    lines = list(order.lines.with_purchase().with_cancellations().with_sale(now))
    context = {
        "order": order,
        "windows": [LineWindow(line, now, renewal_of(line, request.user, now)) for line in lines],
        "total": sum((line.amounts for line in lines), NOTHING),
        "first_software": next((line for line in lines if line.has_software), None),
        "ledger": ledger_of(order),
        "keys_refusal": request.user.refusal_to(Permission.GET_KEYS),
        "cancel_refusal": request.user.refusal_to(Permission.CANCEL),
    }
    return render(request, "orders/detail.html", context)
