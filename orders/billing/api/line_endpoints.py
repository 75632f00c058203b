"""Endpoints of the lines of invoices, in both of their forms, and of those that no invoice has yet."""

from typing import Any

from django.db.models import Exists, F, OuterRef
from django.http import HttpResponseBase
from rest_framework.response import Response

from csp_portal.accounts.models import User
from csp_portal.api.endpoint import ApiRequest
from csp_portal.api.paging import offset_page, seek_page
from csp_portal.api.resources import collection
from csp_portal.api.schema import collection_of, documented
from csp_portal.api.words import word_of
from csp_portal.snapshot import one_snapshot
from orders.billing.api.asking import (
    PERIODS,
    CurrencyQuery,
    LinesQuery,
    OffsetQuery,
    UnbilledQuery,
    account_of,
    has_lines,
    invoice_of,
    reconciliation,
    with_all,
)
from orders.billing.api.documents import CSV
from orders.billing.api.endpoints import TAG, FileOfInvoices, OfInvoices
from orders.billing.api.invoices import path_of
from orders.billing.api.lines import LineItemSerializer, credit_line, entry_line
from orders.billing.models import Account, Credit, CreditQuerySet, Entry, EntryQuerySet, Invoice

USUAL_LINES = 2000
UNBILLED = "/invoices/unbilled/lineitems"


class LineItemsByPath(OfInvoices):
    """`/v1/invoices/{invoice_id}/lineitems/{provider}/{line_type}`"""

    @documented("Lines of an invoice", tag=TAG, query=OffsetQuery, answer=collection_of(LineItemSerializer))
    def get(self, request: ApiRequest, invoice_id: str, provider: str, line_type: str, **kwargs: Any) -> Response:
        """Order by order, each charge before its credits; nothing of a provider other than OneTime."""
        invoice = invoice_of(request.user, invoice_id)
        path = f"{path_of(invoice)}/lineitems/{provider}/{line_type}"
        rows = _entries(invoice, there_are=has_lines(provider, line_type)).by_order()
        page = offset_page(request, rows, _writer(invoice), path=path, usual=USUAL_LINES, most=USUAL_LINES)
        return Response(page)


class LineItems(OfInvoices):
    """`/v1/invoices/{invoice_id}/lineitems`"""

    @documented(
        "Lines of an invoice, page by page",
        tag=TAG,
        query=LinesQuery,
        answer=collection_of(LineItemSerializer, seek=True),
    )
    def get(self, request: ApiRequest, invoice_id: str, **kwargs: Any) -> Response:
        """In the order in which they came to the account; nothing of a provider other than OneTime."""
        invoice, query = invoice_of(request.user, invoice_id), request.query
        asked = has_lines(query.get("provider", ""), query.get("invoicelineitemtype", ""))
        there_are = asked and query.get("currencycode", "").upper() in ("", invoice.account.currency)
        path = f"{path_of(invoice)}/lineitems"
        rows = _entries(invoice, there_are=there_are)
        return Response(seek_page(request, rows, ["pk"], _writer(invoice), path=path, usual=USUAL_LINES))


class UnbilledLineItems(OfInvoices):
    """`/v1/invoices/unbilled/lineitems`"""

    @documented(
        "Lines that are not invoiced yet",
        tag=TAG,
        query=UnbilledQuery,
        answer=collection_of(LineItemSerializer, seek=True),
    )
    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Of the open months (current), or of those that are closed and not issued (previous).

        The last page of the open months ends with the credits that are to be posted: they count from the first second.
        """
        query = request.query
        if not has_lines(query.get("provider", ""), query.get("invoicelineitemtype", "")):
            return Response(collection([], UNBILLED))
        accounts, period = _accounts(request), _period(request)
        with one_snapshot():
            rows = with_all(_unbilled(request.user, period).filter(account__in=accounts))
            page = seek_page(request, rows, ["pk"], entry_line, path=UNBILLED, usual=USUAL_LINES)
            if "next" not in page["links"] and period == PERIODS[0]:
                page["items"] += [credit_line(credit) for credit in _to_post(request.user, accounts)]
                page["totalCount"] = len(page["items"])
        return Response(page)


class UnbilledReconciliation(FileOfInvoices):
    """`/v1/invoices/unbilled/documents/reconciliation`"""

    @documented("Lines that are not invoiced yet as CSV", tag=TAG, query=CurrencyQuery, answer=CSV)
    def get(self, request: ApiRequest, **kwargs: Any) -> HttpResponseBase:
        """The file of the page, in one currency; what is only to be posted is not in it yet."""
        currency = account_of(request.user, request.query.get("currencycode", "")).currency
        rows = _unbilled(request.user, _period(request)).filter(account__currency=currency)
        return reconciliation(rows, f"not-invoiced-{currency}", currency)


def _writer(invoice: Invoice) -> Any:
    return lambda entry: entry_line(entry, invoice.public_number)


def _entries(invoice: Invoice, *, there_are: bool) -> EntryQuerySet:
    return with_all(invoice.entries if there_are else Entry.objects.none())


def _period(request: ApiRequest) -> str:
    return word_of(request.query.get("period", "") or PERIODS[0], PERIODS, field="period")


def _accounts(request: ApiRequest) -> list[Account]:
    """The account in the currency that is asked for; without one, all."""
    currency = request.query.get("currencycode", "")
    return [account_of(request.user, currency)] if currency else list(Account.objects.visible_to(request.user))


def _unbilled(user: User, period: str) -> EntryQuerySet:
    visible = Entry.objects.visible_to(user)
    if period == PERIODS[0]:
        return visible.unbilled()
    closed = Invoice.objects.filter(account=OuterRef("account"), month=OuterRef("month"), number=None)
    return visible.filter(Exists(closed), month__lte=F("account__closed_through"))


def _to_post(user: User, accounts: list[Account]) -> CreditQuerySet:
    """Credits that no entry stands for yet."""
    currencies = [account.currency for account in accounts]
    waiting = Credit.objects.visible_to(user).unposted().filter(order_line__order__currency__in=currencies)
    return waiting.with_line().select_related("order_line__order__partner")
