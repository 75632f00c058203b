"""Sealing the log in tests, whose servers are shared with other tests that run at the same time."""

from django.db import connection
from django.db.models import Exists, OuterRef

from activity.models import Event, SealedRow
from activity.seals.sealing import seal_log
from tests.helpers import until

SECONDS = 120  # how long a test that runs beside may hold its transaction open


def seal_everything() -> int:
    """Seal all rows there are; answers how many were new. Transactions of other databases hold up the sealer too."""
    before = SealedRow.objects.count()
    until(_all_sealed, seconds=SECONDS)
    return SealedRow.objects.count() - before


def wait_for_others() -> None:
    """Wait until no transaction is older than any row there is: whoever seals now seals all of them."""
    until(_nothing_holds_up, seconds=SECONDS)


def _nothing_holds_up() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT NOT EXISTS (SELECT FROM activity_event WHERE xid >= pg_snapshot_xmin(pg_current_snapshot()))"
        )
        return bool(cursor.fetchone()[0])


def _all_sealed() -> bool:
    seal_log()
    places = SealedRow.objects.filter(event_id=OuterRef("pk"))  # of rows that were dropped they stay
    return not Event.objects.exclude(Exists(places)).exists()
