"""Pages of the account: the open months, the closed ones, and the invoices they became (R4, R5)."""

from datetime import date

from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.csv_files import csv_answer
from csp_portal.pagination import page_of
from csp_portal.pdf import pdf_answer
from csp_portal.snapshot import one_snapshot
from orders.billing import invoice_pdf, statement_of_account
from orders.billing.models import Account, Credit, Entry, EntryQuerySet, Invoice, InvoiceQuerySet
from orders.billing.reconciliation import COLUMNS, reconciliation_rows
from orders.billing.statement_of_account import statement_of, statement_rows
from orders.billing.statements import issue_day, open_months

CREDITS_SHOWN = 10  # of those to be posted; they are posted within a minute
PAYMENTS_SHOWN = 100  # on the page of an invoice


@require_safe
@role_required(Permission.SEE_INVOICES)
@one_snapshot()
def invoices(request: SignedInRequest) -> HttpResponse:
    """Open months so far, then invoices by month and currency, the closed ones that have no number yet among them."""
    context = {
        "open_months": open_months(request.user),
        "accounts": Account.objects.visible_to(request.user).order_by("currency"),
        "page": page_of(request, _invoices(request)),
    }
    return render(request, "billing/invoices.html", context)


@require_safe
@role_required(Permission.SEE_INVOICES)
@one_snapshot()
def unbilled(request: SignedInRequest, currency: str) -> HttpResponse:
    """What will be on the next invoice in one currency, and the credits that are still to be posted to it."""
    account = get_object_or_404(Account.objects.visible_to(request.user), currency=currency)
    to_post = Credit.objects.visible_to(request.user).unposted().filter(order_line__order__currency=currency)
    context = {
        "account": account,
        "months": [found for found in open_months(request.user) if found.currency == currency],
        "to_post": to_post.with_line()[:CREDITS_SHOWN],
        "page": page_of(request, _unbilled(request, account).of_orders().with_causes().by_order()),
    }
    return render(request, "billing/unbilled.html", context)


@require_safe
@role_required(Permission.SEE_INVOICES)
def unbilled_csv(request: SignedInRequest, currency: str) -> HttpResponseBase:
    """The lines that are posted and not invoiced yet, to reconcile with."""
    account = get_object_or_404(Account.objects.visible_to(request.user), currency=currency)
    return _csv(f"not-invoiced-{currency}.csv", _unbilled(request, account), currency)


@require_safe
@role_required(Permission.SEE_INVOICES)
@one_snapshot()
def statement(request: SignedInRequest, currency: str) -> HttpResponse:
    """The account in one currency month by month, newest first."""
    account = get_object_or_404(Account.objects.visible_to(request.user), currency=currency)
    context = {"account": account, "page": page_of(request, statement_of(account))}
    return render(request, "billing/statement.html", context)


@require_safe
@role_required(Permission.SEE_INVOICES)
@one_snapshot()
def statement_csv(request: SignedInRequest, currency: str) -> HttpResponseBase:
    """The same months, all of them, to reconcile with."""
    account = get_object_or_404(Account.objects.visible_to(request.user), currency=currency)
    rows = list(statement_rows(statement_of(account), currency))
    return csv_answer(f"statement-{currency}.csv", statement_of_account.COLUMNS, rows)


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
def closed_csv(request: SignedInRequest, month: date, currency: str) -> HttpResponseBase:
    """The lines of a closed month, to reconcile with; once it is issued, those of the invoice."""
    found = get_object_or_404(_invoices(request), month=month, account__currency=currency)
    if found.number is not None:
        return redirect(found.csv_url)
    return _csv(f"invoice-{month:%Y-%m}-{currency}.csv", found.entries, currency)


@require_safe
@role_required(Permission.SEE_INVOICES)
def invoice(request: SignedInRequest, invoice_number: str) -> HttpResponse:
    """An issued invoice with the lines that it is the sum of."""
    return _statement(request, get_object_or_404(_invoices(request).numbered(invoice_number)))


@require_safe
@role_required(Permission.SEE_INVOICES)
def invoice_csv(request: SignedInRequest, invoice_number: str) -> HttpResponseBase:
    """The lines of an issued invoice, to reconcile with: their sum is the invoice's (R5)."""
    found = get_object_or_404(_invoices(request).numbered(invoice_number))
    return _csv(f"invoice-{invoice_number}.csv", found.entries, found.account.currency)


@require_safe
@role_required(Permission.SEE_INVOICES)
def invoice_document(request: SignedInRequest, invoice_number: str) -> FileResponse:
    """An issued invoice as a PDF, to keep or to hand on."""
    found = get_object_or_404(_invoices(request).numbered(invoice_number))
    return pdf_answer(f"invoice-{invoice_number}.pdf", invoice_pdf.invoice_pdf(found))


def _invoices(request: SignedInRequest) -> InvoiceQuerySet:
    return Invoice.objects.visible_to(request.user).with_totals().select_related("account")


def _unbilled(request: SignedInRequest, account: Account) -> EntryQuerySet:
    return Entry.objects.visible_to(request.user).unbilled().filter(account=account)


def _csv(file_name: str, entries: EntryQuerySet, currency: str) -> HttpResponseBase:
    return csv_answer(file_name, COLUMNS, reconciliation_rows(entries, currency))


def _statement(request: SignedInRequest, found: Invoice) -> HttpResponse:
    context = {
        "invoice": found,
        "pdf_lists": None if invoice_pdf.is_listed(found) else invoice_pdf.LINES_IN_PDF,
        "issue_day": issue_day(found.month),
        "carried": list(found.entries.carried().with_causes().by_order()),
        "page": page_of(request, found.entries.of_orders().with_causes().by_order()),
        "payments": found.payments.select_related("reverses", "reversal")[:PAYMENTS_SHOWN],
    }
    return render(request, "billing/invoice.html", context)
