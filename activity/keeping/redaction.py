"""IP addresses, removed 24 months after they were written; the event and its seal stay as they are (A4)."""

from django.db import connection, transaction
from django.utils import timezone

from activity.models import Action
from activity.services import Actor, record
from csp_portal.calendar_utc import utc_day
from csp_portal.jobs import all_batches

BATCH = 50_000  # addresses in one transaction, and in one row of the log: a day has seldom more
REDACTOR = Actor.system("redact_addresses")


def redact_addresses() -> int:
    """Remove the addresses that are 24 months old by the database's clock; answers how many.

    The row that says so is written in the transaction that removes them (A3).
    """
    return all_batches(_redact_batch)


def addresses_over() -> int:
    """How many addresses would be removed now."""
    return _answer("SELECT count(*) FROM activity_address WHERE occurred_at <= activity_addresses_kept_from()")


@transaction.atomic
def _redact_batch() -> int:
    removed = _answer("SELECT activity_redact_addresses(%s)", BATCH)
    if removed:
        details = {"addresses": removed, "day": utc_day(timezone.now()).isoformat()}
        record(Action.LOG_ADDRESSES_REDACTED, actor=REDACTOR, details=details)
    return removed


def _answer(statement: str, *parameters: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.fetchone()[0])
