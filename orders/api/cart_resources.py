"""A cart as the API writes it, and what checking it out answers (partner-center-api.md, 5)."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from csp_portal.api.resources import instant, link, resource
from csp_portal.api.schema import LinkSerializer, ResourceSerializer
from csp_portal.calendar_utc import end_of_day
from csp_portal.rounding import round_half_up
from customers.api.resources import path_of
from orders.api.resources import POLICIES, OrderSerializer, order_resource, term_duration
from orders.asked_lines import ONE_TIME, JudgedLine
from orders.models import ApiCart, Order
from orders.models.api_cart import Beyond
from orders.review import ReviewLine
from orders.services.api_carts import judged_cart

ORDER_GROUP = "0"  # all lines become one order
CANNOT_PROCESS = 10006
ERROR_CODES = {
    "catalog_item_missing": 10001,
    "catalog_item_unknown": 10001,
    "quantity_out_of_range": 10002,
    "line_currency_wrong": 10000,
    "line_billing_wrong": 10013,
    "line_term_wrong": 10010,
    "reservation_not_sold_in_market": 10008,
    "never_cancellable_not_accepted": 10012,
}
PARTICIPANTS_UNSUPPORTED = 10004


class CartErrorSerializer(serializers.Serializer):
    """Why a line cannot be ordered."""

    errorCode = serializers.IntegerField()
    errorDescription = serializers.CharField()


class CartPricingSerializer(serializers.Serializer):
    """What the line would cost if it were ordered now; the price excludes tax where `taxIncluded` is false."""

    unitPrice = serializers.FloatField()
    taxIncluded = serializers.BooleanField()
    taxName = serializers.CharField(allow_blank=True)
    taxRate = serializers.FloatField()
    net = serializers.FloatField()
    tax = serializers.FloatField()
    gross = serializers.FloatField()


class CartLineSerializer(ResourceSerializer):
    """A line as it was asked for, and as it would be ordered now."""

    id = serializers.IntegerField()
    catalogItemId = serializers.CharField(allow_blank=True)
    friendlyName = serializers.CharField(required=False)
    quantity = serializers.IntegerField()
    currencyCode = serializers.CharField()
    billingCycle = serializers.CharField()
    termDuration = serializers.CharField(allow_blank=True)
    orderGroup = serializers.CharField()
    neverCancellableAccepted = serializers.BooleanField()
    cancellationPolicy = serializers.ChoiceField(choices=[*POLICIES.values()], required=False)
    cancellableUntil = serializers.CharField(required=False)
    pricing = CartPricingSerializer(required=False)
    error = CartErrorSerializer(required=False)


class CartSerializer(ResourceSerializer):
    """A cart; it can be ordered until its expiration, which is put off by each PUT."""

    id = serializers.UUIDField()
    creationTimestamp = serializers.CharField()
    lastModifiedTimestamp = serializers.CharField()
    expirationTimestamp = serializers.CharField()
    lastModifiedUser = serializers.UUIDField()
    status = serializers.ChoiceField(choices=["Active", "Ordered"])
    purchaseOrderNumber = serializers.CharField(required=False)
    lineItems = CartLineSerializer(many=True)
    links = serializers.DictField(child=LinkSerializer())


class OrderErrorSerializer(serializers.Serializer):
    orderGroupId = serializers.CharField()
    code = serializers.IntegerField()
    description = serializers.CharField()


class CartCheckoutResultSerializer(ResourceSerializer):
    """The order. A cart is ordered whole or not at all, so that there are no errors beside it."""

    orders = OrderSerializer(many=True)
    orderErrors = OrderErrorSerializer(many=True)


def cart_resource(cart: ApiCart, now: datetime) -> dict[str, Any]:
    """A cart with its customer, its lines judged at `now`."""
    path = f"{path_of(cart.customer)}/carts/{cart.public_id}"
    links = {"self": link(path)}
    if cart.order is not None:
        links["order"] = link(f"{path_of(cart.customer)}/orders/{cart.order.number}")
    return resource(
        "Cart",
        id=str(cart.public_id),
        creationTimestamp=instant(cart.created_at),
        lastModifiedTimestamp=instant(cart.changed_at),
        expirationTimestamp=instant(cart.expires_at),
        lastModifiedUser=str(cart.user.public_id),
        status="Ordered" if cart.is_ordered else "Active",
        purchaseOrderNumber=cart.purchase_order_number or None,
        lineItems=[_line(line, is_open=not cart.is_ordered) for line in judged_cart(cart, now).lines],
        links=links,
    )


def _line(line: JudgedLine, *, is_open: bool) -> dict[str, Any]:
    """A line; of a cart that was ordered only what was asked for, as its order has the rest."""
    asked = line.asked
    members: dict[str, Any] = {
        "id": asked.number,
        "catalogItemId": asked.catalog_item_id,
        "friendlyName": line.sku.title if line.sku else None,
        "quantity": asked.quantity,
        "currencyCode": asked.currency or line.customer.currency,
        "billingCycle": asked.billing_cycle or ONE_TIME,
        "termDuration": asked.term or (term_duration(line.sku) if line.sku else ""),
        "orderGroup": ORDER_GROUP,
        "neverCancellableAccepted": asked.never_accepted,
    }
    if is_open:
        members |= {"error": _error(line)} if line.refusal else _terms(line.reviewed)
    return resource("CartLineItem", **members)


def _error(line: JudgedLine) -> dict[str, Any]:
    refusal = line.refusal
    assert refusal is not None
    code = ERROR_CODES.get(refusal.code, CANNOT_PROCESS)
    if line.asked.beyond == Beyond.PARTICIPANTS and refusal.code == "line_beyond":
        code = PARTICIPANTS_UNSUPPORTED
    return {"errorCode": code, "errorDescription": str(refusal)}


def _terms(line: ReviewLine | None) -> dict[str, Any]:
    """Price, tax and cancellation as they would be if it were ordered now (B2)."""
    assert line is not None  # a line without an error names something
    tax, amounts, currency, last_day = line.offer.tax, line.amounts, line.offer.currency, line.last_cancel_day
    return {
        "cancellationPolicy": POLICIES[line.policy],
        "cancellableUntil": instant(end_of_day(last_day)) if last_day else None,
        "pricing": {
            "unitPrice": round_half_up(line.offer.checked_price(line.quantity).unit_price, currency),
            "taxIncluded": tax.included,
            "taxName": tax.name,
            "taxRate": tax.rate,
            "net": round_half_up(amounts.net, currency),
            "tax": round_half_up(amounts.tax, currency),
            "gross": round_half_up(amounts.gross, currency),
        },
    }


def checkout_result(order: Order) -> dict[str, Any]:
    """What checking out answers."""
    return resource("CartCheckoutResult", orders=[order_resource(order)], orderErrors=[])
