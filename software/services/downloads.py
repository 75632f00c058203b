"""Opening a download session and its file (K7)."""

import logging
from datetime import datetime

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from activity.models import Action
from activity.services import Actor, record, refusals_recorded
from csp_portal.errors import Reason, Refusal
from software import reasons
from software.models import DownloadSession, SessionEnd
from software.services.releasing import faults_released, release_if_unsent
from software.services.starting import whom_to_ask, with_names

log = logging.getLogger(__name__)


@refusals_recorded(Action.DOWNLOAD_REFUSED)
def open_session(token: str, *, actor: Actor) -> DownloadSession:
    """The session, while bytes of its file may be fetched; who is refused one stands in the log (A3).

    A session whose file was replaced is closed for good: two files are never spliced. One of which nothing was sent for
    15 minutes is given back here, where the job has not done so yet (K8). Raises DownloadSession.DoesNotExist for a
    token we did not make; Refusal if the session is over, revoked or given back (410), its file was replaced (409), it
    was closed over its budget (429), or the file is not as it should be (500), which gives its count back.
    """
    session = DownloadSession.objects.with_file().from_token(token)
    now = timezone.now()
    if session.is_overdue(now) and release_if_unsent(session.pk):
        session.refresh_from_db(fields=["end", "closed_at", "released_at"])
    end = session.ended(now)
    if end is not None:
        raise refusal_of_ended(session, end, now, actor=actor)
    with faults_released(session):
        _check_file(session)
    return session


@transaction.atomic
def refusal_of_ended(session: DownloadSession, end: SessionEnd, now: datetime, *, actor: Actor) -> Refusal:
    """Why nothing is sent, after the session was closed for good; recorded, once, where it was open until now."""
    closed = DownloadSession.objects.filter(pk=session.pk).close(end, now) if not session.end else 0
    if closed:
        details = {"session": str(session.public_id), "reason": end.reason.code}
        record(Action.DOWNLOAD_CLOSED, actor=actor, on=with_names(session.link), details=details)
    return _refusal(end.reason, session)


def _check_file(session: DownloadSession) -> None:
    build = session.link.build
    try:
        size = default_storage.size(build.storage_name)
    except OSError:
        log.exception("build %s cannot be read", build.public_id)
        raise _refusal(reasons.FILE_MISSING, session) from None
    if size != build.size:
        log.error("build %s has %s bytes instead of %s", build.public_id, size, build.size)
        raise _refusal(reasons.FILE_MISSING, session)


def open_build(session: DownloadSession) -> File:
    """The session's file, for reading. Raises Refusal (500) if it cannot be opened."""
    build = session.link.build
    try:
        return default_storage.open(build.storage_name)
    except OSError:
        log.exception("build %s cannot be read", build.public_id)
        raise _refusal(reasons.FILE_MISSING, session) from None


def _refusal(reason: Reason, session: DownloadSession) -> Refusal:
    link = with_names(session.link)
    return Refusal(reason, on=link, **whom_to_ask(link))
