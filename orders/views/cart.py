"""c"""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_safe

from csp_portal.accounts.permissions import Permission, role_required
from customers.models import Customer
from orders.models import Order


@require_http_methods(["GET", "POST"])
@role_required(Permission.BUY)
def cart(request: HttpRequest, tenant_id: UUID) -> HttpResponse:
    customer = get_object_or_404(Customer.objects.visible_to(request.user), tenant_id=tenant_id)
    return render(request, "orders/cart.html", {"customer": customer})


@require_http_methods(["GET", "POST"])
@role_required(Permission.BUY)
def review(request: HttpRequest, tenant_id: UUID) -> HttpResponse:
    customer = get_object_or_404(Customer.objects.visible_to(request.user), tenant_id=tenant_id)
    return render(request, "orders/review.html", {"customer": customer})
