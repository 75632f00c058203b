"""The log's partitions: one for each month, made ahead, and the default one as the net under them (A4)."""

import re
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from psycopg2.errors import LockNotAvailable

from csp_portal.calendar_utc import add_months, month_of, start_of_day, utc_day
from csp_portal.mail.services import queue_mail

MONTHS_AHEAD = 12
LOCK_SECONDS = 10  # how long those who read or write the log may hold up who changes its partitions, and the reverse
_MONTH = re.compile(r"activity_event_y(\d{4})m(\d{2})")
_PARTITIONS = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'activity_event'::regclass"


class LogInUse(Exception):
    """Somebody has read or written the log for too long: its partitions cannot be changed meanwhile."""

    def __init__(self) -> None:
        super().__init__(
            f"The log is being read or written, for more than {LOCK_SECONDS} seconds. Run this again later: what is "
            "done stays done."
        )


@dataclass(frozen=True)
class MonthInDefault:
    """A month that has rows in the default partition, where each query has to look for them."""

    month: date
    rows: int


def make_months() -> int:
    """Make the partitions of this month and the next twelve; those that stand stay. Answers how many are new."""
    this_month = month_of(timezone.now())
    return sum(_make_month(add_months(this_month, ahead)) for ahead in range(MONTHS_AHEAD + 1))


def _make_month(month: date) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT activity_make_month(%s)", [month])
        return int(cursor.fetchone()[0])


def months_made() -> dict[date, str]:
    """The month of each partition, the oldest first, with the partition's name."""
    with connection.cursor() as cursor:
        cursor.execute(_PARTITIONS)
        names = [_MONTH.fullmatch(name) for (name,) in cursor.fetchall()]
    return dict(sorted((date(int(name[1]), int(name[2]), 1), name[0]) for name in names if name))


def months_in_default() -> list[MonthInDefault]:
    """What lies in the default partition, the oldest month first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT month, events FROM activity_months_in_default() ORDER BY month")
        return [MonthInDefault(*row) for row in cursor.fetchall()]


@transaction.atomic
def warn_of_default_rows() -> int:
    """Alarm the operator, once a day (UTC), while the default partition holds rows; answers of how many months."""
    months = months_in_default()
    if months:
        cause = f"log_default:{utc_day(timezone.now())}"
        queue_mail(settings.OPERATOR_SUPPORT_EMAIL, "log_default", cause=cause, months=months)
    return len(months)


def sort_default() -> int:
    """Move what lies in the default partition into months of its own, as the owner; answers how many rows that were.

    A transaction a month. Raises LogInUse; what was moved until then stays moved.
    """
    return sum(_sort_month(each.month) for each in months_in_default())


# The rows come back as they went, to the last byte: all columns are copied, and none is filled anew.
_SORT = (
    "CREATE TABLE activity_sorted AS SELECT * FROM activity_event_default WHERE {of_month}",
    "ALTER TABLE activity_event_default DISABLE TRIGGER activity_event_append_only",
    "DELETE FROM activity_event_default WHERE {of_month}",
    "ALTER TABLE activity_event_default ENABLE TRIGGER activity_event_append_only",
    "SELECT activity_make_month(%(month)s)",
    "INSERT INTO activity_event SELECT * FROM activity_sorted",
)
_OF_MONTH = "occurred_at >= %(start)s AND occurred_at < %(end)s"


@transaction.atomic
def _sort_month(month: date) -> int:
    start, end = start_of_day(month), start_of_day(add_months(month, 1))
    lock_log()
    with connection.cursor() as cursor:
        for statement in _SORT:
            cursor.execute(statement.format(of_month=_OF_MONTH), {"month": month, "start": start, "end": end})
        moved: int = cursor.rowcount
        cursor.execute("DROP TABLE activity_sorted")
    return moved


def lock_log() -> None:
    """Keep all others from the log until the transaction is over. Raises LogInUse."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        try:
            cursor.execute("LOCK TABLE activity_event IN ACCESS EXCLUSIVE MODE")
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise LogInUse from error
            raise
