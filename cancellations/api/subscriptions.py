"""Endpoints of software subscriptions (partner-center-api.md, 7)."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response

from activity.models import Action
from cancellations.api.subscription_resources import (
    SubscriptionProvisioningSerializer,
    SubscriptionSerializer,
    provisioning_resource,
    subscription_etag,
    subscription_path,
    subscription_resource,
)
from cancellations.reasons import SUBSCRIPTION_NOT_FOUND
from cancellations.several.services import cancel_together
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission
from csp_portal.api.endpoint import ApiRequest, Endpoint
from csp_portal.api.paging import seek_page
from csp_portal.api.resources import collection
from csp_portal.api.schema import collection_of, documented
from csp_portal.api.serializers import ApiSerializer, WordField
from csp_portal.errors import Refusal
from csp_portal.guids import guid_of
from customers.api.finding import customer_of
from customers.api.resources import path_of
from customers.models import Customer
from orders.models import OrderLine
from orders.models.order import OrderLineQuerySet, order_number_of
from software.models import Kind

TAG = "Subscriptions"
MOST = 2000  # in one page; most clients ask for no other


class SubscriptionsQuery(ApiSerializer):
    order_id = serializers.CharField(required=False, help_text="Those of one order.")
    mpn_id = serializers.CharField(required=False, help_text="Those of the partner with this id: its own, or none.")
    size = serializers.IntegerField(required=False, help_text=f"Rows of a page; usually and at most {MOST}.")
    seekOperation = serializers.CharField(required=False, help_text="Next, with the header MS-ContinuationToken.")


class SubscriptionPatch(ApiSerializer):
    """What cancels a subscription; all else that is sent with it is not looked at."""

    status = WordField(
        choices=["deleted", "suspended", "cancelled"], help_text="Who sends it accepts the Important message."
    )


class NothingSerializer(serializers.Serializer):
    """What software subscriptions do not have."""


class Subscriptions(Endpoint):
    """`/v1/customers/{customer}/subscriptions`"""

    needs = {"GET": Permission.SEE_SOFTWARE}

    @documented(
        "Subscriptions of a customer",
        tag=TAG,
        query=SubscriptionsQuery,
        answer=collection_of(SubscriptionSerializer, seek=True),
    )
    def get(self, request: ApiRequest, tenant_id: str) -> Response:
        """Its software subscriptions, the newest first, cancelled and ended ones too."""
        customer, now = customer_of(request.user, tenant_id), timezone.now()
        rows = _narrowed(_subscriptions(customer), self.asked(request, SubscriptionsQuery), customer)
        page = seek_page(
            request,
            rows.with_refund_asked().prefetch_related("cancellations"),
            ["-pk"],
            lambda line: subscription_resource(line, now),
            path=f"{path_of(customer)}/subscriptions",
            usual=MOST,
            most=MOST,
        )
        return Response(page)


class Subscription(Endpoint):
    """`/v1/customers/{customer}/subscriptions/{subscription}`"""

    needs = {"GET": Permission.SEE_SOFTWARE, "PATCH": Permission.CANCEL}
    refused = {"PATCH": Action.CANCEL_REFUSED}

    @documented("One subscription", tag=TAG, answer=SubscriptionSerializer)
    def get(self, request: ApiRequest, tenant_id: str, subscription_id: str) -> Response:
        """The subscription as it stands."""
        line = line_of_subscription(request.user, tenant_id, subscription_id)
        return Response(subscription_resource(line, timezone.now()))

    @documented(
        "Cancel a subscription", tag=TAG, body=SubscriptionPatch, answer=SubscriptionSerializer, refusals=[409, 412]
    )
    def patch(self, request: ApiRequest, tenant_id: str, subscription_id: str) -> Response:
        """All that is left of it. Done again it answers the same."""
        line = line_of_subscription(request.user, tenant_id, subscription_id)
        self.given(request, SubscriptionPatch)

        def check() -> None:
            now_is = OrderLine.objects.with_purchase().get(pk=line.pk)
            self.check_etag(request, subscription_etag(now_is))

        cancel_together({line.purchase.public_id: None}, check=check, actor=request.user)
        line = line_of_subscription(request.user, tenant_id, subscription_id)
        return Response(subscription_resource(line, timezone.now()))


class SubscriptionProvisioning(Endpoint):
    """`/v1/customers/{customer}/subscriptions/{subscription}/provisioningstatus`"""

    needs = {"GET": Permission.SEE_SOFTWARE}

    @documented("How far a subscription is delivered", tag=TAG, answer=SubscriptionProvisioningSerializer)
    def get(self, request: ApiRequest, tenant_id: str, subscription_id: str) -> Response:
        """Whether its keys have come."""
        return Response(provisioning_resource(line_of_subscription(request.user, tenant_id, subscription_id)))


class NothingOfSubscription(Endpoint):
    """`/v1/customers/{customer}/subscriptions/{subscription}/addons` and its like"""

    needs = {"GET": Permission.SEE_SOFTWARE}

    @documented("What software subscriptions do not have", tag=TAG, answer=collection_of(NothingSerializer))
    def get(self, request: ApiRequest, tenant_id: str, subscription_id: str) -> Response:
        """An empty collection."""
        line = line_of_subscription(request.user, tenant_id, subscription_id)
        word = request.path.rstrip("/").rpartition("/")[2].lower()
        return Response(collection([], f"{subscription_path(line)}/{word}"))


def line_of_subscription(user: User, tenant_id: str, subscription_id: str) -> OrderLine:
    """The line of the customer's software subscription. Raises Refusal, for perpetual software as for none."""
    guid = guid_of(subscription_id)
    lines = _subscriptions(customer_of(user, tenant_id)).with_cancellations()
    line = lines.filter(purchase__public_id=guid).first() if guid else None
    if line is None:
        raise Refusal(SUBSCRIPTION_NOT_FOUND)
    return line


def _subscriptions(customer: Customer) -> OrderLineQuerySet:
    lines = OrderLine.objects.filter(order__customer=customer, purchase__sku__product__kind=Kind.SUBSCRIPTION)
    return lines.with_purchase().select_related("order__customer__partner")


def _narrowed(lines: OrderLineQuerySet, asked: dict[str, Any], customer: Customer) -> OrderLineQuerySet:
    if "order_id" in asked:
        lines = lines.filter(order__number=order_number_of(asked["order_id"]))
    own_id = str(customer.partner.public_id)
    return lines.none() if asked.get("mpn_id", own_id).lower() != own_id else lines
