"""Sending a file inside its download session (K7)."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from activity.models import Action
from activity.services import Actor, record, refusals_recorded
from csp_portal.errors import Reason, Refusal
from software import reasons
from software.models import DownloadSession, SessionEnd
from software.services.starting import whom_to_ask

log = logging.getLogger(__name__)

CHUNK = 256 * 1024  # bytes
LOOK_AGAIN = timedelta(seconds=2)
_BEFORE_ITS_TIME = frozenset({SessionEnd.FILE_REPLACED, SessionEnd.OVER_BUDGET})


@refusals_recorded(Action.DOWNLOAD_REFUSED)
def open_session(token: str, *, actor: Actor) -> DownloadSession:
    """The session, while bytes of its file may be fetched; who is refused one stands in the log (A3).

    A session whose file was replaced is closed for good: two files are never spliced. Raises
    DownloadSession.DoesNotExist for a token we did not make; Refusal if the session is over or revoked (410), its file
    was replaced (409), it was closed over its budget (429), or the file is not as it should be (500).
    """
    session = DownloadSession.objects.with_link().from_token(token)
    now = timezone.now()
    end = session.ended(now)
    if end is not None:
        raise _ended(session, end, now, actor=actor)
    _check_file(session)
    return session


@refusals_recorded(Action.DOWNLOAD_REFUSED)
def charge(session: DownloadSession, count: int, *, actor: Actor) -> None:
    """Charge the bytes that a request asks for before any of them is sent; committed when this returns (K7).

    One conditional statement decides, so that parallel segments together stay within twice the file and 64 MiB. The
    request that would go past it closes the session for good.
    Raises Refusal (429, or as `open_session` if the session has ended meanwhile).
    """
    now = timezone.now()
    this = DownloadSession.objects.filter(pk=session.pk)
    if this.charge(count, most=session.most_bytes, now=now):
        return
    stands = _as_it_stands(session)
    raise _ended(stands, stands.ended(now) or SessionEnd.OVER_BUDGET, now, actor=actor)


@transaction.atomic
def _ended(session: DownloadSession, end: SessionEnd, now: datetime, *, actor: Actor) -> Refusal:
    """Why nothing is sent, after the session was closed for good; recorded, once, where it was open until now."""
    closed = DownloadSession.objects.filter(pk=session.pk).close(end, now) if not session.end else 0
    if closed and end in _BEFORE_ITS_TIME:
        details = {"session": str(session.public_id), "reason": end.reason.code}
        record(Action.DOWNLOAD_CLOSED, actor=actor, on=session.link, details=details)
    return _refusal(end.reason, session)


def _as_it_stands(session: DownloadSession) -> DownloadSession:
    return DownloadSession.objects.with_link().get(pk=session.pk)


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


def open_file(session: DownloadSession) -> File:
    """The session's file, for reading.

    Raises Refusal (500) if it cannot be opened.
    """
    build = session.link.build
    try:
        return default_storage.open(build.storage_name)
    except OSError:
        log.exception("build %s cannot be read", build.public_id)
        raise _refusal(reasons.FILE_MISSING, session) from None


def _refusal(reason: Reason, session: DownloadSession) -> Refusal:
    return Refusal(reason, on=session.link, **whom_to_ask(session.link))


class Transfer:
    """`length` bytes of a session's file from `first` on, chunk by chunk, as a response's content.

    Looks every two seconds whether the session is still open, and ends in the middle if it is not (C6). The server then
    has fewer bytes than it announced and breaks the connection off, so that the client sees the file incomplete.
    """

    def __init__(self, session: DownloadSession, file: File, *, first: int, length: int) -> None:
        self.session = session
        self.file = file
        self.first = first
        self.length = length

    def __iter__(self) -> Iterator[bytes]:
        self.file.seek(self.first)
        left = self.length
        looked = timezone.now()
        while left > 0:
            if timezone.now() - looked >= LOOK_AGAIN:
                if not _is_still_open(self.session):
                    return
                looked = timezone.now()
            chunk = self.file.read(min(CHUNK, left))
            if not chunk:
                log.error("the file of download session %s ends too soon", self.session.public_id)
                return
            left -= len(chunk)
            yield chunk

    def close(self) -> None:
        """Called by the server at the end, however it came."""
        self.file.close()


def _is_still_open(session: DownloadSession) -> bool:
    now = timezone.now()
    stands = _as_it_stands(session)
    end = stands.ended(now)
    if end is None:
        return True
    _ended(stands, end, now, actor=Actor.link_holder())
    log.info("download session %s was cut: %s", session.public_id, end)
    return False
