"""Removing the files of exports: those that have served their time, and those that no export names (A2)."""

from datetime import timedelta
from functools import partial

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from activity.export.making import FOLDER
from activity.models import Action, LogExport
from activity.services import Actor, record

NAMELESS_KEPT = timedelta(days=1)  # a file that no export names; one that is being made is not yet named either
REMOVER = Actor.system("remove_old_exports")


def remove_old_exports() -> int:
    """Remove files of which the seven days are over, and those that a killed job left; answers how many."""
    over = LogExport.objects.over(timezone.now()).values_list("pk", flat=True)
    removed = sum(_remove(pk) for pk in list(over))
    return removed + sum(_remove_nameless(f"{FOLDER}/{name}") for name in _stored())


@transaction.atomic
def _remove(pk: int) -> int:
    over = LogExport.objects.over(timezone.now()).select_for_update(of=("self",), skip_locked=True)
    export = over.filter(pk=pk).first()
    if export is None:  # another run was first
        return 0
    record(Action.LOG_EXPORT_REMOVED, actor=REMOVER, on=export)
    transaction.on_commit(partial(default_storage.delete, export.storage_name), robust=True)
    export.storage_name = ""
    export.save(update_fields=["storage_name"])
    return 1


def _stored() -> list[str]:
    try:
        return default_storage.listdir(FOLDER)[1]
    except FileNotFoundError:  # no export was ever made
        return []


@transaction.atomic
def _remove_nameless(path: str) -> int:
    if LogExport.objects.filter(storage_name=path).exists() or not _is_old(path):
        return 0
    record(Action.LOG_EXPORT_REMOVED, actor=REMOVER, details={"stored_as": path})
    default_storage.delete(path)
    return 1


def _is_old(path: str) -> bool:
    try:
        return default_storage.get_modified_time(path) < timezone.now() - NAMELESS_KEPT
    except FileNotFoundError:  # removed meanwhile
        return False
