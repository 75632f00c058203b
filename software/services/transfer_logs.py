"""Reading from nginx's access log how many bytes each transfer sent (K8).

nginx writes a JSON object a line for each answer that the portal has authorised (`deployment/nginx.conf.template`):
`transfer` is the public id of the transfer, `status` what the client was answered, `sent` the bytes of the body. A file
holds an hour of one nginx, so none has to be rotated: what was read to its end and is a day old is removed.
"""

import json
import logging
import os
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from csp_portal.jobs import for_each
from software.models import Transfer, TransferLog
from software.services.releasing import release_failed
from software.services.transfers import end_transfer

log = logging.getLogger(__name__)

LINES = 500  # after which it is noted how far a file was read
LONGEST_LINE = 64 * 1024  # bytes; one of ours has some 200
KEPT = timedelta(days=1)
_OF_THE_FILE = frozenset({200, 206})
_NO_TRANSFER = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
    Transfer.DoesNotExist,
)


def read_transfer_logs() -> int:
    """Read what nginx has written since the last time; every line counts once, however often it is read (K8).

    Answers how many transfers were found to be over. Raises OSError if the folder cannot be read.
    """
    if not settings.TRANSFER_LOGS:
        return 0
    logs = sorted(path for path in Path(settings.TRANSFER_LOGS).iterdir() if path.suffix == ".log")
    return for_each(logs, _read)


def _read(path: Path) -> int:
    try:
        lines = path.open("rb")
    except FileNotFoundError:  # another worker has read and removed it
        return 0
    noted, _made = TransferLog.objects.get_or_create(name=path.name)
    ended, read_to = 0, noted.read_to
    with lines:
        if os.fstat(lines.fileno()).st_size < read_to:  # another file of that name
            read_to = 0
            TransferLog.objects.filter(pk=noted.pk).update(read_to=0)
        lines.seek(read_to)
        for number, line in enumerate(iter(lambda: lines.readline(LONGEST_LINE), b""), start=1):
            if not line.endswith(b"\n") and len(line) < LONGEST_LINE:
                break  # nginx is still writing it
            ended += _note(line)
            read_to += len(line)
            if number % LINES == 0:
                _note_position(noted, read_to)
    _note_position(noted, read_to)
    _remove_if_done(path, noted, read_to)
    return ended


def _note(line: bytes) -> int:
    """End the transfer that a line tells of; 1 if it was running until now, else 0."""
    try:
        said = json.loads(line)
        transfer_id, status, sent = UUID(said["transfer"]), int(said["status"]), max(int(said["sent"]), 0)
        transfer = Transfer.objects.get(public_id=transfer_id)
    except _NO_TRANSFER:
        log.error("a line of nginx's log tells of no transfer: %r", line[:200])
        return 0
    if status in _OF_THE_FILE and sent > transfer.length:
        log.error("nginx sent %s bytes of transfer %s, which asked for %s", sent, transfer_id, transfer.length)
    ended = end_transfer(transfer_id, sent if status in _OF_THE_FILE else 0)
    if status >= 500:  # also when the line is read again: whoever ended it may have been killed before this
        release_failed(transfer.session_id)
    return int(ended)


def _note_position(noted: TransferLog, read_to: int) -> None:
    """How far it was read, unless somebody else has read further meanwhile."""
    TransferLog.objects.filter(pk=noted.pk).update(read_to=Greatest(F("read_to"), read_to))


def _remove_if_done(path: Path, noted: TransferLog, read_to: int) -> None:
    try:
        facts = path.stat()
    except FileNotFoundError:
        noted.delete()
        return
    if facts.st_size <= read_to and facts.st_mtime < (timezone.now() - KEPT).timestamp():
        path.unlink(missing_ok=True)
        noted.delete()
