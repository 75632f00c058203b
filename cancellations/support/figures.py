"""How support does: what is open and how old it is, how soon it answers and decides, and what it approves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Aggregate, Count, DurationField, F, Q
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext_lazy as _

from cancellations.support.models import OPEN_STATUSES, RequestStatus, SupportRequest
from cancellations.support.models.requests import SupportRequestQuerySet
from csp_portal.calendar_utc import add_months, month_of, start_of_day
from csp_portal.errors import Text

PERIODS = (30, 90)  # days that a reader can choose to look back
MONTHS_SHOWN = 12
_HOUR = timedelta(hours=1)
DECIDED = (RequestStatus.APPROVED, RequestStatus.DENIED)
ENDED = (*DECIDED, RequestStatus.CLOSED)


class Percentile(Aggregate):
    """PostgreSQL's percentile_cont: the value below which a part of the rows lies."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"


@dataclass(frozen=True)
class Age:
    """A span of ages, in calendar days: from `at_least` until before `below`."""

    label: Text
    at_least: int
    below: int | None = None

    def holds(self, now: datetime) -> Q:
        """Requests that are so old."""
        young = Q(filed_at__lte=now - timedelta(days=self.at_least))
        return young if self.below is None else young & Q(filed_at__gt=now - timedelta(days=self.below))


AGES = (
    Age(_("Less than 1 day"), 0, 1),
    Age(_("1 to 3 days"), 1, 3),
    Age(_("3 to 7 days"), 3, 7),
    Age(_("7 days and more"), 7),
)


@dataclass(frozen=True)
class Speed:
    """How long something took: how often, half of the times within `median`, nine of ten within `ninetieth`."""

    label: Text
    count: int
    median: timedelta | None
    ninetieth: timedelta | None

    @property
    def median_hours(self) -> float | None:
        return None if self.median is None else self.median / _HOUR

    @property
    def ninetieth_hours(self) -> float | None:
        return None if self.ninetieth is None else self.ninetieth / _HOUR


@dataclass(frozen=True)
class MonthFigures:
    """What happened in one month (UTC)."""

    month: date
    filed: int = 0
    approved: int = 0
    denied: int = 0
    closed: int = 0


@dataclass(frozen=True)
class OpenFigures:
    """The open requests of one age: how many there are in each status, in the order of OPEN_STATUSES."""

    label: Text
    counts: Sequence[int]

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True)
class Figures:
    """The figures at `now`; times and rate are of what was answered or decided in the last `days`."""

    now: datetime
    days: int

    @property
    def _since(self) -> datetime:
        return self.now - timedelta(days=self.days)

    @cached_property
    def open(self) -> list[OpenFigures]:
        """Open requests by age and status."""
        by_age = {f"age{number}": Count("pk", filter=age.holds(self.now)) for number, age in enumerate(AGES)}
        found: Any = SupportRequest.objects.open().order_by().values("status").annotate(**by_age)
        rows = {row["status"]: row for row in found}
        return [
            OpenFigures(age.label, [rows.get(status, {}).get(f"age{number}", 0) for status in OPEN_STATUSES])
            for number, age in enumerate(AGES)
        ]

    @property
    def open_by_status(self) -> list[int]:
        """The sums of `open`, by status."""
        return [sum(column) for column in zip(*(age.counts for age in self.open), strict=True)]

    @property
    def open_total(self) -> int:
        return sum(self.open_by_status)

    @cached_property
    def speeds(self) -> list[Speed]:
        """Times to the first reply and to the decision."""
        replied = SupportRequest.objects.filter(first_reply_at__gt=self._since)
        return [
            _speed(_("Time to the first reply"), replied, "first_reply_at"),
            _speed(_("Time to the decision"), self._decided, "ended_at"),
        ]

    @cached_property
    def decisions(self) -> dict[str, int]:
        """How many were decided, and how many of them approved."""
        return self._decided.aggregate(
            decided=Count("pk"), approved=Count("pk", filter=Q(status=RequestStatus.APPROVED))
        )

    @property
    def approve_rate(self) -> float | None:
        """Approved of decided, in percent; None while nothing was decided."""
        decided = self.decisions["decided"]
        return 100 * self.decisions["approved"] / decided if decided else None

    @property
    def _decided(self) -> SupportRequestQuerySet:
        return SupportRequest.objects.filter(status__in=DECIDED, ended_at__gt=self._since)

    @cached_property
    def months(self) -> list[MonthFigures]:
        """The last twelve months, this one last."""
        this = month_of(self.now)
        months = [add_months(this, number - MONTHS_SHOWN + 1) for number in range(MONTHS_SHOWN)]
        filed = _by_month("filed_at", months[0], filed=Count("pk"))
        ends = {status.value: Count("pk", filter=Q(status=status)) for status in ENDED}
        ended = _by_month("ended_at", months[0], **ends)
        return [MonthFigures(month, **filed.get(month, {}), **ended.get(month, {})) for month in months]


def _speed(label: Text, requests: SupportRequestQuerySet, until: str) -> Speed:
    took = F(until) - F("filed_at")
    return Speed(
        label,
        **requests.aggregate(
            count=Count("pk"),
            median=Percentile(took, fraction=0.5, output_field=DurationField()),
            ninetieth=Percentile(took, fraction=0.9, output_field=DurationField()),
        ),
    )


def _by_month(instant: str, first: date, **counts: Count) -> dict[date, dict[str, Any]]:
    """Counts by the UTC month of `instant`, from the month `first` on."""
    months = SupportRequest.objects.filter(**{f"{instant}__gte": start_of_day(first)}).order_by()
    rows: Any = months.annotate(month=TruncMonth(instant, tzinfo=UTC)).values("month").annotate(**counts)
    return {row["month"].date(): {name: row[name] for name in counts} for row in rows}
