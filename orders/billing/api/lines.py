"""Lines of an invoice, and those that no invoice has yet, as the API writes them (partner-center-api.md, 8).

The amounts of a document's lines come to its total, to the last minor unit (R5).
"""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from csp_portal.api.resources import NO_DATE, day, instant, instant_or_none, resource
from csp_portal.api.schema import ResourceSerializer
from customers.models import Customer
from orders.billing.api.amounts import exact
from orders.billing.api.invoices import LINE_TYPE, PROVIDER
from orders.billing.models import Credit, Entry, EntryKind
from orders.models import Order, OrderLine
from software.api.items import availability_id
from software.models import Sku
from software.tax import Amounts

CHARGE_TYPES = {
    EntryKind.CHARGE: "New",
    EntryKind.CREDIT: "Cancel",
    EntryKind.CARRIED_FORWARD: "CarriedForward",
    EntryKind.BROUGHT_FORWARD: "BroughtForward",
}


class LineItemSerializer(ResourceSerializer):
    """A charge, a credit (negative quantity and amounts), or what is carried from month to month."""

    partnerId = serializers.UUIDField()
    invoiceNumber = serializers.CharField(required=False, help_text="Absent until the invoice is issued.")
    customerId = serializers.UUIDField(required=False)
    customerName = serializers.CharField(required=False)
    customerDomainName = serializers.CharField(required=False)
    customerCountry = serializers.CharField(required=False)
    mpnId = serializers.CharField()
    resellerMpnId = serializers.IntegerField()
    orderId = serializers.CharField(required=False)
    orderLineNumber = serializers.IntegerField(required=False)
    orderDate = serializers.CharField()
    purchaseOrderNumber = serializers.CharField(required=False)
    productId = serializers.CharField(required=False)
    skuId = serializers.CharField(required=False)
    availabilityId = serializers.CharField(required=False)
    productName = serializers.CharField(required=False)
    skuName = serializers.CharField(required=False)
    publisherName = serializers.CharField(required=False)
    chargeType = serializers.ChoiceField(choices=list(CHARGE_TYPES.values()))
    unitPrice = serializers.FloatField()
    unitPriceIncludesTax = serializers.BooleanField(required=False)
    effectiveUnitPrice = serializers.FloatField()
    unitType = serializers.CharField()
    quantity = serializers.IntegerField()
    billableQuantity = serializers.IntegerField()
    subtotal = serializers.FloatField()
    taxTotal = serializers.FloatField()
    totalForCustomer = serializers.FloatField()
    currency = serializers.CharField()
    pricingCurrency = serializers.CharField()
    taxName = serializers.CharField(required=False)
    taxRate = serializers.FloatField(required=False)
    subscriptionId = serializers.UUIDField(required=False)
    subscriptionStartDate = serializers.CharField(required=False)
    subscriptionEndDate = serializers.CharField(required=False)
    chargeStartDate = serializers.CharField()
    chargeEndDate = serializers.CharField()
    chargeDate = serializers.DateTimeField(help_text="Of the order, or of the cancellation.")
    billingMonth = serializers.CharField(required=False, help_text="2020-02; absent while a credit is to be posted.")
    termAndBillingCycle = serializers.CharField(required=False)
    billingFrequency = serializers.CharField()
    priceAdjustmentDescription = serializers.CharField(required=False, help_text="How a credit was computed.")
    invoiceLineItemType = serializers.ChoiceField(choices=[LINE_TYPE])
    billingProvider = serializers.ChoiceField(choices=[PROVIDER])


def entry_line(entry: Entry, invoice_number: str = "") -> dict[str, Any]:
    """A line for an entry that was fetched `for_api`."""
    kind, currency = EntryKind(entry.kind), entry.account.currency
    sign = -1 if kind == EntryKind.CREDIT else 1
    return _line(
        entry.order_line,
        partnerId=str(entry.account.partner.public_id),
        invoiceNumber=invoice_number or None,
        chargeType=CHARGE_TYPES[kind],
        billingMonth=f"{entry.month:%Y-%m}",
        chargeDate=instant(entry.occurred_at),
        **_prices(entry.order_line, entry.amounts, sign * (entry.quantity or 0), currency),
        subtotal=exact(entry.net + entry.carried, currency),
        taxTotal=exact(entry.tax, currency),
        totalForCustomer=exact(entry.payable, currency),
        priceAdjustmentDescription=" ".join(entry.credit.how_computed) if entry.credit else None,
    )


def credit_line(credit: Credit) -> dict[str, Any]:
    """A line for a credit whose entry does not stand yet: it counts from the first second (R4)."""
    line = credit.order_line
    currency, amounts = line.order.currency, -credit.amounts
    return _line(
        line,
        partnerId=str(line.order.partner.public_id),
        chargeType=CHARGE_TYPES[EntryKind.CREDIT],
        chargeDate=instant(credit.fixed_at),
        **_prices(line, amounts, -credit.quantity, currency),
        subtotal=exact(amounts.net, currency),
        taxTotal=exact(amounts.tax, currency),
        totalForCustomer=exact(amounts.gross, currency),
        priceAdjustmentDescription=" ".join(credit.how_computed),
    )


def _line(line: OrderLine | None, **members: Any) -> dict[str, Any]:
    """A line with what was ordered; of what is only carried, dates and ids that clients need all the same."""
    nothing = {"orderDate": NO_DATE, "chargeStartDate": NO_DATE, "chargeEndDate": NO_DATE}
    return resource(
        "OneTimeInvoiceLineItem",
        **(_of_line(line) if line else nothing),
        **members,
        mpnId="",
        resellerMpnId=0,
        unitType="Licenses",
        billingFrequency="OneTime",
        invoiceLineItemType=LINE_TYPE,
        billingProvider=PROVIDER,
    )


def _prices(line: OrderLine | None, amounts: Amounts, quantity: int, currency: str) -> dict[str, Any]:
    """What a unit cost, and what it came to here: less where a credit is prorated."""
    unit = line.unit_price if line else Decimal(0)
    effective = abs(amounts.base(included=line.tax_included) / quantity) if line and quantity else Decimal(0)
    return {
        "unitPrice": exact(unit, currency),
        "effectiveUnitPrice": exact(effective, currency),
        "quantity": quantity,
        "billableQuantity": quantity,
        "currency": currency,
        "pricingCurrency": currency,
    }


def _of_line(line: OrderLine) -> dict[str, Any]:
    return {**_of_order(line.order, line.order.customer), **_of_sku(line, line.purchase.sku), **_of_term(line)}


def _of_order(order: Order, customer: Customer) -> dict[str, Any]:
    return {
        "customerId": str(customer.tenant_id),
        "customerName": order.customer_name or customer.company_name,
        "customerDomainName": customer.primary_domain,
        "customerCountry": order.market,
        "orderId": order.number,
        "orderDate": instant_or_none(order.placed_at),
        "purchaseOrderNumber": order.purchase_order_number or None,
    }


def _of_sku(line: OrderLine, sku: Sku) -> dict[str, Any]:
    order = line.order
    return {
        "orderLineNumber": line.line_number - 1,
        "productId": sku.product.product_id,
        "skuId": sku.sku_id,
        "availabilityId": availability_id(sku, order.market, order.currency),
        "productName": line.product_title,
        "skuName": line.sku_title,
        "publisherName": sku.product.publisher,
        "unitPriceIncludesTax": line.tax_included,
        "taxName": line.tax_name or None,
        "taxRate": line.tax_rate,
    }


def _of_term(line: OrderLine) -> dict[str, Any]:
    """What runs has a subscription's dates; what was bought once and for all, that of its purchase."""
    purchase = line.purchase
    runs = purchase.term_end is not None
    begins, ends = day(purchase.term_start), day(purchase.term_end) if runs else NO_DATE
    return {
        "subscriptionId": str(purchase.public_id) if runs else None,
        "subscriptionStartDate": begins if runs else None,
        "subscriptionEndDate": ends if runs else None,
        "chargeStartDate": begins,
        "chargeEndDate": ends,
        "termAndBillingCycle": str(purchase.sku.term_label),
    }
