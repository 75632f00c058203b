"""Subscriptions as the API writes them (partner-center-api.md, 7)."""

import base64
import json
from datetime import datetime
from typing import Any

from rest_framework import serializers

from cancellations.checks import line_refusal
from csp_portal.api.resources import day, instant, link, resource
from csp_portal.api.schema import LinkSerializer, ResourceSerializer
from csp_portal.calendar_utc import utc_day
from customers.api.resources import path_of
from orders.api.resources import line_path, order_path, term_duration
from orders.asked_lines import ONE_TIME
from orders.models import OrderLine
from software.api.items import catalog_item_id
from software.models import KeyState

ACTIVE, DELETED, EXPIRED = "active", "deleted", "expired"
PROVISIONING = {True: "pending", False: "success"}


class SubscriptionProductTypeSerializer(serializers.Serializer):
    id = serializers.CharField()
    displayName = serializers.CharField()


class SubscriptionRefundSerializer(serializers.Serializer):
    type = serializers.ChoiceField(choices=["Full", "Partial"])
    expiresAt = serializers.DateTimeField()
    expiresAfter = serializers.DateTimeField()


class SubscriptionSerializer(ResourceSerializer):
    """A software subscription of a customer."""

    id = serializers.UUIDField()
    offerId = serializers.CharField()
    entitlementId = serializers.UUIDField()
    offerName = serializers.CharField()
    friendlyName = serializers.CharField()
    productType = SubscriptionProductTypeSerializer()
    quantity = serializers.IntegerField()
    unitType = serializers.CharField()
    creationDate = serializers.DateTimeField()
    effectiveStartDate = serializers.DateTimeField()
    commitmentEndDate = serializers.DateTimeField(required=False)
    cancellationAllowedUntilDate = serializers.DateTimeField(required=False)
    status = serializers.ChoiceField(choices=[ACTIVE, DELETED, EXPIRED])
    autoRenewEnabled = serializers.BooleanField()
    billingType = serializers.CharField()
    billingCycle = serializers.CharField()
    hasPurchasableAddons = serializers.BooleanField()
    isTrial = serializers.BooleanField()
    isMicrosoftProduct = serializers.BooleanField()
    publisherName = serializers.CharField()
    actions = serializers.ListField(child=serializers.CharField())
    partnerId = serializers.UUIDField()
    suspensionReasons = serializers.ListField(child=serializers.CharField())
    contractType = serializers.CharField()
    refundOptions = SubscriptionRefundSerializer(many=True)
    orderId = serializers.CharField()
    termDuration = serializers.CharField()
    links = serializers.DictField(child=LinkSerializer())


class SubscriptionProvisioningSerializer(ResourceSerializer):
    """How far a subscription has been delivered."""

    skuId = serializers.CharField()
    status = serializers.ChoiceField(choices=["success", "pending", "failed"])
    quantity = serializers.IntegerField()
    endDate = serializers.DateTimeField(required=False)


def subscription_path(line: OrderLine) -> str:
    return f"{path_of(line.order.customer)}/subscriptions/{line.purchase.public_id}"


def subscription_etag(line: OrderLine) -> str:
    """Another one whenever units of it are cancelled; all else of it never changes."""
    state = {"id": str(line.purchase.public_id), "version": [line.purchase.status, line.quantity_cancelled]}
    return base64.b64encode(json.dumps(state).encode()).decode()


def status_of(line: OrderLine, now: datetime) -> str:
    if not line.purchase.is_active:
        return DELETED
    return EXPIRED if line.purchase.has_ended(utc_day(now)) else ACTIVE


def subscription_resource(line: OrderLine, now: datetime) -> dict[str, Any]:
    """A subscription; the line is one `with_purchase`, with what C4 looks at."""
    purchase, sku, order = line.purchase, line.purchase.sku, line.order
    refusal = line_refusal(line, now) if purchase.is_active else None
    is_cancellable = purchase.is_active and refusal is None
    until = instant(line.window_closes_at) if is_cancellable else None
    return resource(
        "Subscription",
        subscription_etag(line),
        id=str(purchase.public_id),
        offerId=catalog_item_id(sku, order.market, order.currency),
        entitlementId=str(purchase.public_id),
        offerName=line.sku_title,
        friendlyName=line.sku_title,
        productType={"id": "Software", "displayName": "Software"},
        quantity=line.quantity_left if purchase.is_active else 0,
        unitType="Licenses",
        creationDate=instant(purchase.purchased_at),
        effectiveStartDate=day(purchase.term_start),
        commitmentEndDate=day(purchase.term_end),
        cancellationAllowedUntilDate=until,
        status=status_of(line, now),
        autoRenewEnabled=False,
        billingType="license",
        billingCycle=ONE_TIME,
        hasPurchasableAddons=False,
        isTrial=False,
        isMicrosoftProduct=sku.product.publisher == "Microsoft",
        publisherName=sku.product.publisher,
        actions=["cancel"] if is_cancellable else [],
        partnerId=str(order.customer.partner.public_id),
        suspensionReasons=[],
        contractType="subscription",
        refundOptions=[{"type": "Partial", "expiresAt": until, "expiresAfter": until}] if until else [],
        orderId=order.number,
        termDuration=term_duration(sku),
        links=_links(line),
    )


def _links(line: OrderLine) -> dict[str, Any]:
    """Those of the product's pages as the order's line has them."""
    product, sku, availability = catalog_item_id(line.purchase.sku, line.order.market, line.order.currency).split(":")
    skus, country = f"/products/{product}/skus/{sku}", f"?country={line.order.market}"
    addresses = {
        "self": subscription_path(line),
        "product": f"/products/{product}{country}",
        "sku": f"{skus}{country}",
        "availability": f"{skus}/availabilities/{availability}{country}",
        "order": order_path(line.order),
        "orderLine": line_path(line),
        "activationLinks": f"{subscription_path(line)}/activationlinks",
    }
    return {name: link(address) for name, address in addresses.items()}


def provisioning_resource(line: OrderLine) -> dict[str, Any]:
    """`pending` while keys are awaited."""
    purchase = line.purchase
    waits = purchase.is_active and purchase.key_state == KeyState.PENDING
    return resource(
        "SubscriptionProvisioningStatus",
        skuId=purchase.sku.sku_id,
        status=PROVISIONING[waits],
        quantity=line.quantity_left if purchase.is_active else 0,
        endDate=day(purchase.term_end),
    )
