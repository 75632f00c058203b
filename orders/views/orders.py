"""o"""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_safe

from csp_portal.accounts.permissions import Permission, role_required
from customers.models import Customer
from orders.models import Order


@require_safe
@role_required(Permission.SEE_ORDERS)
def history(request: HttpRequest, tenant_id: UUID) -> HttpResponse:
    customer = get_object_or_404(Customer.objects.visible_to(request.user), tenant_id=tenant_id)
    return render(request, "orders/history.html", {"customer": customer})


@require_safe
@role_required(Permission.SEE_ORDERS)
def order_list(request: HttpRequest) -> HttpResponse:
    return render(request, "orders/list.html")


@require_safe
@role_required(Permission.SEE_ORDERS)
def detail(request: HttpRequest, number: str) -> HttpResponse:
    order = get_object_or_404(Order.objects.visible_to(request.user), number=number)
    return render(request, "orders/detail.html", {"order": order})
