"""Giving a download's count back: nothing was sent in time, or the fault was ours (K8)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from activity.models import Action
from activity.services import Actor, record
from csp_portal.errors import Refusal
from csp_portal.jobs import for_each
from software.models import DownloadLink, DownloadSession, SessionEnd

RELEASER = Actor.system("release_downloads")


def release_due() -> int:
    """Give back the count of every download of which nothing was sent within 15 minutes, or that has failed (K8).

    Answers how many there were.
    """
    unsent = DownloadSession.objects.unsent(timezone.now()).order_by("started_at", "pk")
    failed = DownloadSession.objects.failed().order_by("closed_at", "pk")
    released = for_each(list(unsent.values_list("pk", flat=True)), release_if_unsent)
    return released + for_each(list(failed.values_list("pk", flat=True)), release_failed)


@transaction.atomic
def release_if_unsent(session_pk: int) -> int:
    """Give back the count of this download if nothing of it was sent in time; 1 if so, else 0."""
    now = timezone.now()
    session = _locked(session_pk)
    if not DownloadSession.objects.unsent(now).filter(pk=session_pk).exists():
        return 0
    _release(session, SessionEnd.NOTHING_SENT, now)
    return 1


@transaction.atomic
def release_failed(session_pk: int) -> int:
    """End a download that has failed by a fault of ours, and give back its count; 1 if that was now, else 0.

    One of which every byte was sent before has not failed: it stays counted, and open; so does one whose bytes an
    object storage sends, for nobody tells what it has sent. While another transfer of it is on its way, it may still
    turn out to have arrived whole: the job gives it back once that is known.
    """
    session = _locked(session_pk)
    if session.released_at or session.completed_at or session.transfers.filter(by_storage=True).exists():
        return 0
    now = timezone.now()
    closed = DownloadSession.objects.filter(pk=session_pk).close(SessionEnd.FAULT, now)
    session.refresh_from_db(fields=["end", "closed_at"])
    if session.transfers.running().exists():
        if closed:
            record(Action.DOWNLOAD_CLOSED, actor=RELEASER, on=session)
        return 0
    _release(session, SessionEnd.FAULT, now)
    return 1


@contextmanager
def faults_released(session: DownloadSession) -> Iterator[None]:
    """Whatever fails in here by our fault gives the session's count back: an error, or a refusal of 500 or more."""
    try:
        yield
    except Refusal as refusal:
        if refusal.status >= 500:
            release_failed(session.pk)
        raise
    except Exception:
        release_failed(session.pk)
        raise


def _locked(session_pk: int) -> DownloadSession:
    """The session and its link as they stand, both locked: the link first, as those who start downloads do."""
    link_pk = DownloadSession.objects.values_list("link_id", flat=True).get(pk=session_pk)
    link = DownloadLink.objects.with_purchase().select_for_update(of=("self",)).get(pk=link_pk)
    session = DownloadSession.objects.select_for_update(of=("self",)).get(pk=session_pk)
    session.link = link
    return session


def _release(session: DownloadSession, end: SessionEnd, now: datetime) -> None:
    """End the session, if nothing has yet, and give back its count; under an earlier grant that changes nothing."""
    session.released_at = now
    if not session.end:
        session.end, session.closed_at = end, now
    session.save(update_fields=["released_at", "end", "closed_at"])
    standing = DownloadLink.objects.filter(pk=session.link_id, grant_number=session.grant_number)
    given_back = standing.update(used=F("used") - 1)
    details = {"session": str(session.public_id), "reason": end.value, "given_back": given_back}
    record(Action.DOWNLOAD_RELEASED, actor=RELEASER, on=session.link, details=details)
