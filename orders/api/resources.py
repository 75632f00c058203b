"""An order as the API writes it (partner-center-api.md, 6)."""

import base64
import hashlib
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from csp_portal.api.resources import instant, link, resource, symbol_of
from csp_portal.api.schema import LinkSerializer, ResourceSerializer
from csp_portal.calendar_utc import term_months
from csp_portal.rounding import round_half_up
from csp_portal.versions import version_of
from customers.api.resources import path_of
from orders.asked_lines import ONE_TIME
from orders.models import Order, OrderLine
from software.api.items import catalog_item_id
from software.models import CancellationPolicy, KeyState, Kind, Sku

POLICIES = {
    CancellationPolicy.SELF_SERVICE: "selfService",
    CancellationPolicy.SUPPORT_ONLY: "supportRequest",
    CancellationPolicy.NEVER: "never",
}
ALTERNATE_ID_SIGNS = 12


class PricingSerializer(serializers.Serializer):
    """What a unit and the line cost, before tax where `taxIncluded` is false; sent with `include_price=true`."""

    listPrice = serializers.FloatField()
    price = serializers.FloatField()
    extendedPrice = serializers.FloatField()
    taxIncluded = serializers.BooleanField()
    taxName = serializers.CharField()
    taxRate = serializers.FloatField()
    net = serializers.FloatField()
    tax = serializers.FloatField()
    gross = serializers.FloatField()
    creditedGross = serializers.FloatField()


class OrderLineSerializer(ResourceSerializer):
    """A line. What was cancelled of it no longer counts in its quantity."""

    lineItemNumber = serializers.IntegerField()
    offerId = serializers.CharField()
    subscriptionId = serializers.UUIDField(required=False)
    friendlyName = serializers.CharField()
    quantity = serializers.IntegerField()
    termDuration = serializers.CharField(allow_blank=True)
    transactionType = serializers.CharField()
    cancellableUntil = serializers.CharField(required=False)
    cancellationPolicy = serializers.ChoiceField(choices=[*POLICIES.values()])
    pricing = PricingSerializer(required=False)
    links = serializers.DictField(child=LinkSerializer())


class ClientSerializer(serializers.Serializer):
    marketplaceCountry = serializers.CharField()


class OrderSerializer(ResourceSerializer):
    """An order of a customer."""

    id = serializers.CharField()
    alternateId = serializers.CharField()
    referenceCustomerId = serializers.UUIDField()
    billingCycle = serializers.CharField()
    currencyCode = serializers.CharField()
    currencySymbol = serializers.CharField()
    lineItems = OrderLineSerializer(many=True)
    creationDate = serializers.CharField()
    status = serializers.ChoiceField(choices=["completed", "pending", "cancelled"])
    transactionType = serializers.CharField()
    purchaseOrderNumber = serializers.CharField(required=False)
    totalPrice = serializers.FloatField(required=False)
    client = ClientSerializer()
    links = serializers.DictField(child=LinkSerializer())


def order_path(order: Order) -> str:
    return f"{path_of(order.customer)}/orders/{order.number}"


def line_path(line: OrderLine) -> str:
    return f"{order_path(line.order)}/lineitems/{line.line_number - 1}"


def alternate_id_of(order: Order) -> str:
    """A second id of an order, which some clients show: 12 hexadecimal signs."""
    return hashlib.sha256(order.number.encode()).hexdigest()[:ALTERNATE_ID_SIGNS]


def term_duration(sku: Sku) -> str:
    """`P1Y`; nothing for what is bought once and for all."""
    return sku.term if term_months(sku.term) else ""


def order_etag(order: Order, lines: Sequence[OrderLine]) -> str:
    """Another one whenever keys come or something is cancelled; all else of an order never changes (B4)."""
    state = [(line.quantity_cancelled, line.purchase.status, line.purchase.key_state) for line in lines]
    return base64.b64encode(json.dumps({"id": order.number, "version": version_of(state)}).encode()).decode()


def order_resource(order: Order, *, priced: bool = False) -> dict[str, Any]:
    """An order with its customer; its lines are fetched `with_purchase`, at once where they are not yet."""
    lines = lines_of(order)
    return resource(
        "Order",
        order_etag(order, lines),
        id=order.number,
        alternateId=alternate_id_of(order),
        referenceCustomerId=str(order.customer.tenant_id),
        billingCycle=ONE_TIME,
        currencyCode=order.currency,
        currencySymbol=symbol_of(order.currency),
        lineItems=[line_resource(line, priced=priced) for line in lines],
        creationDate=instant(order.placed_at),
        status=status_of(lines),
        transactionType="UserPurchase",
        purchaseOrderNumber=order.purchase_order_number or None,
        totalPrice=_amount(sum((line.charged for line in lines), Decimal(0)), order.currency) if priced else None,
        client={"marketplaceCountry": order.market},
        links={
            "self": link(order_path(order)),
            "provisioningStatus": link(f"{order_path(order)}/provisioningstatus"),
            "patchOperation": link(order_path(order), "PATCH"),
        },
    )


def lines_of(order: Order) -> list[OrderLine]:
    """The lines, in their order, with all that is written of them."""
    fetched = getattr(order, "_prefetched_objects_cache", {})
    lines = list(order.lines.all() if "lines" in fetched else order.lines.with_purchase())
    for line in lines:
        line.order = order
    return lines


def status_of(lines: Sequence[OrderLine]) -> str:
    """`cancelled` only when every line is; `pending` while a line waits for its keys."""
    if not any(line.purchase.is_active for line in lines):
        return "cancelled"
    waits = any(line.purchase.is_active and line.purchase.key_state == KeyState.PENDING for line in lines)
    return "pending" if waits else "completed"


def line_resource(line: OrderLine, *, priced: bool = False) -> dict[str, Any]:
    """A line: 0 units once it is cancelled, else what is left."""
    purchase, sku = line.purchase, line.purchase.sku
    is_subscription = sku.product.kind == Kind.SUBSCRIPTION
    return resource(
        "OrderLineItem",
        lineItemNumber=line.line_number - 1,
        offerId=catalog_item_id(sku, line.order.market, line.order.currency),
        subscriptionId=str(purchase.public_id) if is_subscription else None,
        friendlyName=line.sku_title,
        quantity=line.quantity_left if purchase.is_active else 0,
        termDuration=term_duration(sku),
        transactionType="New",
        cancellableUntil=instant(line.window_closes_at) if purchase.is_active else None,
        cancellationPolicy=POLICIES[line.policy],
        pricing=_pricing(line) if priced else None,
        links=_line_links(line, is_subscription),
    )


def _line_links(line: OrderLine, is_subscription: bool) -> dict[str, Any]:
    """What belongs to a line. Keys, builds and links of downloads are our own; other clients pass over them."""
    purchase, order = line.purchase, line.order
    product, sku, availability = catalog_item_id(purchase.sku, order.market, order.currency).split(":")
    skus, country = f"/products/{product}/skus/{sku}", f"?country={order.market}"
    addresses = {
        "product": f"/products/{product}{country}",
        "sku": f"{skus}{country}",
        "availability": f"{skus}/availabilities/{availability}{country}",
        "provisioningStatus": f"{order_path(order)}/provisioningstatus",
        "activationLinks": f"{line_path(line)}/activationlinks",
    }
    if is_subscription:
        addresses["subscription"] = f"{path_of(order.customer)}/subscriptions/{purchase.public_id}"
    if line.has_software:
        own = {"softwareKeys": "softwarekeys", "builds": "builds", "downloadLinks": "downloadlinks"}
        addresses |= {name: f"{line_path(line)}/{word}" for name, word in own.items()}
    return {name: link(address) for name, address in addresses.items()}


def _pricing(line: OrderLine) -> dict[str, Any]:
    currency = line.order.currency
    unit = _amount(line.unit_price, currency)
    return {
        "listPrice": unit,
        "price": unit,
        "extendedPrice": _amount(line.charged, currency),
        "taxIncluded": line.tax_included,
        "taxName": line.tax_name,
        "taxRate": line.tax_rate,
        "net": _amount(line.net, currency),
        "tax": _amount(line.tax, currency),
        "gross": _amount(line.gross, currency),
        "creditedGross": _amount(line.credited_gross, currency),
    }


def _amount(amount: Decimal, currency: str) -> Decimal:
    """With the digits of its currency."""
    return round_half_up(amount, currency)
