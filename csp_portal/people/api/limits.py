"""The limits of the role Auditor as clients send them, as the services take them, and as the API tells of them."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework import serializers

from activity.models.scope import MOST_CUSTOMERS, LogScope
from csp_portal.api.serializers import ApiSerializer, DayField, TextField
from csp_portal.guids import guid_of
from customers.models import Customer


class LogScopeBody(ApiSerializer):
    """The part of the activity log that an Auditor sees; an empty list of customers with no day is the whole log."""

    customers = serializers.ListField(
        child=TextField(),
        required=False,
        max_length=MOST_CUSTOMERS,
        help_text="Tenant GUIDs of your customers. None: all, and what concerns no customer.",
    )
    firstDay = DayField(required=False, help_text="First day of the log that is seen (UTC).")
    lastDay = DayField(required=False, help_text="Last day of the log that is seen (UTC); it is included.")

    def validate_customers(self, texts: list[str]) -> frozenset[UUID]:
        """The customers of the caller; another partner's are as unknown as those that do not exist."""
        meant = [guid_of(text) for text in texts]
        visible = Customer.objects.visible_to(self.context["request"].user).order_by()
        known = set(visible.filter(tenant_id__in=filter(None, meant)).values_list("tenant_id", flat=True))
        wrong = {number: [_unknown(texts[number])] for number, named in enumerate(meant) if named not in known}
        if wrong:
            raise serializers.ValidationError(wrong)
        return frozenset(known)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        """Refuse what limits nothing without saying so: a slip in a name would open the whole log."""
        if not given:
            raise serializers.ValidationError(_("Name customers, firstDay or lastDay; leave it out for the whole log."))
        return given


class LimitsBody(ApiSerializer):
    """What the role Auditor can be limited by; no other role can."""

    auditorLastDay = DayField(
        required=False,
        allow_empty=True,
        help_text="Of the role Auditor: after this day (UTC) it stops by itself. Empty: never.",
    )
    logScope = LogScopeBody(required=False, help_text="Of the role Auditor: the part of the activity log that it sees.")


class LogScopeSerializer(serializers.Serializer):
    """The part of the activity log that an Auditor sees; no customers are all of them."""

    customers = serializers.ListField(child=serializers.UUIDField())
    firstDay = serializers.DateField(required=False)
    lastDay = serializers.DateField(required=False)


def limits_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """What a body tells of the limits, as the services take them; what it leaves out is left out."""
    told: dict[str, Any] = {}
    if "auditorLastDay" in given:
        told["auditor_last_day"] = given["auditorLastDay"]
    if "logScope" in given:
        scope = given["logScope"]
        told["auditor_scope"] = LogScope(
            scope.get("customers", frozenset()), scope.get("firstDay"), scope.get("lastDay")
        )
    return told


def told_limits(last_day: date | None, scope: LogScope, *, day_as: str = "auditorLastDay") -> dict[str, Any]:
    """The limits as members of a resource: none of them where there is no limit."""
    return _days(**{day_as: last_day}) | ({"logScope": _told_scope(scope)} if scope.is_limited else {})


def _told_scope(scope: LogScope) -> dict[str, Any]:
    return {"customers": sorted(map(str, scope.customers)), **_days(firstDay=scope.first_day, lastDay=scope.last_day)}


def _days(**days: date | None) -> dict[str, str]:
    return {name: day.isoformat() for name, day in days.items() if day}


def _unknown(text: str) -> str:
    return _("None of your customers has the tenant GUID “%(text)s”.") % {"text": text[:80]}
