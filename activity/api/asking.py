"""What calls about the log ask for: days in UTC, and the filters of the page; never a key or a link's address."""

from collections.abc import Mapping
from datetime import date, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from activity.api.operations import ACTIONS_OF
from activity.asked import without_secrets
from activity.forms import DAYS_BY_DEFAULT, FILTERS, LogForm, Shown
from activity.models import EventQuerySet
from csp_portal.accounts.models import User
from csp_portal.api.dates import day_of
from csp_portal.api.errors import input_wrong
from csp_portal.api.filters import Filter, filter_of
from csp_portal.api.folding import squashed
from csp_portal.api.serializers import ApiSerializer
from csp_portal.calendar_utc import utc_day
from csp_portal.day_field import FIRST_DAY, LAST_DAY

ASKED_BY = {"CompanyName": ("substring",), "CustomerId": ("equals",), "ResourceType": ("equals",)}
PAGE_FILTERS = tuple(name for name in FILTERS if name != "key")
MEMBERS = {"from": "startDate", "to": "endDate", "first_day": "startDate", "last_day": "endDate"}


class LogQuery(ApiSerializer):
    """Which rows: of these days, both inclusive (UTC), and those that the page's filters leave."""

    startDate = serializers.CharField(required=False, help_text="2026-11-19; 30 days ago, unless given.")
    endDate = serializers.CharField(required=False, help_text="The whole of this day too; today, unless given.")
    user = serializers.CharField(required=False)
    customer = serializers.CharField(required=False, help_text="Tenant GUID or name.")
    product = serializers.CharField(required=False)
    order = serializers.CharField(required=False)
    action = serializers.CharField(required=False, help_text="As the portal names it.")
    address = serializers.CharField(required=False, help_text="IP address.")
    link = serializers.CharField(required=False, help_text="Id of a download link.")


class RecordsQuery(LogQuery):
    size = serializers.IntegerField(required=False, help_text="Rows of a page; 0 for the usual 500.")
    filter = serializers.CharField(
        required=False, help_text='{"Field":"CompanyName","Value":"con","Operator":"substring"}'
    )
    seekOperation = serializers.CharField(required=False, help_text="Next, with the header MS-ContinuationToken.")


def form_of(query: Mapping[str, str], user: User) -> LogForm:
    """The page's form, filled from a call, checked; all actions are shown. Raises Refusal."""
    asked = {name: query[name] for name in PAGE_FILTERS if query.get(name, "").strip()}
    last = _day(query, "endDate") or utc_day(timezone.now())
    first = _day(query, "startDate") or max(FIRST_DAY, last - timedelta(days=DAYS_BY_DEFAULT - 1))
    days = {"from": first.isoformat(), "to": last.isoformat()}
    form = LogForm({**without_secrets(asked, user), **days, "show": Shown.EVERYTHING.value})
    if not form.is_valid():
        wrong = {MEMBERS.get(name, name): " ".join(map(str, errors)) for name, errors in form.errors.items()}
        raise input_wrong(wrong)
    return form


def _day(query: Mapping[str, str], name: str) -> date | None:
    """The day in one of the ways in which clients write it. Raises Refusal."""
    text = query.get(name.lower(), "").strip()
    if not text:
        return None
    try:
        day = day_of(text)
    except (ValueError, OverflowError):
        raise input_wrong({name: _("It must be a day, such as 2026-11-19.")}) from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise input_wrong({name: _("It is no day that the log can be asked about.")})
    return day


def asked_filter(query: Mapping[str, str]) -> Filter | None:
    """The parameter `filter`. Raises Refusal."""
    return filter_of(query.get("filter", ""), ASKED_BY)


def filtered(events: EventQuerySet, asked: Filter | None) -> EventQuerySet:
    """The rows that the parameter `filter` leaves."""
    if asked is None:
        return events
    if asked.field == "CustomerId":
        return events.of_customer(asked.value.removeprefix("org:"))
    if asked.field == "CompanyName":
        return events.filter(customer_name__icontains=asked.value)
    named = (actions for word, actions in ACTIONS_OF.items() if squashed(word) == squashed(asked.value))
    return events.filter(action__in=next(named, ()))
