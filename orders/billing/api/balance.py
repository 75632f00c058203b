"""What a partner owes in a currency, as the API writes it (partner-center-api.md, 8)."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Max, Min
from rest_framework import serializers

from csp_portal.api.resources import NO_DATE, day, instant_or_none, link, resource, symbol_of
from csp_portal.api.schema import LinkSerializer, ResourceSerializer
from orders.billing.api.amounts import exact
from orders.billing.headroom import Headroom
from orders.billing.models import Account, Invoice, Payment


class SummarySerializer(ResourceSerializer):
    balanceAmount = serializers.FloatField(help_text="What is owed, invoiced or not, less what was paid.")
    currencyCode = serializers.CharField(required=False)
    currencySymbol = serializers.CharField(required=False)
    creditLimit = serializers.FloatField(required=False)
    creditLeft = serializers.FloatField(required=False)
    accountingDate = serializers.CharField()
    firstInvoiceCreationDate = serializers.CharField()
    latestInvoiceDate = serializers.CharField()
    lastPaymentDate = serializers.CharField()
    lastPaymentAmount = serializers.FloatField()
    links = serializers.DictField(child=LinkSerializer())


class DetailSerializer(serializers.Serializer):
    invoiceType = serializers.ChoiceField(choices=["OneTime"])
    summary = SummarySerializer()


class InvoiceSummarySerializer(SummarySerializer):
    """The balance in one currency."""

    details = DetailSerializer(many=True)


def summaries(accounts: Iterable[Account]) -> list[dict[str, Any]]:
    """The balance of each account; three queries for all of them."""
    found = list(accounts)
    room = Headroom.of_each(found)
    issued = Invoice.objects.issued().filter(account__in=found).order_by().values("account")
    ends = issued.annotate(first=Min("issued_at"), last=Max("issued_at"))
    dates: dict[int, Any] = {row["account"]: row for row in ends}
    received = Payment.objects.filter(account__in=found).order_by("account", "-received_on", "-pk").distinct("account")
    payments = {payment.account_id: payment for payment in received}
    return [_summary(room[each.pk], dates.get(each.pk, {}), payments.get(each.pk)) for each in found]


def no_summary() -> dict[str, Any]:
    """Of a partner that has no account yet."""
    return _with_details({"balanceAmount": 0, **_dates({}, None), "lastPaymentAmount": 0})


def _summary(room: Headroom, dates: dict[str, Any], payment: Payment | None) -> dict[str, Any]:
    currency = room.currency
    return _with_details(
        {
            "balanceAmount": exact(room.owed, currency),
            "currencyCode": currency,
            "currencySymbol": symbol_of(currency),
            "creditLimit": None if room.limit is None else exact(room.limit, currency),
            "creditLeft": None if room.limit is None else exact(room.left, currency),
            **_dates(dates, payment),
            "lastPaymentAmount": exact(payment.amount, currency) if payment else 0,
        }
    )


def _dates(dates: dict[str, Any], payment: Payment | None) -> dict[str, Any]:
    return {
        "accountingDate": instant_or_none(dates.get("last")),
        "firstInvoiceCreationDate": instant_or_none(dates.get("first")),
        "latestInvoiceDate": instant_or_none(dates.get("last")),
        "lastPaymentDate": day(payment.received_on) if payment else NO_DATE,
    }


def _with_details(members: dict[str, Any]) -> dict[str, Any]:
    """The whole, and the same again as its one kind: there are no recurring invoices here."""
    links = {"self": link("/invoices/summary")}
    one = resource("InvoiceSummary", **members, links=links)
    return resource("InvoiceSummary", **members, links=links, details=[{"invoiceType": "OneTime", "summary": one}])
