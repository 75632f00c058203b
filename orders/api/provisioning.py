"""What has been delivered of an order's lines (partner-center-api.md, 6)."""

from typing import Any

from rest_framework import serializers

from csp_portal.api.resources import resource
from csp_portal.api.schema import ResourceSerializer
from orders.models import OrderLine
from software.models import KeyState

FULFILLED, UNFULFILLED, WAITING = "Fulfilled", "Unfulfilled", "PrefulfillmentPending"
STATES = (FULFILLED, UNFULFILLED, WAITING)


class QuantityStatusSerializer(serializers.Serializer):
    quantity = serializers.IntegerField()
    status = serializers.ChoiceField(choices=STATES)


class ProvisioningStatusSerializer(ResourceSerializer):
    """A line: how many of its units have their keys, wait for them, or were cancelled."""

    lineItemNumber = serializers.IntegerField()
    status = serializers.ChoiceField(choices=STATES)
    quantityProvisioningInformation = QuantityStatusSerializer(many=True)


def status_of_line(line: OrderLine) -> str:
    """What became of the units that are left; of none, that they were cancelled."""
    if not line.purchase.is_active:
        return UNFULFILLED
    return WAITING if line.purchase.key_state == KeyState.PENDING else FULFILLED


def quantities_of(line: OrderLine) -> list[dict[str, Any]]:
    """How many units stand how."""
    left = line.quantity_left if line.purchase.is_active else 0
    parts = ((left, status_of_line(line)), (line.quantity - left, UNFULFILLED))
    return [{"quantity": quantity, "status": status} for quantity, status in parts if quantity]


def provisioning_of(line: OrderLine) -> dict[str, Any]:
    """How a line stands."""
    return resource(
        "OrderLineItemProvisioningStatus",
        lineItemNumber=line.line_number - 1,
        status=status_of_line(line),
        quantityProvisioningInformation=quantities_of(line),
    )
