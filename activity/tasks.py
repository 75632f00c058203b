"""Jobs of the activity log."""

from django.db import connection
from django.utils import timezone

from activity import head_mail
from activity.seals import sealing
from csp_portal.calendar_utc import add_months, month_of
from csp_portal.jobs import job

MONTHS_AHEAD = 3


@job
def make_months() -> int:
    """Make the log's partitions of this month and the next ones; those that stand stay. Answers how many are new."""
    this_month = month_of(timezone.now())
    made = 0
    with connection.cursor() as cursor:
        for ahead in range(MONTHS_AHEAD + 1):
            cursor.execute("SELECT activity_make_month(%s)", [add_months(this_month, ahead)])
            made += cursor.fetchone()[0]
    return made


@job
def seal_log() -> int:
    """Seal the rows of the log that nobody can write one before any more; answers how many (A5)."""
    return sealing.seal_log()


@job
def mail_heads() -> int:
    """Mail the heads of the log; every day, though it is done once in a month (A5)."""
    return head_mail.mail_heads()
