"""Download sessions of 13 months ago, removed; how many downloads they were stays counted (X6, K8)."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from activity.models import Action
from activity.services import Actor, record
from csp_portal.jobs import all_batches
from software.models import DownloadSession, RemovedDownloads, Transfer

# Sessions in one transaction, and in one row of the log. Their links are locked until it ends, so a download that is
# started meanwhile waits until the transfers of the whole batch are gone: it must not be many.
BATCH = 100
KEEPER = Actor.system("remove_old_sessions")


def remove_old_sessions() -> int:
    """Remove the sessions that were started 13 months ago, with their transfers; answers how many there were (X6).

    Batch by batch, passing over sessions that somebody holds, or whose link somebody holds: they come in the next run.
    What they come to is noted in the transaction that removes them, so that it counts once, whenever a run is killed.
    An address of such a session is unknown from then on, and its attempt is one like any other (K5).
    """
    return all_batches(_remove_batch)


@transaction.atomic
def _remove_batch() -> int:
    over = DownloadSession.objects.kept_long_enough(timezone.now()).select_related("link").order_by("started_at", "pk")
    batch = list(over.select_for_update(of=("link", "self"), skip_locked=True)[:BATCH])
    if batch:
        _note(batch)
        Transfer.objects.filter(session__in=batch).delete()
        DownloadSession.objects.filter(pk__in=[session.pk for session in batch]).delete()
        counted = sum(session.is_counted for session in batch)
        record(Action.DOWNLOADS_REMOVED, actor=KEEPER, details={"sessions": len(batch), "counted": counted})
    return len(batch)


def _note(sessions: Iterable[DownloadSession]) -> None:
    """Add what the sessions come to, grant by grant; their links are locked, so nobody else adds meanwhile."""
    notes = {(note.link_id, note.grant_number): note for note in _noted_of(sessions)}
    for session in sessions:
        place = (session.link_id, session.grant_number)
        notes.setdefault(place, RemovedDownloads(link_id=place[0], grant_number=place[1])).add(session)
    RemovedDownloads.objects.bulk_create([note for note in notes.values() if note.pk is None])
    standing = [note for note in notes.values() if note.pk is not None]
    RemovedDownloads.objects.bulk_update(standing, ["counted", "bytes_sent", "last_started_at"])


def _noted_of(sessions: Iterable[DownloadSession]) -> QuerySet[RemovedDownloads]:
    return RemovedDownloads.objects.filter(link__in={session.link_id for session in sessions})
