"""Pages of the account: the open months, the closed ones, and the invoices they became (R4, R5)."""

from datetime import date

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.pagination import page_of
from orders.billing.models import Account, Credit, Entry, Invoice, InvoiceQuerySet
from orders.billing.statements import issue_day, open_months

CREDITS_SHOWN = 10  # of those to be posted; they are posted within a minute


@require_safe
@role_required(Permission.SEE_INVOICES)
def invoices(request: SignedInRequest) -> HttpResponse:
    """Open months so far, then invoices by month and currency, the closed ones that have no number yet among them."""
    context = {"open_months": open_months(request.user), "page": page_of(request, _invoices(request))}
    return render(request, "billing/invoices.html", context)


@require_safe
@role_required(Permission.SEE_INVOICES)
def unbilled(request: SignedInRequest, currency: str) -> HttpResponse:
    """What will be on the next invoice in one currency, and the credits that are still to be posted to it."""
    account = get_object_or_404(Account.objects.visible_to(request.user), currency=currency)
    entries = Entry.objects.visible_to(request.user).unbilled().filter(account=account)
    to_post = Credit.objects.visible_to(request.user).unposted().filter(order_line__order__currency=currency)
    context = {
        "account": account,
        "months": [found for found in open_months(request.user) if found.currency == currency],
        "to_post": to_post.with_line()[:CREDITS_SHOWN],
        "page": page_of(request, entries.with_causes().by_order()),
    }
    return render(request, "billing/unbilled.html", context)


@require_safe
@role_required(Permission.SEE_INVOICES)
def closed(request: SignedInRequest, month: date, currency: str) -> HttpResponse:
    """A closed month until it is issued; from then on its address leads to the invoice."""
    found = get_object_or_404(_invoices(request), month=month, account__currency=currency)
    if found.number is not None:
        return redirect(found)
    return _statement(request, found)


@require_safe
@role_required(Permission.SEE_INVOICES)
def invoice(request: SignedInRequest, invoice_number: str) -> HttpResponse:
    """An issued invoice with the lines that it is the sum of."""
    return _statement(request, get_object_or_404(_invoices(request).numbered(invoice_number)))


def _invoices(request: SignedInRequest) -> InvoiceQuerySet:
    return Invoice.objects.visible_to(request.user).with_totals().select_related("account")


def _statement(request: SignedInRequest, found: Invoice) -> HttpResponse:
    context = {
        "invoice": found,
        "issue_day": issue_day(found.month),
        "page": page_of(request, found.entries.with_causes().by_order()),
    }
    return render(request, "billing/invoice.html", context)
