"""Jobs of the activity log."""

from celery import shared_task
from django.db import OperationalError, connection
from django.utils import timezone

from csp_portal.calendar_utc import add_months, month_of

MONTHS_AHEAD = 3


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=5)
def make_months() -> int:
    """Make the log's partitions of this month and the next ones; those that stand are left. Answers how many are new."""
    this_month = month_of(timezone.now())
    made = 0
    with connection.cursor() as cursor:
        for ahead in range(MONTHS_AHEAD + 1):
            cursor.execute("SELECT activity_make_month(%s)", [add_months(this_month, ahead)])
            made += cursor.fetchone()[0]
    return made
