"""Quotes and cancellations as the API writes them (partner-center-api.md, 6.3)."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from cancellations.api.quoting import OrderQuote, QuotedLine
from cancellations.models import Cancellation
from cancellations.notice import NOTICES
from cancellations.quotes import QUOTE_LIFETIME
from csp_portal.api.errors import number_of
from csp_portal.api.resources import instant, link, resource
from csp_portal.api.schema import LinkSerializer, ResourceSerializer
from csp_portal.errors import Refusal
from csp_portal.rounding import round_half_up
from orders.api.resources import line_path, order_path
from orders.billing.models import Account
from orders.billing.services import month_of_credit
from orders.models import Order
from software.tax import NOTHING


class RefusalSerializer(serializers.Serializer):
    """Why a line cannot be cancelled."""

    code = serializers.CharField()
    reason = serializers.CharField()
    description = serializers.CharField()


class QuotedLineSerializer(serializers.Serializer):
    """A line of a quote; without amounts where it cannot be cancelled."""

    lineItemNumber = serializers.IntegerField()
    quantity = serializers.IntegerField()
    termDays = serializers.IntegerField(required=False)
    daysUsed = serializers.IntegerField(required=False)
    creditNet = serializers.FloatField(required=False)
    creditTax = serializers.FloatField(required=False)
    creditTotal = serializers.FloatField(required=False)
    formula = serializers.ListField(child=serializers.CharField(), required=False)
    cancellableUntil = serializers.DateTimeField(required=False)
    noticeVersion = serializers.IntegerField(required=False)
    refusal = RefusalSerializer(required=False)


class NoticeSerializer(serializers.Serializer):
    """An Important message; who cancels with the quote accepts it."""

    version = serializers.IntegerField()
    sentences = serializers.ListField(child=serializers.CharField())


class CancellationQuoteSerializer(ResourceSerializer):
    """What cancelling gives back, binding for 15 minutes."""

    id = serializers.CharField(help_text="For `cancellationQuoteId` in the PATCH of the order.")
    expiryDate = serializers.DateTimeField()
    creditTotal = serializers.FloatField()
    currencyCode = serializers.CharField()
    invoiceMonth = serializers.CharField()
    laterInvoiceMonth = serializers.CharField(
        required=False, help_text="Shortly before a month's end: the month of the credit if it is confirmed late."
    )
    notices = NoticeSerializer(many=True)
    lineItems = QuotedLineSerializer(many=True)


class CancelledLineSerializer(serializers.Serializer):
    """Units of a line that were cancelled."""

    lineItemNumber = serializers.IntegerField()
    quantity = serializers.IntegerField()
    quantityLeft = serializers.IntegerField()
    creditNet = serializers.FloatField()
    creditTax = serializers.FloatField()
    creditTotal = serializers.FloatField()
    keysRevoked = serializers.IntegerField()
    linksRevoked = serializers.IntegerField()
    noticeVersion = serializers.IntegerField()


class CancellationSerializer(ResourceSerializer):
    """A cancellation; each is of one line."""

    id = serializers.UUIDField()
    cancelledDate = serializers.DateTimeField()
    cancelledBy = serializers.CharField()
    lineItems = CancelledLineSerializer(many=True)
    creditTotal = serializers.FloatField()
    currencyCode = serializers.CharField()
    invoiceMonth = serializers.CharField()
    links = serializers.DictField(child=LinkSerializer())


def quote_resource(order: Order, quote: OrderQuote) -> dict[str, Any]:
    first, total = quote.lines[0].terms, sum((each.terms.quote.amounts for each in quote.good), NOTHING)
    versions = sorted({each.terms.quote.notice_version for each in quote.good})
    return resource(
        "CancellationQuote",
        id=quote.signed(),
        expiryDate=instant(quote.now + QUOTE_LIFETIME),
        creditTotal=round_half_up(total.gross, order.currency),
        currencyCode=order.currency,
        invoiceMonth=f"{first.month:%Y-%m}",
        laterInvoiceMonth=f"{first.later_month:%Y-%m}" if first.later_month else None,
        notices=[{"version": each, "sentences": [str(text) for text in NOTICES[each]]} for each in versions],
        lineItems=[_quoted_line(each, order.currency) for each in quote.lines],
    )


def _quoted_line(quoted: QuotedLine, currency: str) -> dict[str, Any]:
    line, terms = quoted.line, quoted.terms
    told: dict[str, Any] = {"lineItemNumber": line.line_number - 1}
    told["quantity"] = terms.quantity if quoted.refusal is None or terms.asked is None else terms.asked
    if line.window_closes_at is not None:
        told["cancellableUntil"] = instant(line.window_closes_at)
    if quoted.refusal is not None:
        return told | {"refusal": _refusal(quoted.refusal)}
    quote = terms.quote
    if quote.term_days is not None:
        told |= {"termDays": quote.term_days, "daysUsed": quote.days_used}
    told |= _credit(quote.net, quote.tax, quote.gross, currency)
    return told | {"formula": terms.formula, "noticeVersion": quote.notice_version}


def _refusal(refusal: Refusal) -> dict[str, str]:
    return {"code": number_of(refusal)[1], "reason": refusal.code, "description": str(refusal)}


def _credit(net: Decimal, tax: Decimal, gross: Decimal, currency: str) -> dict[str, Decimal]:
    parts = {"creditNet": net, "creditTax": tax, "creditTotal": gross}
    return {name: round_half_up(amount, currency) for name, amount in parts.items()}


def cancellation_resource(done: Cancellation, order: Order, account: Account) -> dict[str, Any]:
    """A cancellation with its certificate, whose id is its own, and its line."""
    line, credit, currency = done.order_line, done.credit, order.currency
    certificate = done.certificate
    path = f"{order_path(order)}/cancellations/{certificate.public_id}"
    cancelled = {
        "lineItemNumber": line.line_number - 1,
        "quantity": done.quantity,
        "quantityLeft": done.left,
        **_credit(credit.net, credit.tax, credit.gross, currency),
        "keysRevoked": done.keys_revoked,
        "linksRevoked": done.links_revoked,
        "noticeVersion": done.notice_version,
    }
    return resource(
        "OrderCancellation",
        id=str(certificate.public_id),
        cancelledDate=instant(done.cancelled_at),
        cancelledBy=str(done.canceller),
        lineItems=[cancelled],
        creditTotal=round_half_up(credit.gross, currency),
        currencyCode=currency,
        invoiceMonth=f"{month_of_credit(credit, account):%Y-%m}",
        links={
            "certificate": link(f"{path}/certificate"),
            "order": link(order_path(order)),
            "line": link(line_path(line)),
        },
    )
