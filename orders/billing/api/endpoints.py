"""Endpoints of invoices, and of what the account comes to."""

from typing import Any

from django.http import HttpResponseBase
from rest_framework.response import Response

from csp_portal.accounts.permissions import Permission
from csp_portal.api.endpoint import ApiRequest, Endpoint
from csp_portal.api.paging import offset_page
from csp_portal.api.rendering import FileRenderer, JsonRenderer
from csp_portal.api.resources import collection, link, resource
from csp_portal.api.schema import collection_of, documented
from csp_portal.csv_files import csv_answer
from csp_portal.pdf import pdf_answer
from csp_portal.snapshot import one_snapshot
from orders.billing.api.asking import (
    PERIODS,
    CurrencyQuery,
    InvoicesQuery,
    OffsetQuery,
    account_of,
    dated,
    invoice_of,
    invoices_of,
    reconciliation,
)
from orders.billing.api.balance import InvoiceSummarySerializer, no_summary, summaries
from orders.billing.api.documents import CSV, PDF, EstimateLinkSerializer, StatementMonthSerializer, month_resource
from orders.billing.api.invoices import InvoiceSerializer, PaymentSerializer, invoice_resource, payment_resource
from orders.billing.api.invoices import path_of as invoice_path
from orders.billing.invoice_pdf import invoice_pdf
from orders.billing.models import Account
from orders.billing.statement_of_account import COLUMNS, statement_of, statement_rows

TAG = "Invoices"


class OfInvoices(Endpoint):
    """Who may read invoices, and no limited client: they belong to no one customer."""

    needs = {"GET": Permission.SEE_INVOICES}


class FileOfInvoices(OfInvoices):
    """One that answers a file."""

    renderer_classes = (JsonRenderer, FileRenderer)


class Invoices(OfInvoices):
    """`/v1/invoices`"""

    @documented("Invoices", tag=TAG, query=InvoicesQuery, answer=collection_of(InvoiceSerializer))
    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Issued invoices, the newest month first."""
        rows = dated(invoices_of(request.user), request.query.get("filter", "")).order_by("-month", "-number")
        with one_snapshot():
            return Response(offset_page(request, rows, invoice_resource, path="/invoices"))


class OneInvoice(OfInvoices):
    """`/v1/invoices/{invoice_id}`"""

    @documented("One invoice", tag=TAG, answer=InvoiceSerializer)
    def get(self, request: ApiRequest, invoice_id: str, **kwargs: Any) -> Response:
        """An issued invoice by its number, also with `OneTime-` before it."""
        return Response(invoice_resource(invoice_of(request.user, invoice_id)))


class StatementDocument(FileOfInvoices):
    """`/v1/invoices/{invoice_id}/documents/statement`"""

    @documented("The invoice as a PDF", tag=TAG, answer=PDF)
    def get(self, request: ApiRequest, invoice_id: str, **kwargs: Any) -> HttpResponseBase:
        """The bytes of the document that the page gives out."""
        invoice = invoice_of(request.user, invoice_id)
        return pdf_answer(f"Invoice_{invoice.public_number}.pdf", invoice_pdf(invoice))


class ReconciliationDocument(FileOfInvoices):
    """`/v1/invoices/{invoice_id}/documents/reconciliation`"""

    @documented("The lines of an invoice as CSV", tag=TAG, answer=CSV)
    def get(self, request: ApiRequest, invoice_id: str, **kwargs: Any) -> HttpResponseBase:
        """The reconciliation file, a row per line; their sum is the invoice's (R5)."""
        invoice = invoice_of(request.user, invoice_id)
        return reconciliation(invoice.entries, f"invoice-{invoice.public_number}", invoice.account.currency)


class Payments(OfInvoices):
    """`/v1/invoices/{invoice_id}/payments`"""

    @documented("Payments received for an invoice", tag=TAG, query=OffsetQuery, answer=collection_of(PaymentSerializer))
    def get(self, request: ApiRequest, invoice_id: str, **kwargs: Any) -> Response:
        """Payments and their reversals, the newest first (R6)."""
        invoice = invoice_of(request.user, invoice_id)
        path = f"{invoice_path(invoice)}/payments"
        return Response(offset_page(request, invoice.payments.with_names(), payment_resource, path=path))


class Summary(OfInvoices):
    """`/v1/invoices/summary`"""

    @documented("Balance in the default currency", tag=TAG, answer=InvoiceSummarySerializer)
    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """The balance in the currency of the newest invoice, or of the first account where there is none."""
        account = Account.objects.visible_to(request.user).by_last_invoice().first()
        with one_snapshot():
            return Response(summaries([account])[0] if account else no_summary())


class Summaries(OfInvoices):
    """`/v1/invoices/summaries`"""

    @documented("Balance in each currency", tag=TAG, answer=collection_of(InvoiceSummarySerializer))
    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """One summary for each account."""
        with one_snapshot():
            found = summaries(Account.objects.visible_to(request.user).order_by("currency"))
        return Response(collection(found, "/invoices/summaries"))


class EstimateLinks(OfInvoices):
    """`/v1/invoices/estimates/links`"""

    @documented(
        "Links to what is not invoiced yet",
        tag=TAG,
        query=CurrencyQuery,
        answer=collection_of(EstimateLinkSerializer),
    )
    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """The unbilled lines of each period, in one currency or in all."""
        currency = request.query.get("currencycode", "").strip()
        code = account_of(request.user, currency).currency if currency else ""
        return Response(collection([_estimate(period, code) for period in PERIODS], "/invoices/estimates/links"))


def _estimate(period: str, currency: str) -> dict[str, Any]:
    uri = f"/invoices/unbilled/lineitems?provider=onetime&invoicelineitemtype=billinglineitems&period={period}"
    return resource(
        "EstimateLink",
        title=f"{period} onetime estimate",
        description="Lines that are on no issued invoice.",
        period=period,
        link=link(f"{uri}&currencycode={currency}" if currency else uri),
    )


class StatementOfAccount(OfInvoices):
    """`/v1/invoices/accounts/{currency}/months`"""

    @documented("The account month by month", tag=TAG, answer=collection_of(StatementMonthSerializer))
    def get(self, request: ApiRequest, currency: str, **kwargs: Any) -> Response:
        """Every month in which something moved, newest first: opening, charges, credits, payments, closing."""
        account = account_of(request.user, currency)
        with one_snapshot():
            months = statement_of(account)
        rows = (month_resource(month, account.currency) for month in months)
        return Response(collection(rows, f"/invoices/accounts/{account.currency}/months"))


class StatementOfAccountDocument(FileOfInvoices):
    """`/v1/invoices/accounts/{currency}/documents/statement`"""

    @documented("The account month by month as CSV", tag=TAG, answer=CSV)
    def get(self, request: ApiRequest, currency: str, **kwargs: Any) -> HttpResponseBase:
        """The same months as the page's file."""
        account = account_of(request.user, currency)
        with one_snapshot():
            rows = list(statement_rows(statement_of(account), account.currency))
        return csv_answer(f"statement-{account.currency}.csv", COLUMNS, rows)
