"""Exports of the log: who asked for one, and who took it (A3)."""

from functools import partial

from django.core.management import call_command
from django.utils import timezone

from activity import tasks
from activity.export.asking import ask_for_export, give_out_export
from activity.export.making import make_export
from activity.export.recording import begin_export
from activity.models import Action, ExportFormat, LogExport
from tests.recorded.registry import Call, Row, record_nothing, records, system
from tests.recorded.world import GLOBAL_ADMIN, World

JANUARY = ["--from=2020-01-01", "--to=2020-01-31", "--format=jsonl"]
QUERY = {"from": "2020-01-01", "to": "2020-01-31", "zone": "UTC", "show": "all"}


@records(
    "manage.py export_activity",
    "activity.export.recording.record_export",
    rows=[Row(Action.LOG_EXPORTED, system("export_activity"))],
)
def _export(world: World) -> Call:
    file, partner = world.folder / "log.jsonl", f"--partner={world.partner.public_id}"
    return partial(call_command, "export_activity", str(file), *JANUARY, partner, stdout=world.nowhere)


@records("activity.export.recording.begin_export", rows=[Row(Action.LOG_EXPORTED, GLOBAL_ADMIN)])
def _export_at_once(world: World) -> Call:
    return partial(begin_export, QUERY, ExportFormat.CSV, actor=world.global_admin)


@records("activity.export.asking.ask_for_export", rows=[Row(Action.LOG_EXPORTED, GLOBAL_ADMIN)])
def _ask(world: World) -> Call:
    return partial(ask_for_export, QUERY, ExportFormat.CSV, actor=world.global_admin)


@records("activity.export.asking.give_out_export", rows=[Row(Action.LOG_EXPORT_DOWNLOADED, GLOBAL_ADMIN)])
def _take(world: World) -> Call:
    export = ask_for_export(QUERY, ExportFormat.CSV, actor=world.global_admin)
    make_export(export.public_id)
    return partial(give_out_export, export.public_id, actor=world.global_admin)


@records("activity.tasks.remove_old_exports", rows=[Row(Action.LOG_EXPORT_REMOVED, system("remove_old_exports"))])
def _remove(world: World) -> Call:
    export = ask_for_export(QUERY, ExportFormat.CSV, actor=world.global_admin)
    make_export(export.public_id)
    LogExport.objects.update(expires_at=timezone.now())
    return tasks.remove_old_exports


record_nothing("makes the file that was asked for, which is recorded", "activity.tasks.make_export")
record_nothing("queues again what was asked for", "activity.tasks.queue_lost_exports")
