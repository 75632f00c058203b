"""How many events each day of the range has, or each month of a long one: a chart that costs no more as the log grows.

Days are the reader's, of 23 to 25 hours where clocks change. No bar counts further than MOST_COUNTED rows (X4).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models.expressions import RawSQL
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from activity.days import start_of
from activity.models import EventQuerySet
from csp_portal.calendar_utc import add_months
from csp_portal.instants import written_month

MOST_COUNTED = 1_000
MOST_DAYS = 92  # of a range that is shown by day

# A subquery for each bar, which stops at the most rows that a bar counts.
_COUNTS = """
    SELECT (SELECT count(*) FROM ({rows}) AS found)
    FROM unnest(%s::timestamptz[], %s::timestamptz[]) WITH ORDINALITY AS span (starts, ends, number)
    ORDER BY number
"""


@dataclass(frozen=True)
class Span:
    """Some days of the range, both inclusive: one day, or what the range has of one month."""

    first: date
    last: date
    by_month: bool

    def __str__(self) -> str:
        if self.by_month:
            return str(written_month(self.first))
        return formats.date_format(self.first, "SHORT_DATE_FORMAT")


@dataclass(frozen=True)
class Bar:
    """How many events a span has, as far as they are counted."""

    span: Span
    count: int

    @property
    def words(self) -> str:
        """The number, or that there may be more than are counted."""
        number = formats.number_format(self.count, force_grouping=True)
        if self.count >= MOST_COUNTED:
            return _("%(number)s events or more") % {"number": number}
        return ngettext("%(number)s event", "%(number)s events", self.count) % {"number": number}


def bars(events: EventQuerySet, first: date, last: date) -> list[Bar]:
    """A bar for each span from the first to the last day, none left out; one query."""
    spans = list(_months(first, last) if (last - first).days >= MOST_DAYS else _days(first, last))
    counted = _counts(events, spans)
    return [Bar(span, count) for span, count in zip(spans, counted, strict=True)]


def _days(first: date, last: date) -> Iterator[Span]:
    for after in range((last - first).days + 1):
        day = first + timedelta(days=after)
        yield Span(day, day, by_month=False)


def _months(first: date, last: date) -> Iterator[Span]:
    while first <= last:
        next_month = add_months(first.replace(day=1), 1)
        yield Span(first, min(last, next_month - timedelta(days=1)), by_month=True)
        first = next_month


def _counts(events: EventQuerySet, spans: list[Span]) -> list[int]:
    within = events.in_span(RawSQL("span.starts", ()), RawSQL("span.ends", ()))
    try:
        rows, parameters = within.order_by().values("pk")[:MOST_COUNTED].query.sql_with_params()
    except EmptyResultSet:  # of a reader who sees nothing
        return [0] * len(spans)
    starts = [start_of(span.first) for span in spans]
    ends = [start_of(span.last + timedelta(days=1)) for span in spans]
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS.format(rows=rows), [*parameters, starts, ends])
        return [count for (count,) in cursor.fetchall()]
