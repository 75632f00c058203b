"""Entitlements: the Software page as API (partner-center-api.md, 6.2)."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from csp_portal.accounts.permissions import Permission
from csp_portal.api.endpoint import ApiRequest, Endpoint
from csp_portal.api.paging import seek_page
from csp_portal.api.resources import day, resource
from csp_portal.api.schema import ResourceSerializer, collection_of, documented
from csp_portal.api.serializers import ApiSerializer, FlagField, WordField
from customers.api.finding import customer_of
from customers.api.resources import path_of
from orders.api.provisioning import STATES, QuantityStatusSerializer, quantities_of, status_of_line
from orders.api.resources import alternate_id_of
from orders.models import OrderLine
from software.models import Kind

SOFTWARE, RESERVATION = "software", "reservedInstance"
TYPES = {SOFTWARE: SOFTWARE, RESERVATION: RESERVATION, "virtualmachinereservedinstance": RESERVATION}
MOST = 2000  # in one page; most clients ask for no other


class EntitlementsQuery(ApiSerializer):
    entitlementType = WordField(choices=[*TYPES], required=False, help_text="software, or what is reserved in Azure.")
    showExpiry = FlagField(required=False, help_text="With the end of the term of what has one.")
    size = serializers.IntegerField(required=False, help_text=f"Rows of a page; usually and at most {MOST}.")
    seekOperation = serializers.CharField(required=False, help_text="Next, with the header MS-ContinuationToken.")


class ReferenceOrderSerializer(serializers.Serializer):
    id = serializers.CharField()
    lineItemId = serializers.CharField()
    alternateId = serializers.CharField()


class EntitlementSerializer(ResourceSerializer):
    """What a customer may use. Keys and downloads stand below the line of the order, never here."""

    includedEntitlements = serializers.ListField(child=serializers.DictField())
    referenceOrder = ReferenceOrderSerializer()
    productId = serializers.CharField()
    skuId = serializers.CharField()
    quantity = serializers.IntegerField()
    quantityDetails = QuantityStatusSerializer(many=True)
    entitledArtifacts = serializers.ListField(child=serializers.DictField())
    entitlementType = serializers.ChoiceField(choices=[SOFTWARE, RESERVATION])
    fulfillmentState = serializers.ChoiceField(choices=STATES)
    expiryDate = serializers.DateTimeField(required=False)


class Entitlements(Endpoint):
    """`/v1/customers/{customer}/entitlements`"""

    needs = {"GET": Permission.SEE_SOFTWARE}

    @documented(
        "What a customer owns",
        tag="Entitlements",
        query=EntitlementsQuery,
        answer=collection_of(EntitlementSerializer, seek=True),
    )
    def get(self, request: ApiRequest, tenant_id: str) -> Response:
        """What was bought for it, the newest first, cancelled ones too: of these no unit is left."""
        customer, asked = customer_of(request.user, tenant_id), self.asked(request, EntitlementsQuery)
        lines = OrderLine.objects.filter(order__customer=customer).with_purchase()
        if "entitlementType" in asked:
            reserved = TYPES[asked["entitlementType"]] == RESERVATION
            lines = lines.filter(
                purchase__sku__product__kind__in=[kind for kind in Kind if _is_reserved(kind) == reserved]
            )
        shows_expiry = asked.get("showExpiry", False)
        page = seek_page(
            request,
            lines,
            ["-pk"],
            lambda line: entitlement_resource(line, shows_expiry=shows_expiry),
            path=f"{path_of(customer)}/entitlements",
            usual=MOST,
            most=MOST,
        )
        return Response(page)


def _is_reserved(kind: str) -> bool:
    return kind == Kind.RESERVATION


def entitlement_resource(line: OrderLine, *, shows_expiry: bool) -> dict[str, Any]:
    """A line with its purchase. Nothing else comes with it; and artifacts break the Java SDK (6.3)."""
    purchase, product = line.purchase, line.purchase.sku.product
    return resource(
        "Entitlement",
        includedEntitlements=[],
        referenceOrder={
            "id": line.order.number,
            "lineItemId": str(line.line_number - 1),
            "alternateId": alternate_id_of(line.order),
        },
        productId=product.product_id,
        skuId=purchase.sku.sku_id,
        quantity=line.quantity_left if purchase.is_active else 0,
        quantityDetails=quantities_of(line),
        entitledArtifacts=[],
        entitlementType=RESERVATION if _is_reserved(product.kind) else SOFTWARE,
        fulfillmentState=status_of_line(line),
        expiryDate=day(purchase.term_end) if shows_expiry else None,
    )
