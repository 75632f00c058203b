"""Products, SKUs and availabilities as the API writes them (partner-center-api.md, 4)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from csp_portal.api.resources import link, resource, symbol_of
from csp_portal.api.schema import LinkSerializer, ResourceSerializer
from csp_portal.calendar_utc import term_months
from csp_portal.rounding import round_half_up
from software.api.items import availability_id, catalog_item_id
from software.api.shelf import Shelf
from software.models import MOST_UNITS, CancellationPolicy, Kind, Price, Product, Sku
from software.offers import Offer

BILLING_CYCLE = "one_time"  # all that the portal sells is charged at once
SUB_TYPES = {
    Kind.SUBSCRIPTION: ("Software", "SoftwareSubscription"),
    Kind.PERPETUAL: ("Software", "PerpetualSoftware"),
    Kind.LINUX_PLAN: ("Software", "SoftwareLinuxPlan"),
    Kind.RESERVATION: ("Azure", "AzureReservation"),
}
POLICIES = {
    CancellationPolicy.SELF_SERVICE: "selfService",
    CancellationPolicy.SUPPORT_ONLY: "supportRequest",
    CancellationPolicy.NEVER: "never",
}


class NamedSerializer(serializers.Serializer):
    id = serializers.CharField()
    displayName = serializers.CharField()


class ProductTypeSerializer(NamedSerializer):
    subType = NamedSerializer()


class ProductSerializer(ResourceSerializer):
    """A title of a publisher."""

    id = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    productType = ProductTypeSerializer()
    isMicrosoftProduct = serializers.BooleanField()
    publisherName = serializers.CharField()
    links = serializers.DictField(child=LinkSerializer())


class SkuSerializer(ResourceSerializer):
    """An edition of a product."""

    id = serializers.CharField()
    productId = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    minimumQuantity = serializers.IntegerField()
    maximumQuantity = serializers.IntegerField()
    isTrial = serializers.BooleanField()
    supportedBillingCycles = serializers.ListField(child=serializers.CharField())
    purchasePrerequisites = serializers.ListField(child=serializers.CharField())
    inventoryVariables = serializers.ListField(child=serializers.CharField())
    provisioningVariables = serializers.ListField(child=serializers.CharField())
    actions = serializers.ListField(child=serializers.CharField())
    dynamicAttributes = serializers.DictField()
    links = serializers.DictField(child=LinkSerializer())


class RefundOptionSerializer(serializers.Serializer):
    """`Full` credits all that was charged, `Partial` the days that are left; within `expiresAfter` of the purchase."""

    sequenceId = serializers.IntegerField()
    type = serializers.ChoiceField(choices=["Full", "Partial"])
    expiresAfter = serializers.CharField()


class RefundSerializer(serializers.Serializer):
    refundOptions = RefundOptionSerializer(many=True)


class TermSerializer(serializers.Serializer):
    """How long it runs: no duration for what is bought once and for all."""

    duration = serializers.CharField(allow_blank=True)
    description = serializers.CharField()
    billingCycle = serializers.CharField()
    cancellationPolicies = RefundSerializer(many=True)


class CurrencySerializer(serializers.Serializer):
    code = serializers.CharField()
    symbol = serializers.CharField()


class TierSerializer(serializers.Serializer):
    """The unit's price of a whole line whose quantity falls into the tier."""

    minimumQuantity = serializers.IntegerField()
    maximumQuantity = serializers.IntegerField(required=False)
    unitPrice = serializers.FloatField()
    recommendedRetailPrice = serializers.FloatField(required=False)


class RefusedSerializer(serializers.Serializer):
    code = serializers.CharField()
    description = serializers.CharField()


class AvailabilitySerializer(ResourceSerializer):
    """What can be ordered in a market: by its `catalogItemId`. Prices, policy and refusal are ours."""

    id = serializers.CharField()
    productId = serializers.CharField()
    skuId = serializers.CharField()
    catalogItemId = serializers.CharField()
    defaultCurrency = CurrencySerializer()
    segment = serializers.CharField()
    country = serializers.CharField()
    isPurchasable = serializers.BooleanField()
    isRenewable = serializers.BooleanField()
    terms = TermSerializer(many=True)
    unitPrice = serializers.FloatField()
    taxIncluded = serializers.BooleanField()
    priceTiers = TierSerializer(many=True)
    cancellationPolicy = serializers.ChoiceField(choices=[*POLICIES.values()])
    refusal = RefusedSerializer(required=False)
    links = serializers.DictField(child=LinkSerializer())


def product_resource(product: Product, shelf: Shelf) -> dict[str, Any]:
    kind = Kind(product.kind)
    type_id, sub_type = SUB_TYPES[kind]
    path = _product_path(product, shelf)
    return resource(
        "Product",
        id=product.product_id,
        title=product.title,
        description=f"{product.title}, {product.publisher}",
        productType={
            "id": type_id,
            "displayName": type_id,
            "subType": {"id": sub_type, "displayName": str(kind.label)},
        },
        isMicrosoftProduct=product.publisher == "Microsoft",
        publisherName=product.publisher,
        links={"skus": link(f"{path}/skus{shelf.query}"), "self": link(f"{path}{shelf.query}")},
    )


def sku_resource(offers: Sequence[Offer], shelf: Shelf) -> dict[str, Any]:
    """What stands under one `SkuId`: the offers of our SKUs of it."""
    sku, tiers = offers[0].sku, [tier for offer in offers for tier in offer.tiers]
    path = _sku_path(sku, shelf)
    return resource(
        "Sku",
        id=sku.sku_id,
        productId=sku.product.product_id,
        title=sku.title,
        description=sku.description,
        minimumQuantity=min(tier.tier_min for tier in tiers),
        maximumQuantity=max(min(tier.tier_max or MOST_UNITS, MOST_UNITS) for tier in tiers),
        isTrial=False,
        supportedBillingCycles=[BILLING_CYCLE],
        purchasePrerequisites=[],
        inventoryVariables=[],
        provisioningVariables=[],
        actions=["Refund"] if any(offer.policy == CancellationPolicy.SELF_SERVICE for offer in offers) else [],
        dynamicAttributes={},
        links={
            "availabilities": link(f"{path}/availabilities{shelf.query}"),
            "self": link(f"{path}{shelf.query}"),
        },
    )


def availability_resource(offer: Offer, shelf: Shelf) -> dict[str, Any]:
    """A SKU in one market and currency, with its terms and prices."""
    sku, least = offer.sku, offer.tiers[0].tier_min
    refusal, given = offer.refusal(least), availability_id(offer.sku, offer.market, offer.currency)
    return resource(
        "Availability",
        id=given,
        productId=sku.product.product_id,
        skuId=sku.sku_id,
        catalogItemId=catalog_item_id(sku, offer.market, offer.currency),
        defaultCurrency={"code": offer.currency, "symbol": symbol_of(offer.currency)},
        segment=sku.segment.lower(),
        country=offer.market,
        isPurchasable=refusal is None,
        isRenewable=term_months(sku.term) is not None,
        terms=[_term(offer)],
        unitPrice=_amount(offer.tiers[0].unit_price, offer.currency),
        taxIncluded=offer.tax.included,
        priceTiers=[_tier(tier) for tier in offer.tiers],
        cancellationPolicy=POLICIES[offer.policy],
        refusal={"code": refusal.code, "description": str(refusal)} if refusal else None,
        links={"self": link(f"{_sku_path(sku, shelf)}/availabilities/{given}{shelf.query}")},
    )


def _term(offer: Offer) -> dict[str, Any]:
    sku = offer.sku
    return {
        "duration": sku.term if term_months(sku.term) else "",
        "description": sku.term_label,
        "billingCycle": BILLING_CYCLE,
        "cancellationPolicies": _refunds(offer),
    }


def _refunds(offer: Offer) -> list[dict[str, Any]]:
    """How it can be cancelled without asking anybody (C1, C2): perpetual software is credited in full (R1)."""
    if offer.policy != CancellationPolicy.SELF_SERVICE:
        return []
    share = "Full" if offer.sku.product.kind == Kind.PERPETUAL else "Partial"
    days = offer.policy_version.window_days
    return [{"refundOptions": [{"sequenceId": 0, "type": share, "expiresAfter": f"P{days}D"}]}]


def _tier(price: Price) -> dict[str, Any]:
    told = {
        "minimumQuantity": price.tier_min,
        "maximumQuantity": price.tier_max,
        "unitPrice": _amount(price.unit_price, price.currency),
        "recommendedRetailPrice": None if price.retail_price is None else _amount(price.retail_price, price.currency),
    }
    return {name: value for name, value in told.items() if value is not None}


def _amount(amount: Decimal, currency: str) -> Decimal:
    """With the digits of its currency."""
    return round_half_up(amount, currency)


def _product_path(product: Product, shelf: Shelf) -> str:
    return f"{shelf.root}/products/{product.product_id}"


def _sku_path(sku: Sku, shelf: Shelf) -> str:
    return f"{_product_path(sku.product, shelf)}/skus/{sku.sku_id}"
