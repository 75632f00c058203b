"""Sending a file from Python, in development; in production the web server or the object storage sends (K10)."""

import logging
from collections.abc import Iterator
from datetime import timedelta

from django.core.files import File
from django.utils import timezone

from activity.services import Actor
from csp_portal.errors import Refusal
from software.models import DownloadSession, Transfer
from software.services.downloads import open_build, refusal_of_ended
from software.services.releasing import release_failed
from software.services.transfers import end_transfer

log = logging.getLogger(__name__)

CHUNK = 256 * 1024  # bytes
LOOK_AGAIN = timedelta(seconds=2)


def open_file(transfer: Transfer) -> File:
    """The file of a transfer, for reading.

    Raises Refusal (500) if it cannot be opened; the transfer is then over.
    """
    try:
        return open_build(transfer.session)
    except Refusal:
        end_transfer(transfer.public_id, 0)
        raise


class FileStream:
    """The bytes of a transfer, chunk by chunk, as a response's content.

    At its end it is noted how many were sent, and given back what failed by our fault (K8).

    Looks every two seconds whether the session is still open, and ends in the middle if it is not (C6). The server then
    has fewer bytes than it announced and breaks the connection off, so that the client sees the file incomplete.
    """

    def __init__(self, transfer: Transfer, file: File) -> None:
        self.transfer = transfer
        self.file = file
        self.failed = False
        self.sent = 0  # bytes of chunks after which the server has asked for more: no others have surely left

    def __iter__(self) -> Iterator[bytes]:
        self.file.seek(self.transfer.first)
        looked = timezone.now()
        while self.sent < self.transfer.length:
            if timezone.now() - looked >= LOOK_AGAIN:
                if not _is_still_open(self.transfer.session):
                    return
                looked = timezone.now()
            chunk = self._read(min(CHUNK, self.transfer.length - self.sent))
            if not chunk:
                return
            yield chunk
            self.sent += len(chunk)

    def _read(self, count: int) -> bytes:
        """The next bytes; none where the file fails by our fault."""
        session = self.transfer.session
        try:
            chunk: bytes = self.file.read(count)
        except OSError:
            log.exception("the file of download session %s cannot be read", session.public_id)
            chunk = b""
        else:
            if not chunk:
                log.error("the file of download session %s ends too soon", session.public_id)
        self.failed = not chunk
        return chunk

    def close(self) -> None:
        """Called by the server at the end, however it came."""
        self.file.close()
        end_transfer(self.transfer.public_id, self.sent)
        if self.failed:
            release_failed(self.transfer.session_id)


def _is_still_open(session: DownloadSession) -> bool:
    now = timezone.now()
    stands = DownloadSession.objects.with_file().get(pk=session.pk)
    end = stands.ended(now)
    if end is None:
        return True
    refusal_of_ended(stands, end, now, actor=Actor.link_holder())
    log.info("download session %s was cut: %s", session.public_id, end)
    return False
