"""The queue as support agents see it: its saved views, how many each holds, and in which order (S5)."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import IntegerField, QuerySet, Subquery, TextChoices
from django.utils.translation import gettext_lazy as _

from cancellations.support.models import OPEN_STATUSES, RequestStatus, SupportRequest
from cancellations.support.models.requests import SupportRequestQuerySet
from csp_portal.accounts.models import User
from csp_portal.pagination import MOST_ROWS_COUNTED


class SavedView(TextChoices):
    """Which part of the queue is shown; without one all that is open."""

    OPEN = "", _("All open")
    MINE = "mine", _("Mine")
    UNASSIGNED = "unassigned", _("Unassigned")
    TODAY = "today", _("Due today")
    OVERDUE = "overdue", _("Overdue")
    ACTION_REQUIRED = "action", _("Action required")
    ENDED = "ended", _("Decided and closed")

    def of(self, requests: SupportRequestQuerySet, reader: User, now: datetime) -> SupportRequestQuerySet:
        """Those of `requests` that the view shows to a reader."""
        if self == SavedView.ENDED:
            return requests.exclude(status__in=OPEN_STATUSES)
        found = requests.open()
        if self == SavedView.MINE:
            return found.filter(owner=reader)
        if self == SavedView.UNASSIGNED:
            return found.filter(owner=None)
        if self == SavedView.TODAY:
            return found.filter(due_at__gte=now, due_at__lt=end_of_day(now))
        if self == SavedView.OVERDUE:
            return found.filter(due_at__lt=now)
        if self == SavedView.ACTION_REQUIRED:
            return found.filter(status=RequestStatus.ACTION_REQUIRED)
        return found


class Sorting(TextChoices):
    """What stands first. What nobody has to act on has no due time and stands last."""

    DUE = "", _("Due, the soonest first")
    FILED = "filed", _("Filed, the oldest first")
    NEWEST = "-filed", _("Filed, the newest first")
    PARTNER = "partner", _("Partner")
    AMOUNT = "amount", _("Currency and amount, the largest first")

    @property
    def fields(self) -> tuple[str, ...]:
        orders = {
            Sorting.FILED: ("filed_at", "pk"),
            Sorting.NEWEST: ("-filed_at", "-pk"),
            Sorting.PARTNER: ("partner__legal_name", "due_at", "pk"),
            Sorting.AMOUNT: ("order_line__order__currency", "-amount_requested", "pk"),
        }
        return orders.get(self, ("due_at", "pk"))


def end_of_day(now: datetime) -> datetime:
    """The first instant of tomorrow in the operator's zone."""
    zone = ZoneInfo(settings.SUPPORT_TIME_ZONE)
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(0), tzinfo=zone).astimezone(UTC)


class _Count(Subquery):
    """How many rows a queryset has."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def counts(reader: User, now: datetime) -> dict[SavedView, int]:
    """How many requests each view holds, none counted beyond one more than 10,000 (X4); in one query."""
    visible = SupportRequest.objects.visible_to(reader).order_by()
    parts = {f"in_{view.name}": _Count(_capped(view.of(visible, reader, now))) for view in SavedView}
    row = User.objects.filter(pk=reader.pk).annotate(**parts).values(*parts).get()
    return {view: row[f"in_{view.name}"] for view in SavedView}


def _capped(requests: SupportRequestQuerySet) -> QuerySet[SupportRequest, Any]:
    return requests.values("pk")[: MOST_ROWS_COUNTED + 1]
