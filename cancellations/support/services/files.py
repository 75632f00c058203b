"""Files of drafts and requests: taken, taken out again, and given out (S3)."""

import hashlib
import uuid
from functools import partial
from typing import BinaryIO, cast
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from activity.models import Action
from activity.services import Actor, record, record_each, refusals_recorded
from cancellations.support import reasons
from cancellations.support.file_types import ENDINGS, is_of, kept_name, type_of
from cancellations.support.models import Attachment
from cancellations.support.models.files import AttachmentQuerySet
from cancellations.support.scanning import scan
from cancellations.support.services.drafts import locked_draft
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, require
from csp_portal.errors import Refusal
from csp_portal.key_text import holds_key
from csp_portal.sizes import limit_written

FOLDER = "support"  # of the storage; file names in it are random


@refusals_recorded(Action.FILE_REFUSED)
def add_file(draft_id: UUID, upload: UploadedFile, *, actor: User) -> Attachment:
    """Add a file to the actor's draft, which is made by its first file; scanned and stored before its row stands.

    Raises Refusal for the role, a file that is not taken, and one too many; Draft.DoesNotExist for somebody else's
    draft. What fails leaves neither a row nor a file behind.
    """
    require(actor, Permission.FILE_SUPPORT)
    name = kept_name(upload.name or "")
    if holds_key(name):
        raise Refusal(reasons.KEY_IN_TEXT)
    content_type = _content_type(upload, name)
    scan(_content(upload), name)
    storage_name = default_storage.save(f"{FOLDER}/{uuid.uuid4().hex}", upload)
    try:
        return _add_row(draft_id, upload, name, content_type, storage_name, actor=actor)
    except BaseException:
        if not Attachment.objects.filter(storage_name=storage_name).exists():  # a commit's answer may have been lost
            default_storage.delete(storage_name)
        raise


def _content_type(upload: UploadedFile, name: str) -> str:
    """What the file is sent as. Raises Refusal unless it is small enough and of a type that is taken."""
    if not upload.size:
        raise Refusal(reasons.ATTACHMENT_EMPTY, file=name)
    if upload.size > settings.SUPPORT_LARGEST_FILE:
        raise Refusal(reasons.ATTACHMENT_TOO_LARGE, file=name, size=limit_written(settings.SUPPORT_LARGEST_FILE))
    claimed = type_of(name)
    if claimed is None:
        raise Refusal(reasons.ATTACHMENT_TYPE_NOT_TAKEN, file=name, types=ENDINGS)
    if not is_of(_content(upload), claimed):
        raise Refusal(reasons.ATTACHMENT_NOT_WHAT_IT_SAYS, file=name, types=ENDINGS)
    return claimed.content_type


def _content(upload: UploadedFile) -> BinaryIO:
    return cast(BinaryIO, upload.file)


@transaction.atomic
def _add_row(
    draft_id: UUID, upload: UploadedFile, name: str, content_type: str, storage_name: str, *, actor: User
) -> Attachment:
    draft = locked_draft(draft_id, actor=actor)
    if draft.attachments.count() >= settings.SUPPORT_MOST_FILES:
        raise Refusal(reasons.TOO_MANY_FILES, limit=settings.SUPPORT_MOST_FILES)
    attachment = Attachment.objects.create(
        draft=draft,
        uploaded_by=actor,
        uploaded_at=timezone.now(),
        name=name,
        content_type=content_type,
        size=upload.size or 0,
        sha256=_sha256(upload),
        storage_name=storage_name,
    )
    record(Action.FILE_ADDED, actor=actor, on=attachment)
    return attachment


def _sha256(upload: UploadedFile) -> str:
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    return digest.hexdigest()


@transaction.atomic
def remove_file(file_id: UUID, *, actor: User) -> None:
    """Take a file out of the actor's draft; one that is no longer there is no fault."""
    require(actor, Permission.FILE_SUPPORT)
    files = Attachment.objects.filter(draft__user=actor, public_id=file_id)
    remove_rows(files.select_for_update(of=("self",)), actor=actor)


def remove_rows(files: AttachmentQuerySet, *, actor: Actor | User) -> None:
    """Remove the rows of files and, once that is committed, what they hold; in the caller's transaction.

    A file that cannot be removed then is named by no row, and goes with the job.
    """
    removed = list(files.select_related("request", "uploaded_by"))
    record_each(Action.FILE_REMOVED, actor=actor, on=removed)
    names = [file.storage_name for file in removed]
    Attachment.objects.filter(storage_name__in=names).delete()
    for name in names:
        transaction.on_commit(partial(default_storage.delete, name), robust=True)


@transaction.atomic
def give_out(attachment: Attachment, *, actor: User) -> None:
    """Record that somebody gets a file, before its first byte goes (S3)."""
    record(Action.FILE_DOWNLOADED, actor=actor, on=attachment)
