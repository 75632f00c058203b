"""`checkinventory`: what a market can buy of what a client names (partner-center-api.md, 4)."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from rest_framework import serializers
from rest_framework.response import Response

from csp_portal.accounts.permissions import Permission
from csp_portal.api.endpoint import ApiRequest, Endpoint
from csp_portal.api.idempotency import once
from csp_portal.api.schema import documented
from csp_portal.api.serializers import ApiSerializer, TextField
from csp_portal.errors import Refusal
from csp_portal.territories import usual_currency
from software.api.catalogue import TAG, CatalogueQuery
from software.api.shelf import Shelf
from software.models import Sku
from software.offers import Catalogue, Offer

MOST_ITEMS = 500


class TargetItemBody(ApiSerializer):
    productId = TextField()
    skuId = TextField(required=False, allow_blank=True, help_text="All of the product where none is given.")


class InventoryContextBody(ApiSerializer):
    customerId = TextField(required=False, allow_blank=True, help_text="Whose market counts.")


class InventoryBody(ApiSerializer):
    targetItems = TargetItemBody(many=True, allow_empty=False, max_length=MOST_ITEMS)
    inventoryContext = InventoryContextBody(required=False)


class RestrictionSerializer(serializers.Serializer):
    reasonCode = serializers.CharField()
    description = serializers.CharField()
    properties = serializers.DictField(child=serializers.CharField())


class InventorySerializer(serializers.Serializer):
    """Whether a SKU can be bought in the market."""

    productId = serializers.CharField()
    skuId = serializers.CharField()
    isRestricted = serializers.BooleanField()
    restrictions = RestrictionSerializer(many=True)


class Inventory(Endpoint):
    """`/v1/extensions/product/checkinventory`"""

    needs = {"POST": Permission.SEE_SOFTWARE}

    @documented(
        "Whether products can be bought",
        tag=TAG,
        query=CatalogueQuery,
        body=InventoryBody,
        answer=InventorySerializer(many=True),
    )
    @once
    def post(self, request: ApiRequest) -> Response:
        """A bare list: of each SKU that is known, whether the country or the customer's market can buy it."""
        given = self.given(request, InventoryBody)
        tenant_id = given.get("inventoryContext", {}).get("customerId", "")
        shelf = Shelf.of(request.user, tenant_id, request.query.get("country", ""))
        return Response([_judged(sku, found) for sku, found in _offers(shelf, _skus(given["targetItems"]))])


def _skus(items: Sequence[dict[str, str]]) -> list[Sku]:
    """Those that are named, one of each `SkuId`."""
    named = Q()
    for item in items:
        of_product = Q(product__product_id=item["productId"])
        named |= of_product & Q(sku_id=item["skuId"]) if item.get("skuId") else of_product
    return list(Sku.objects.filter(named).select_related("product").order_by("product__product_id", "sku_id", "pk"))


def _offers(shelf: Shelf, skus: Sequence[Sku]) -> list[tuple[Sku, list[Offer]]]:
    """Each `SkuId` with its offers; with one that says why, where nothing of it is priced."""
    offers: dict[tuple[int, str], list[Offer]] = {}
    for offer in shelf.offers(skus):
        offers.setdefault((offer.sku.product_id, offer.sku.sku_id), []).append(offer)
    first = {(sku.product_id, sku.sku_id): sku for sku in reversed(skus)}
    unpriced = [sku for key, sku in first.items() if key not in offers]
    currency = shelf.currency or usual_currency(shelf.country)
    why = zip(unpriced, Catalogue(shelf.country, currency, shelf.now).offers(unpriced), strict=True)
    offers |= {(sku.product_id, sku.sku_id): [offer] for sku, offer in why}
    return [(sku, offers[key]) for key, sku in sorted(first.items())]


def _judged(sku: Sku, offers: Sequence[Offer]) -> dict[str, Any]:
    refusals = [offer.refusal(offer.tiers[0].tier_min if offer.tiers else 1) for offer in offers]
    restricting = [refusal for refusal in refusals[:1] if all(refusals) and refusal is not None]
    return {
        "productId": sku.product.product_id,
        "skuId": sku.sku_id,
        "isRestricted": bool(restricting),
        "restrictions": [_restriction(refusal) for refusal in restricting],
    }


def _restriction(refusal: Refusal) -> dict[str, Any]:
    facts = {name: str(value) for name, value in refusal.facts.items()}
    return {"reasonCode": refusal.code, "description": str(refusal), "properties": facts}
