"""Endpoints of the catalogue, of a country's and of a customer's (partner-center-api.md, 4)."""

from itertools import groupby
from typing import Any

from django.db.models import Q
from rest_framework import serializers
from rest_framework.response import Response

from csp_portal.accounts.permissions import Permission
from csp_portal.api.endpoint import ApiRequest, Endpoint
from csp_portal.api.folding import squashed
from csp_portal.api.resources import collection
from csp_portal.api.schema import collection_of, documented
from csp_portal.api.serializers import ApiSerializer
from csp_portal.errors import Refusal
from software import reasons
from software.api.catalogue_resources import (
    AvailabilitySerializer,
    ProductSerializer,
    SkuSerializer,
    availability_resource,
    product_resource,
    sku_resource,
)
from software.api.shelf import Shelf
from software.models import Kind
from software.offers import Offer

TAG = "Catalogue"
_NOTHING = Q(pk=None)
_SQL, _COSMOS = Q(title__icontains="SQL"), Q(title__icontains="Cosmos")
_RESERVATION = Q(kind=Kind.RESERVATION)
VIEWS = {
    "Azure": _NOTHING,
    "AzureReservations": _RESERVATION,
    "AzureReservationsVM": _RESERVATION & ~_SQL & ~_COSMOS,
    "AzureReservationsSQL": _RESERVATION & _SQL,
    "AzureReservationsCosmosDb": _RESERVATION & _COSMOS,
    "MicrosoftAzure": _NOTHING,
    "OnlineServices": _NOTHING,
    "Software": ~_RESERVATION,
    "SoftwareSUSELinux": Q(kind=Kind.LINUX_PLAN, publisher__iexact="SUSE"),
    "SoftwarePerpetual": Q(kind=Kind.PERPETUAL),
    "SoftwareSubscriptions": Q(kind=Kind.SUBSCRIPTION),
}
SEGMENTS = ("commercial", "education", "government", "nonprofit")


class CatalogueQuery(ApiSerializer):
    country = serializers.CharField(required=False, help_text="ISO 3166-1 alpha-2; needed where no customer is named.")
    reservationScope = serializers.CharField(required=False, help_text="AzurePlan; changes nothing.")


class SegmentQuery(CatalogueQuery):
    targetSegment = serializers.CharField(required=False, help_text=", ".join(SEGMENTS))


class ProductsQuery(SegmentQuery):
    targetView = serializers.CharField(help_text=", ".join(VIEWS))


class CatalogueEndpoint(Endpoint):
    """Below `/v1/products`, and below `/v1/customers/{tenantId}/products` in the customer's market."""

    needs = {"GET": Permission.SEE_SOFTWARE}

    def shelf(self, request: ApiRequest, tenant_id: str) -> Shelf:
        return Shelf.of(request.user, tenant_id, request.query.get("country", ""))

    def segment(self, request: ApiRequest) -> str:
        """The segment that is asked for; empty for all. Raises Refusal."""
        given = request.query.get("targetsegment", "").strip()
        if given and squashed(given) not in SEGMENTS:
            raise Refusal(reasons.SEGMENT_UNKNOWN, known=", ".join(SEGMENTS))
        return squashed(given)


class Products(CatalogueEndpoint):
    """`/v1/products`"""

    @documented("Products", tag=TAG, query=ProductsQuery, answer=collection_of(ProductSerializer))
    def get(self, request: ApiRequest, tenant_id: str = "") -> Response:
        """The products of a view that are priced in the market."""
        shelf, view = self.shelf(request, tenant_id), self.asked(request, ProductsQuery)["targetView"]
        rows = shelf.products().filter(_view(view))
        if segment := self.segment(request):
            rows = rows.in_segment(segment)
        path = f"{shelf.root}/products{shelf.query}{'&' if shelf.query else '?'}targetView={_named(view)}"
        return Response(collection((product_resource(product, shelf) for product in rows), path))


class OneProduct(CatalogueEndpoint):
    """`/v1/products/{productId}`"""

    @documented("One product", tag=TAG, query=CatalogueQuery, answer=ProductSerializer)
    def get(self, request: ApiRequest, product_id: str, tenant_id: str = "") -> Response:
        """A product that is priced in the market."""
        shelf = self.shelf(request, tenant_id)
        return Response(product_resource(shelf.product(product_id), shelf))


class Skus(CatalogueEndpoint):
    """`/v1/products/{productId}/skus`"""

    @documented("SKUs of a product", tag=TAG, query=SegmentQuery, answer=collection_of(SkuSerializer))
    def get(self, request: ApiRequest, product_id: str, tenant_id: str = "") -> Response:
        """The SKUs of a product that are priced in the market."""
        shelf = self.shelf(request, tenant_id)
        offers = shelf.offers(shelf.skus(shelf.product(product_id), self.segment(request)))
        by_id = groupby(sorted(offers, key=_sku_id), key=_sku_id)
        path = f"{shelf.root}/products/{product_id}/skus{shelf.query}"
        return Response(collection((sku_resource(list(found), shelf) for _id, found in by_id), path))


class OneSku(CatalogueEndpoint):
    """`/v1/products/{productId}/skus/{skuId}`"""

    @documented("One SKU", tag=TAG, query=CatalogueQuery, answer=SkuSerializer)
    def get(self, request: ApiRequest, product_id: str, sku_id: str, tenant_id: str = "") -> Response:
        """A SKU that is priced in the market."""
        shelf = self.shelf(request, tenant_id)
        return Response(sku_resource(shelf.offers(shelf.skus_of(shelf.product(product_id), sku_id)), shelf))


class Availabilities(CatalogueEndpoint):
    """`/v1/products/{productId}/skus/{skuId}/availabilities`"""

    @documented("Availabilities of a SKU", tag=TAG, query=SegmentQuery, answer=collection_of(AvailabilitySerializer))
    def get(self, request: ApiRequest, product_id: str, sku_id: str, tenant_id: str = "") -> Response:
        """What can be ordered of a SKU, by term, plan, segment and currency, with prices and terms."""
        shelf = self.shelf(request, tenant_id)
        offers = shelf.offers(shelf.skus_of(shelf.product(product_id), sku_id, self.segment(request)))
        path = f"{shelf.root}/products/{product_id}/skus/{sku_id}/availabilities{shelf.query}"
        return Response(collection((availability_resource(offer, shelf) for offer in offers), path))


class OneAvailability(CatalogueEndpoint):
    """`/v1/products/{productId}/skus/{skuId}/availabilities/{availabilityId}`"""

    @documented("One availability", tag=TAG, query=SegmentQuery, answer=AvailabilitySerializer)
    def get(
        self, request: ApiRequest, product_id: str, sku_id: str, availability_id: str, tenant_id: str = ""
    ) -> Response:
        """What can be ordered under one `catalogItemId`."""
        shelf = self.shelf(request, tenant_id)
        offers = shelf.offers(shelf.skus_of(shelf.product(product_id), sku_id, self.segment(request)))
        for told in (availability_resource(offer, shelf) for offer in offers):
            if told["id"] == availability_id.upper():
                return Response(told)
        raise Refusal(reasons.AVAILABILITY_NOT_FOUND, country=shelf.country)


def _sku_id(offer: Offer) -> str:
    return offer.sku.sku_id


def _view(given: str) -> Any:
    return VIEWS[_named(given)]


def _named(given: str) -> str:
    """The view as it is spelled. Raises Refusal."""
    found = next((name for name in VIEWS if squashed(name) == squashed(given.strip())), None)
    if found is None:
        raise Refusal(reasons.VIEW_UNKNOWN, known=", ".join(VIEWS))
    return found
