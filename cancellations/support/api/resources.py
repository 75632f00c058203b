"""A support request as the API writes it (partner-center-api.md, 9). What the operator's staff note never is in it."""

from pathlib import PurePath
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from cancellations.support.api.words import SEVERITIES, STATUSES, TOPIC_OF, status_word
from cancellations.support.models import Attachment, EventKind, ProblemType, RequestEvent, SupportRequest
from cancellations.support.outcome import Outcome
from csp_portal.api.resources import instant, instant_or_none, link, resource
from csp_portal.api.schema import LinkSerializer, ResourceSerializer
from csp_portal.rounding import round_half_up


class SupportTopicSerializer(ResourceSerializer):
    id = serializers.CharField(help_text="Digits.")
    name = serializers.CharField()
    description = serializers.CharField()


class OrganizationSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()


class ContactSerializer(serializers.Serializer):
    """Whom support asks; empty 24 months after the request ended."""

    firstName = serializers.CharField(allow_blank=True)
    lastName = serializers.CharField(allow_blank=True)
    email = serializers.CharField(allow_blank=True)
    phoneNumber = serializers.CharField(allow_blank=True)


class NoteSerializer(serializers.Serializer):
    """What one side wrote to the other."""

    createdByName = serializers.CharField()
    createdDate = serializers.DateTimeField()
    text = serializers.CharField()


class FileLinkSerializer(ResourceSerializer):
    """A file that came with a request."""

    id = serializers.UUIDField()
    fileNameWithoutExtension = serializers.CharField()
    fileExtension = serializers.CharField(allow_blank=True)
    fileSize = serializers.IntegerField(help_text="Bytes.")
    sha256 = serializers.CharField()
    links = serializers.DictField(child=LinkSerializer())


class OutcomeSerializer(serializers.Serializer):
    """How a refund was decided."""

    creditTotal = serializers.FloatField(required=False)
    invoiceMonth = serializers.CharField(required=False, help_text="2020-02")
    reason = serializers.CharField(required=False, help_text="Why it was denied.")


class ServiceRequestSerializer(ResourceSerializer):
    """A support request; members from `customerId` on are ours."""

    id = serializers.CharField(help_text="15 digits.")
    title = serializers.CharField()
    description = serializers.CharField()
    severity = serializers.ChoiceField(choices=SEVERITIES)
    supportTopicId = serializers.CharField()
    supportTopicName = serializers.CharField()
    status = serializers.ChoiceField(choices=STATUSES)
    organization = OrganizationSerializer()
    primaryContact = ContactSerializer()
    productName = serializers.CharField(required=False)
    productId = serializers.CharField(required=False)
    createdDate = serializers.DateTimeField()
    lastModifiedDate = serializers.DateTimeField()
    lastClosedDate = serializers.CharField()
    countryCode = serializers.CharField(required=False)
    customerId = serializers.UUIDField(required=False)
    orderId = serializers.CharField(required=False)
    lineItemNumber = serializers.IntegerField(required=False)
    subscriptionId = serializers.UUIDField(required=False, help_text="The purchase, of whatever kind it is.")
    refundReason = serializers.CharField(required=False)
    quantity = serializers.IntegerField(required=False)
    amountRequested = serializers.FloatField(required=False)
    currencyCode = serializers.CharField(required=False)
    state = serializers.CharField(help_text="new, in_progress, action_required, approved, denied or closed")
    outcome = OutcomeSerializer(required=False)
    notes = NoteSerializer(many=True, required=False)
    fileLinks = FileLinkSerializer(many=True, required=False)
    links = serializers.DictField(child=LinkSerializer())


def path_of(request: SupportRequest) -> str:
    return f"/servicerequests/{request.number}"


def topic(topic_id: str, problem: ProblemType) -> dict[str, Any]:
    return resource("SupportTopic", id=topic_id, name=str(problem.label), description=str(problem.label))


def request_in_list(asked: SupportRequest) -> dict[str, Any]:
    """A request that was fetched `with_names`, as a list has it."""
    return resource("ServiceRequest", **_members(asked))


def one_request(asked: SupportRequest) -> dict[str, Any]:
    """The same with what was said, its files, and how it ended."""
    events = asked.events.for_partner().with_actor().exclude(kind=EventKind.FILED).exclude(text="")
    files = asked.attachments.all()
    return resource(
        "ServiceRequest",
        **_members(asked),
        outcome=_outcome(asked),
        notes=[_note(event) for event in events],
        fileLinks=[file_link(file, asked) for file in files],
    )


def file_link(file: Attachment, asked: SupportRequest) -> dict[str, Any]:
    name = PurePath(file.name)
    return resource(
        "FileInfo",
        id=str(file.public_id),
        fileNameWithoutExtension=name.stem,
        fileExtension=name.suffix.removeprefix("."),
        fileSize=file.size,
        sha256=file.sha256,
        links={"self": link(f"{path_of(asked)}/attachments/{file.public_id}")},
    )


def _note(event: RequestEvent) -> dict[str, Any]:
    """Who of support wrote it stays the operator's own matter."""
    name = event.actor.name if event.is_of_partner else _("Support")
    return {"createdByName": name, "createdDate": instant(event.at), "text": event.text}


def _members(asked: SupportRequest) -> dict[str, Any]:
    return {
        "id": asked.number,
        "title": asked.title,
        "description": asked.description,
        "severity": asked.impact,
        "supportTopicId": TOPIC_OF[ProblemType(asked.problem)],
        "supportTopicName": str(asked.get_problem_display()),
        "status": status_word(asked.state),
        "organization": {"id": str(asked.partner.public_id), "name": asked.partner.legal_name},
        "primaryContact": _contact(asked),
        "createdDate": instant(asked.filed_at),
        "lastModifiedDate": instant(asked.changed_at),
        "lastClosedDate": instant_or_none(asked.ended_at),
        "customerId": str(asked.customer.tenant_id) if asked.customer else None,
        "countryCode": asked.customer.market if asked.customer else None,
        **_purchase(asked),
        "state": asked.status,
        "links": {"self": link(path_of(asked)), "attachments": link(f"{path_of(asked)}/attachments")},
    }


def _contact(asked: SupportRequest) -> dict[str, Any]:
    return {
        "firstName": "",
        "lastName": asked.contact_name,
        "email": asked.contact_email,
        "phoneNumber": asked.contact_phone,
    }


def _purchase(asked: SupportRequest) -> dict[str, Any]:
    """What it is about, and of a refund what is asked for."""
    line = asked.order_line
    if line is None:
        return {}
    amount = asked.amount_requested
    return {
        "productName": line.product_title,
        "productId": line.purchase.sku.product.product_id,
        "orderId": line.order.number,
        "lineItemNumber": line.line_number - 1,
        "subscriptionId": str(line.purchase.public_id),
        "refundReason": asked.refund_reason or None,
        "quantity": asked.quantity,
        "amountRequested": None if amount is None else round_half_up(amount, asked.currency),
        "currencyCode": asked.currency,
    }


def _outcome(asked: SupportRequest) -> dict[str, Any] | None:
    ended = Outcome.of(asked)
    if ended is None:
        return None
    if ended.credit is None or ended.month is None:
        return {"reason": str(ended.reason)} if ended.reason else {}
    return {
        "creditTotal": round_half_up(ended.credit.gross, asked.currency),
        "invoiceMonth": f"{ended.month:%Y-%m}",
    }
