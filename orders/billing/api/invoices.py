"""An invoice as the API writes it (partner-center-api.md, 8)."""

from typing import Any

from rest_framework import serializers

from csp_portal.api.resources import day, instant, link, resource, symbol_of
from csp_portal.api.schema import LinkSerializer, ResourceSerializer
from orders.billing.api.amounts import exact, last_day
from orders.billing.models import Invoice, Payment

PROVIDER, LINE_TYPE = "one_time", "billing_line_items"  # software, reservations and plans: all that there is here


class InvoiceDetailSerializer(ResourceSerializer):
    invoiceLineItemType = serializers.ChoiceField(choices=[LINE_TYPE])
    billingProvider = serializers.ChoiceField(choices=[PROVIDER])
    links = serializers.DictField(child=LinkSerializer())


class InvoiceSerializer(ResourceSerializer):
    """One per currency and month; `totalCharges` is what its lines come to, and what is to be paid."""

    id = serializers.CharField()
    invoiceDate = serializers.DateTimeField()
    billingPeriodStartDate = serializers.DateTimeField()
    billingPeriodEndDate = serializers.DateTimeField()
    totalCharges = serializers.FloatField()
    paidAmount = serializers.FloatField()
    openAmount = serializers.FloatField(help_text="What is still to be paid of it.")
    currencyCode = serializers.CharField()
    currencySymbol = serializers.CharField()
    pdfDownloadLink = serializers.CharField()
    invoiceDetails = InvoiceDetailSerializer(many=True)
    amendments = serializers.ListField(child=serializers.DictField(), help_text="Empty: credits are lines.")
    documentType = serializers.ChoiceField(choices=["invoice"])
    invoiceType = serializers.ChoiceField(choices=["OneTime"])
    state = serializers.CharField(help_text="open, partly_paid, paid or nothing_to_pay")
    links = serializers.DictField(child=LinkSerializer())


class PaymentSerializer(ResourceSerializer):
    """Money received for an invoice; a reversal is a row of its own with a negative amount."""

    id = serializers.UUIDField()
    invoiceNumber = serializers.CharField()
    receivedDate = serializers.DateTimeField()
    amount = serializers.FloatField()
    currencyCode = serializers.CharField()
    reference = serializers.CharField()
    reverses = serializers.CharField(required=False, help_text="The reference of the payment that is taken back.")


def path_of(invoice: Invoice) -> str:
    return f"/invoices/{invoice.public_number}"


def invoice_resource(invoice: Invoice) -> dict[str, Any]:
    """An issued invoice that was fetched `with_totals`."""
    currency, path = invoice.account.currency, path_of(invoice)
    lines = resource(
        "InvoiceDetail",
        invoiceLineItemType=LINE_TYPE,
        billingProvider=PROVIDER,
        links={"self": link(f"{path}/lineitems/OneTime/BillingLineItems")},
    )
    return resource(
        "Invoice",
        id=invoice.public_number,
        invoiceDate=instant(invoice.issued_at),
        billingPeriodStartDate=day(invoice.month),
        billingPeriodEndDate=day(last_day(invoice.month)),
        totalCharges=exact(invoice.payable, currency),
        paidAmount=exact(invoice.paid, currency),
        openAmount=exact(invoice.open_amount, currency),
        currencyCode=currency,
        currencySymbol=symbol_of(currency),
        pdfDownloadLink=f"{path}/documents/statement",
        invoiceDetails=[lines],
        amendments=[],
        documentType="invoice",
        invoiceType="OneTime",
        state=invoice.state.value,
        links={
            "self": link(path),
            "statement": link(f"{path}/documents/statement"),
            "reconciliation": link(f"{path}/documents/reconciliation"),
            "payments": link(f"{path}/payments"),
        },
    )


def payment_resource(payment: Payment) -> dict[str, Any]:
    """A payment that was fetched `with_names`."""
    return resource(
        "Payment",
        id=str(payment.public_id),
        invoiceNumber=payment.invoice.public_number,
        receivedDate=day(payment.received_on),
        amount=exact(payment.amount, payment.account.currency),
        currencyCode=payment.account.currency,
        reference=payment.reference,
        reverses=payment.reverses.reference if payment.reverses else None,
    )
