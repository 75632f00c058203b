"""Making the files that were asked for: by jobs, which may be killed, come late, or come twice (A2, A5)."""

import hashlib
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import IO
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from activity.days import start_of
from activity.export.asking import queue_making
from activity.export.emails import tell_of_export
from activity.export.writing import Tell, write_export
from activity.forms import LogForm, Shown
from activity.models import Action, Event, EventQuerySet, ExportFormat, LogExport
from activity.models.exports import EXPORT_LIFETIME, MOST_ATTEMPTS, sees_whole_chain
from activity.seals.bundle import Asked
from activity.services import record_refusal
from csp_portal.accounts.permissions import Permission

FOLDER = "exports"  # of the storage; file names in it are random
SECONDS_BETWEEN_NOTES = 1


@dataclass(frozen=True)
class _Stored:
    """A file that has arrived in the storage."""

    storage_name: str
    size: int
    sha256: str


def make_export(export_id: UUID) -> bool:
    """Make the file of an export, and mail who asked for it; answers whether it was made now.

    Of two at once one does it. A killed one leaves nothing that counts, and its lock goes with its connection: the
    next begins anew. What its reader may see is what they may see now.
    """
    with _alone(export_id) as alone:
        export = _begin(export_id) if alone else None
        if export is None:
            return False
        with tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as file:
            rows = write_export(file, ExportFormat(export.format), *_wanted(export), _tell(export))
            stored = _store(file)
        try:
            _finish(export, stored, rows)
        except BaseException:
            if not LogExport.objects.filter(storage_name=stored.storage_name).exists():  # a commit's answer may be lost
                default_storage.delete(stored.storage_name)
            raise
    return True


def queue_lost_exports() -> int:
    """Queue again what nobody may be at work on; answers how many."""
    lost = LogExport.objects.lost(timezone.now()).values_list("pk", flat=True)
    return sum(_queue_again(pk) for pk in list(lost))


@transaction.atomic
def _queue_again(pk: int) -> int:
    now = timezone.now()
    export = LogExport.objects.lost(now).select_for_update(skip_locked=True).filter(pk=pk).first()
    if export is None:  # another sweep was first, or it goes on
        return 0
    export.queued_at = now
    export.save(update_fields=["queued_at"])
    queue_making(export)
    return 1


@contextmanager
def _alone(export_id: UUID) -> Iterator[bool]:
    """Whether nobody else is at work on the export; a lock of the connection, which a killed worker's server drops."""
    name = f"activity.export:{export_id}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        alone = cursor.fetchone()[0]
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])


@transaction.atomic
def _begin(export_id: UUID) -> LogExport | None:
    """Note one more attempt; None where there is nothing to do, or nobody to do it for."""
    found = LogExport.objects.unfinished().select_related("user", "partner").select_for_update(of=("self",))
    export = found.filter(public_id=export_id).first()
    if export is None:
        return None
    if not export.user.works_for(export.partner_id, Permission.EXPORT_ACTIVITY):
        refusal = export.user.refusal(Permission.EXPORT_ACTIVITY)
        record_refusal(Action.LOG_EXPORT_REFUSED, refusal, actor=export.user, export=str(export.public_id))
        _give_up(export)
        return None
    if export.attempts >= MOST_ATTEMPTS:
        tell_of_export(export, "log_export_failed")
        _give_up(export)
        return None
    export.attempts, export.rows_done, export.queued_at = export.attempts + 1, 0, timezone.now()
    export.scope = export.user.log_scope.as_details() if export.user.log_scope else None
    export.save(update_fields=["attempts", "rows_done", "queued_at", "scope"])
    return export


def _give_up(export: LogExport) -> None:
    export.failed_at = timezone.now()
    export.save(update_fields=["failed_at"])


def _wanted(export: LogExport) -> tuple[EventQuerySet, Asked]:
    """The rows, as far as who asked may see them now; and what a sealed file is to say of them.

    It claims to be complete only if nothing was asked for but days, and nothing narrows what the reader sees.
    """
    with timezone.override(export.zone):
        form = LogForm(export.query)
        if not form.is_valid():
            raise ValueError(f"the query of export {export.public_id} cannot be read: {form.errors.as_text()}")
        events = form.narrow(Event.objects.visible_to(export.user))
        first, last = form.days
        start, end = start_of(first), start_of(last + timedelta(days=1))
    complete = form.shown == Shown.EVERYTHING and not form.is_filtered and sees_whole_chain(export.user)
    made_by, left = export.user.email, None if complete else events
    return events, Asked([export.partner], start, end, made_by, left, export.query)


def _tell(export: LogExport) -> Tell:
    """Notes on the export how far it is, for its page; nobody takes it for lost then."""
    told = time.monotonic()

    def tell(rows: int) -> None:
        nonlocal told
        if time.monotonic() - told >= SECONDS_BETWEEN_NOTES:
            told = time.monotonic()
            LogExport.objects.filter(pk=export.pk).update(rows_done=rows, queued_at=timezone.now())

    return tell


def _store(file: IO[bytes]) -> _Stored:
    size = file.tell()
    file.seek(0)
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # it is read in full
    file.seek(0)
    return _Stored(default_storage.save(f"{FOLDER}/{uuid.uuid4().hex}", File(file)), size, sha256)


@transaction.atomic
def _finish(export: LogExport, stored: _Stored, rows: int) -> None:
    now = timezone.now()
    export.rows_done, export.done_at, export.expires_at = rows, now, now + EXPORT_LIFETIME
    export.storage_name, export.size, export.sha256 = stored.storage_name, stored.size, stored.sha256
    export.save(update_fields=["rows_done", "done_at", "expires_at", "storage_name", "size", "sha256"])
    tell_of_export(export, "log_export_ready")
