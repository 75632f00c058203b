"""Finding a customer (U2)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from csp_portal.accounts.permissions import Permission, role_required


@require_safe
@role_required(Permission.SEE_CUSTOMERS)
def customer_list(request: HttpRequest) -> HttpResponse:
    return render(request, "customers/list.html")
