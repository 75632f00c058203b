"""Sealing the log in tests, whose servers are shared with other tests that run at the same time."""

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


def _all_sealed() -> bool:
    seal_log()
    places = SealedRow.objects.filter(event_id=OuterRef("pk"))  # of rows that were dropped they stay
    return not Event.objects.exclude(Exists(places)).exists()
