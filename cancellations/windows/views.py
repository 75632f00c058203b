"""The list of open windows (C10)."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from cancellations.windows.forms import WindowFilterForm
from cancellations.windows.rows import OpenWindow
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.pagination import page_of
from orders.models.order import OrderLineQuerySet


@require_safe
@role_required(Permission.SEE_ORDERS)
def windows(request: SignedInRequest) -> HttpResponse:
    """Every purchase of the partner that can still be cancelled, by its last day."""
    now = timezone.now()
    filters = WindowFilterForm(request.GET)
    page = page_of(request, filters.found(request.user, now), complete=OrderLineQuerySet.with_purchase)
    context = {
        "filters": filters,
        "page": page,
        "windows": [OpenWindow.of(line, request.user, now) for line in page],
    }
    return render(request, "windows/list.html", context)
