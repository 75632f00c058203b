"""A customer's first page: who it is, what its market means, what it owns and what can still be cancelled (U3)."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.calendar_utc import utc_day
from customers.models import Customer
from customers.tabs import customer_tabs
from orders.line_windows import LineWindow
from orders.models import Order, OrderLine
from software.hybrid_benefit import covers
from software.models import SoftwarePurchase
from software.offers import Catalogue

ROWS_SHOWN = 5


@require_safe
@role_required(Permission.SEE_CUSTOMERS)
def overview(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    """Show the customer at a glance."""
    now = timezone.now()
    visible = Customer.objects.visible_to(request.user).with_cart_of(request.user)
    customer = get_object_or_404(visible, tenant_id=tenant_id)
    open_lines = OrderLine.objects.visible_to(request.user).filter(order__customer=customer).window_open(now)
    soonest = open_lines.with_purchase().order_by("window_closes_at", "pk")[:ROWS_SHOWN]
    purchases = SoftwarePurchase.objects.visible_to(request.user).filter(customer=customer)
    orders = Order.objects.visible_to(request.user).filter(customer=customer)
    context = {
        "customer": customer,
        "tabs": customer_tabs(customer, "orders:overview"),
        "buy_refusal": request.user.refusal_to(Permission.BUY),
        "edit_refusal": request.user.refusal_to(Permission.EDIT_CUSTOMERS),
        "catalogue": Catalogue(customer.market, customer.currency, now),
        "covers": covers(purchases.benefit_cores(utc_day(now))),
        "glance": purchases.at_a_glance(utc_day(now)),
        "windows": [LineWindow(line, now) for line in soonest],
        "orders": orders.with_summary(utc_day(now))[:ROWS_SHOWN],
    }
    return render(request, "orders/overview.html", context)
