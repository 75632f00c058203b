"""What drafts and uploads leave behind, removed by jobs (S3)."""

from datetime import timedelta

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from activity.models import Action
from activity.services import Actor, record
from cancellations.support.models import Attachment, Draft
from cancellations.support.services.files import FOLDER, remove_rows

NAMELESS_KEPT = timedelta(days=1)  # a file that no row names; one that is being uploaded is not yet named either


def remove_old_drafts() -> int:
    """Remove drafts that nobody has gone on with for a week, with their files; answers how many."""
    over = Draft.objects.over(timezone.now()).values_list("pk", flat=True)
    return sum(_remove_draft(pk) for pk in list(over))


@transaction.atomic
def _remove_draft(pk: int) -> int:
    over = Draft.objects.over(timezone.now()).select_for_update(skip_locked=True)
    draft = over.filter(pk=pk).first()
    if draft is None:  # gone on with, or sent, meanwhile
        return 0
    remove_rows(Attachment.objects.filter(draft=draft), actor=Actor.system("remove_old_drafts"))
    draft.delete()
    return 1


def remove_nameless_files() -> int:
    """Remove stored files that no row names: an upload that was killed leaves one; answers how many."""
    return sum(_remove_nameless(f"{FOLDER}/{name}") for name in _stored())


def _stored() -> list[str]:
    try:
        return default_storage.listdir(FOLDER)[1]
    except FileNotFoundError:  # nothing was ever uploaded
        return []


@transaction.atomic
def _remove_nameless(path: str) -> int:
    if Attachment.objects.filter(storage_name=path).exists() or not _is_old(path):
        return 0
    record(Action.FILE_REMOVED, actor=Actor.system("remove_nameless_files"), details={"stored_as": path})
    default_storage.delete(path)
    return 1


def _is_old(path: str) -> bool:
    try:
        return default_storage.get_modified_time(path) < timezone.now() - NAMELESS_KEPT
    except FileNotFoundError:  # removed meanwhile
        return False
