"""A row of the log as the API writes it (partner-center-api.md, 10). It holds no secret, for no row does (A4)."""

import json
from typing import Any

from rest_framework import serializers

from activity.api.operations import RESOURCE_OF, operation_of, status_of
from activity.models import Action, ActorKind, Event
from activity.paging import Place
from csp_portal.api.resources import instant, resource
from csp_portal.api.schema import ResourceSerializer


class PairSerializer(serializers.Serializer):
    key = serializers.CharField()
    value = serializers.CharField(allow_blank=True)


class AuditRecordSerializer(ResourceSerializer):
    """Who did what to which customer's software; members from `action` on are ours."""

    id = serializers.CharField()
    partnerId = serializers.UUIDField()
    customerId = serializers.UUIDField(required=False)
    customerName = serializers.CharField(required=False)
    userPrincipalName = serializers.CharField()
    applicationId = serializers.UUIDField(required=False, help_text="Of an API client.")
    resourceType = serializers.CharField()
    resourceNewValue = serializers.CharField(help_text="A JSON text.")
    operationType = serializers.CharField()
    operationDate = serializers.DateTimeField()
    operationStatus = serializers.ChoiceField(choices=["succeeded", "decline"])
    customizedData = PairSerializer(many=True)
    action = serializers.CharField(help_text="As the portal names it.")
    actorKind = serializers.ChoiceField(choices=ActorKind.values)
    ipAddress = serializers.CharField(required=False)


def record_resource(event: Event) -> dict[str, Any]:
    """A row that was fetched with its address and its partner."""
    action, facts = Action(event.action), _facts(event)
    assert event.partner is not None  # rows of the operator's chain are no partner's to read
    return resource(
        "AuditRecord",
        id=str(Place.of(event)),
        partnerId=str(event.partner.public_id),
        customerId=str(event.customer_id) if event.customer_id else None,
        customerName=event.customer_name or None,
        userPrincipalName=event.who,
        applicationId=str(event.actor_id) if event.actor_kind == ActorKind.API_CLIENT else None,
        resourceType=RESOURCE_OF[action],
        resourceNewValue=json.dumps(facts, ensure_ascii=False),
        operationType=operation_of(action),
        operationDate=instant(event.occurred_at),
        operationStatus=status_of(action),
        customizedData=[{"key": name, "value": _text(value)} for name, value in facts.items()],
        action=action.value,
        actorKind=event.actor_kind,
        ipAddress=str(getattr(event, "address", "")) or None,
    )


def _facts(event: Event) -> dict[str, Any]:
    """What it is about, and its details; names in PascalCase, as that API has them."""
    about = {
        "OrderId": event.order_number,
        "ProductId": event.product_id,
        "ProductName": event.product_name,
        "SubscriptionId": str(event.purchase_id or ""),
        "KeyLastFive": event.key_last_five,
        "LinkId": str(event.link_id or ""),
        "LinkMadeBy": event.link_made_by,
    }
    told = {name: value for name, value in about.items() if value}
    return {**{_pascal(name): value for name, value in event.details.items()}, **told}


def _pascal(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
