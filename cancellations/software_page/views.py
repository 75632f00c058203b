"""A customer's Software tab: what was bought, its keys and downloads, and the way to cancel it (K1)."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from django import forms
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from cancellations.software_page.opened import OpenRow
from cancellations.software_page.rows import SoftwareRow, as_row, software_rows
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.pagination import page_of
from customers.models import Customer
from customers.tabs import customer_tabs
from orders.models import OrderLine
from software.addresses import absolute
from software.forms import SelectProductForm

SELECT_PRODUCT = "select-product"  # id of the form that htmx refreshes


class WhatToOpen(forms.Form):
    """Which row of the list is open, and which of its purchases is chosen."""

    sku = forms.UUIDField(required=False)
    purchase = forms.UUIDField(required=False)


@require_safe
@role_required(Permission.SEE_SOFTWARE)
def software(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    """The list, with one row open if the address says so; for htmx only the selects of that row.

    The open row comes first where this page of the list does not hold it.
    """
    now = timezone.now()
    customer = get_object_or_404(Customer.objects.visible_to(request.user), tenant_id=tenant_id)
    lines = software_rows(customer, request.user, now)
    page = page_of(request, lines)
    rows = [as_row(line, request.user, now) for line in page]
    opened = _opened(request, customer, rows, now)
    if opened and opened.row not in rows:
        rows.insert(0, opened.row)
    _fetch_cancellations(rows, opened)
    if opened and request.htmx.target == SELECT_PRODUCT:
        return render(request, "cancellations/partials/select_product.html", _select_product(opened))
    context = {
        "customer": customer,
        "tabs": customer_tabs(customer, "cancellations:software"),
        "buy_refusal": request.user.refusal_to(Permission.BUY),
        "cancel_refusal": request.user.refusal_to(Permission.CANCEL),
        "page": page,
        "rows": rows,
        "opened": opened,
    }
    if opened:
        context |= _select_product(opened)
    return render(request, "cancellations/software.html", context)


def _opened(request: SignedInRequest, customer: Customer, rows: Sequence[SoftwareRow], now: datetime) -> OpenRow | None:
    """The row that the address opens: one of `rows`, or one of another page of the list."""
    asked = WhatToOpen(request.GET)
    if not asked.is_valid():
        raise Http404
    sku_id = asked.cleaned_data["sku"]
    if sku_id is None:
        return None
    row = next((row for row in rows if row.line.purchase.sku.public_id == sku_id), None)
    lines = OrderLine.objects.visible_to(request.user).of(customer.tenant_id, sku_id)
    if row is None:
        own = software_rows(customer, request.user, now).filter(purchase__sku__public_id=sku_id)
        row = as_row(get_object_or_404(own), request.user, now)
    in_full = partial(absolute, request)
    opened = OpenRow(row, lines, request.user, request.GET, asked.cleaned_data["purchase"], in_full)
    if opened.chosen is None:
        raise Http404
    return opened


def _fetch_cancellations(rows: Sequence[SoftwareRow], opened: OpenRow | None) -> None:
    """Who has cancelled what, in one query for all lines of the page."""
    prefetch_related_objects([row.line for row in rows] + (opened.shown if opened else []), "cancellations")


def _select_product(opened: OpenRow) -> dict[str, object]:
    """Select product in two forms: one that offers what goes together, and one for readers without scripts."""
    ids = {"sku": opened.purchase.sku.public_id, "purchase": opened.purchase.public_id}
    choice = opened.fitted_choice
    return {
        "opened": opened,
        "form": SelectProductForm(choice, possible_only=True, initial=ids, auto_id="choose_%s"),
        "form_without_scripts": SelectProductForm(choice, possible_only=False, initial=ids),
    }
