"""Endpoints of orders."""

from django.db.models import Prefetch
from rest_framework import serializers
from rest_framework.response import Response

from csp_portal.accounts.permissions import Permission
from csp_portal.api.endpoint import ApiRequest, Endpoint
from csp_portal.api.idempotency import once
from csp_portal.api.paging import seek_page
from csp_portal.api.resources import collection
from csp_portal.api.schema import collection_of, documented
from csp_portal.api.serializers import ApiSerializer, FlagField, WordField
from customers.api.finding import customer_of
from customers.api.resources import path_of
from orders.api.asking import OrderInput, lines_asked
from orders.api.finding import line_of, order_of
from orders.api.provisioning import ProvisioningStatusSerializer, provisioning_of
from orders.api.resources import OrderSerializer, line_path, lines_of, order_path, order_resource
from orders.asked_lines import ONE_TIME
from orders.models import Order, OrderLine
from orders.services import order_lines

TAG = "Orders"
MOST_ORDERS = 2000  # in one page; most clients ask for no other


class PriceQuery(ApiSerializer):
    include_price = FlagField(required=False, help_text="With what each line costs.")


class OrdersQuery(PriceQuery):
    billingType = WordField(
        choices=["one_time", "unknown", "monthly", "annual", "triennial", "biennial", "none", "recurring", "usage"],
        required=False,
        help_text="All orders of the portal are one_time.",
    )
    size = serializers.IntegerField(required=False, help_text=f"Orders of a page; usually and at most {MOST_ORDERS}.")
    seekOperation = serializers.CharField(required=False, help_text="Next, with the header MS-ContinuationToken.")


class ActivationLinkSerializer(serializers.Serializer):
    lineItemNumber = serializers.IntegerField()


class Orders(Endpoint):
    """`/v1/customers/{customer}/orders`"""

    needs = {"GET": Permission.SEE_ORDERS, "POST": Permission.BUY}

    @documented("Orders of a customer", tag=TAG, query=OrdersQuery, answer=collection_of(OrderSerializer, seek=True))
    def get(self, request: ApiRequest, tenant_id: str) -> Response:
        """Its orders, the newest first."""
        customer, asked = customer_of(request.user, tenant_id), self.asked(request, OrdersQuery)
        lines = Prefetch("lines", OrderLine.objects.with_purchase())
        orders = Order.objects.filter(customer=customer).select_related("customer").prefetch_related(lines)
        if asked.get("billingType", ONE_TIME) != ONE_TIME:
            orders = orders.none()
        priced = asked.get("include_price", False)
        path = f"{path_of(customer)}/orders"
        page = seek_page(
            request,
            orders,
            ["-placed_at", "-pk"],
            lambda order: order_resource(order, priced=priced),
            path=path,
            usual=MOST_ORDERS,
            most=MOST_ORDERS,
        )
        return Response(page)

    @documented("Order without a cart", tag=TAG, body=OrderInput, answer=OrderSerializer, status=201, refusals=[409])
    @once
    def post(self, request: ApiRequest, tenant_id: str) -> Response:
        """Order all lines at the prices and terms of now, or nothing."""
        customer, asked = customer_of(request.user, tenant_id), self.given(request, OrderInput)
        of_all = {"billing_cycle": asked.get("billingCycle", ""), "currency": asked.get("currencyCode", "")}
        lines = lines_asked(request.user, tenant_id, asked["lineItems"], customer, **of_all)
        number = asked.get("purchaseOrderNumber", "")
        order = order_lines(customer.tenant_id, lines, purchase_order_number=number, actor=request.user)
        return Response(order_resource(order), status=201)


class OrderEndpoint(Endpoint):
    """`/v1/customers/{customer}/orders/{order}`; cancelling, and with it the route, stands in `cancellations.api`."""

    needs = {"GET": Permission.SEE_ORDERS}

    @documented("One order", tag=TAG, query=PriceQuery, answer=OrderSerializer)
    def get(self, request: ApiRequest, tenant_id: str, order_id: str) -> Response:
        """The order with its lines as they stand now."""
        order = order_of(request.user, tenant_id, order_id)
        return Response(order_resource(order, priced=self.asked(request, PriceQuery).get("include_price", False)))


class ProvisioningStatus(Endpoint):
    """`/v1/customers/{customer}/orders/{order}/provisioningstatus`"""

    needs = {"GET": Permission.SEE_ORDERS}

    @documented("What has been delivered of an order", tag=TAG, answer=collection_of(ProvisioningStatusSerializer))
    def get(self, request: ApiRequest, tenant_id: str, order_id: str) -> Response:
        """Each line, with how many units have their keys, wait for them, or were cancelled."""
        order = order_of(request.user, tenant_id, order_id)
        items = [provisioning_of(line) for line in lines_of(order)]
        return Response(collection(items, f"{order_path(order)}/provisioningstatus"))


class OrderActivationLinks(Endpoint):
    """`/v1/customers/{customer}/orders/{order}/activationlinks`"""

    needs = {"GET": Permission.SEE_ORDERS}

    @documented("Set-up pages of publishers: none", tag=TAG, answer=collection_of(ActivationLinkSerializer))
    def get(self, request: ApiRequest, tenant_id: str, order_id: str) -> Response:
        """Nothing: what the portal sells is set up with keys and downloads."""
        order = order_of(request.user, tenant_id, order_id)
        return Response(collection([], f"{order_path(order)}/activationlinks"))


class LineActivationLinks(Endpoint):
    """`/v1/customers/{customer}/orders/{order}/lineitems/{line}/activationlinks`"""

    needs = {"GET": Permission.SEE_ORDERS}

    @documented("Set-up pages of a publisher: none", tag=TAG, answer=collection_of(ActivationLinkSerializer))
    def get(self, request: ApiRequest, tenant_id: str, order_id: str, line_number: str) -> Response:
        """Nothing: what the portal sells is set up with keys and downloads."""
        line = line_of(request.user, tenant_id, order_id, line_number)
        return Response(collection([], f"{line_path(line)}/activationlinks"))
