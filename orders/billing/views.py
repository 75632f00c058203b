"""Pages of the account."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from csp_portal.accounts.permissions import Permission, role_required


@require_safe
@role_required(Permission.SEE_INVOICES)
def invoices(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


@require_safe
@role_required(Permission.SEE_INVOICES)
def unbilled(request: HttpRequest, currency: str) -> HttpResponse:
    return HttpResponse("")


@require_safe
@role_required(Permission.SEE_INVOICES)
def closed(request: HttpRequest, month: date, currency: str) -> HttpResponse:
    return HttpResponse("")


@require_safe
@role_required(Permission.SEE_INVOICES)
def invoice(request: HttpRequest, invoice_number: str) -> HttpResponse:
    return HttpResponse("")
