"""What calls about support requests send: nulls, `unknown`, `none` and dates of the year 1 were not given."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from cancellations.support.api.words import NONE, NOT_GIVEN, SEVERITIES, STATUSES, TOPICS
from cancellations.support.models import RefundReason
from cancellations.support.models.requests import LONGEST_TEXT, LONGEST_TITLE
from csp_portal.api.serializers import ApiSerializer, TextField, WholeNumberField, WordField

MOST_UNITS = 999_999_999


class ContactBody(ApiSerializer):
    firstName = TextField(required=False, allow_blank=True, max_length=100)
    lastName = TextField(required=False, allow_blank=True, max_length=100)
    email = TextField(required=False, allow_blank=True, max_length=254)
    phoneNumber = TextField(required=False, allow_blank=True, max_length=50)


class NewRequestBody(ApiSerializer):
    """A refund names the purchase, too: by order and line, or by subscription id, and what is asked for."""

    title = TextField(max_length=LONGEST_TITLE)
    description = TextField(max_length=LONGEST_TEXT)
    severity = WordField(choices=SEVERITIES)
    supportTopicId = serializers.ChoiceField(choices=list(TOPICS), help_text="Of /v1/servicerequests/supporttopics.")
    primaryContact = ContactBody(required=False)
    customerId = TextField(required=False, allow_blank=True, help_text="Tenant GUID or domain.")
    orderId = TextField(required=False, allow_blank=True)
    lineItemNumber = WholeNumberField(required=False, min_value=0, max_value=MOST_UNITS)
    subscriptionId = TextField(required=False, allow_blank=True)
    refundReason = WordField(choices=RefundReason.values, required=False)
    quantity = WholeNumberField(
        required=False, min_value=0, max_value=MOST_UNITS, help_text="All units that are left, unless given."
    )
    amountRequested = serializers.DecimalField(
        max_digits=16, decimal_places=4, required=False, help_text="All that can be credited, unless given."
    )
    noticeVersion = WholeNumberField(
        required=False,
        min_value=0,
        max_value=MOST_UNITS,
        help_text="Of the Important message, which a refund accepts; refundquote has it.",
    )

    def validate_severity(self, severity: str) -> str:
        if severity == NOT_GIVEN:
            raise serializers.ValidationError(_("Say how much hangs on it: critical, moderate or minimal."))
        return severity


class NoteBody(ApiSerializer):
    text = TextField(required=False, allow_blank=True, max_length=LONGEST_TEXT)


class ChangeBody(ApiSerializer):
    """A note, a status, or both; what else an SDK sends along stays as it is."""

    newNote = NoteBody(required=False)
    status = WordField(choices=STATUSES, required=False)


class RequestsQuery(ApiSerializer):
    size = serializers.IntegerField(required=False, help_text="Rows of a page; 0 for the usual 100.")
    offset = serializers.IntegerField(required=False, help_text="Rows before it.")
    status = WordField(choices=STATUSES, required=False)
    filter = serializers.CharField(required=False, help_text='{"Field":"Status","Value":"open","Operator":"equals"}')


class RefundQuoteQuery(ApiSerializer):
    orderId = serializers.CharField(required=False)
    lineItemNumber = WholeNumberField(required=False, min_value=0, max_value=MOST_UNITS)
    subscriptionId = serializers.CharField(required=False)
    quantity = WholeNumberField(required=False, min_value=0, max_value=MOST_UNITS)


class AttachmentQuery(ApiSerializer):
    fileName = TextField(max_length=255)
    comment = TextField(required=False, allow_blank=True, max_length=LONGEST_TEXT)


def status_asked(given: dict[str, Any]) -> str:
    """The status that a change asks for; empty where it asks for none."""
    status: str = given.get("status", NONE)
    return "" if status == NONE else status
