"""Endpoints of carts (partner-center-api.md, 5)."""

from typing import Any

from django.utils import timezone
from rest_framework.parsers import BaseParser
from rest_framework.response import Response

from csp_portal.accounts.permissions import Permission
from csp_portal.api.endpoint import ApiRequest, Endpoint
from csp_portal.api.idempotency import once
from csp_portal.api.schema import documented
from customers.api.finding import customer_of
from orders.api.asking import CartInput, lines_asked
from orders.api.cart_resources import CartCheckoutResultSerializer, CartSerializer, cart_resource, checkout_result
from orders.api.finding import cart_of
from orders.services import change_api_cart, check_out, make_api_cart

TAG = "Carts"


class Carts(Endpoint):
    """`/v1/customers/{customer}/carts`"""

    needs = {"POST": Permission.BUY}

    @documented("Make a cart", tag=TAG, body=CartInput, answer=CartSerializer, status=201, refusals=[409])
    @once
    def post(self, request: ApiRequest, tenant_id: str) -> Response:
        """Keep what is to be bought; a line that cannot be ordered comes back with its error."""
        customer, asked = customer_of(request.user, tenant_id), self.given(request, CartInput)
        lines = lines_asked(request.user, tenant_id, asked["lineItems"], customer)
        number = asked.get("purchaseOrderNumber", "")
        cart = make_api_cart(customer.tenant_id, lines, purchase_order_number=number, actor=request.user)
        return Response(cart_resource(cart, timezone.now()), status=201)


class CartEndpoint(Endpoint):
    """`/v1/customers/{customer}/carts/{cart}`"""

    needs = {"GET": Permission.BUY, "PUT": Permission.BUY}

    @documented("One cart", tag=TAG, answer=CartSerializer)
    def get(self, request: ApiRequest, tenant_id: str, cart_id: str) -> Response:
        """The cart with prices and terms as of now."""
        return Response(cart_resource(cart_of(request.user, tenant_id, cart_id), timezone.now()))

    @documented("Change a cart", tag=TAG, body=CartInput, answer=CartSerializer, refusals=[409])
    def put(self, request: ApiRequest, tenant_id: str, cart_id: str) -> Response:
        """Put all lines in the place of those that it had; its time begins anew."""
        customer, asked = customer_of(request.user, tenant_id), self.given(request, CartInput)
        lines = lines_asked(request.user, tenant_id, asked["lineItems"], customer)
        changes: dict[str, Any] = {"purchase_order_number": asked.get("purchaseOrderNumber", "")}
        cart = change_api_cart(customer.tenant_id, cart_id, lines, actor=request.user, **changes)
        return Response(cart_resource(cart, timezone.now()))


class NoBody(BaseParser):
    """Reads nothing: SDKs send `"success"`, others nothing at all."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        """Nothing, whatever came."""
        return {}


class Checkout(Endpoint):
    """`/v1/customers/{customer}/carts/{cart}/checkout`; what stands in the body means nothing."""

    parser_classes = (NoBody,)
    needs = {"POST": Permission.BUY}

    @documented("Order a cart", tag=TAG, answer=CartCheckoutResultSerializer, status=201, refusals=[409])
    @once
    def post(self, request: ApiRequest, tenant_id: str, cart_id: str) -> Response:
        """Order all its lines at the prices and terms of now, once."""
        customer = customer_of(request.user, tenant_id)
        return Response(checkout_result(check_out(customer.tenant_id, cart_id, actor=request.user)), status=201)
