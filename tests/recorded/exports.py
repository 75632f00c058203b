"""Exports of the log: who asked for one, and who took it (A3)."""

from functools import partial

from django.core.management import call_command

from activity.models import Action
from tests.recorded.registry import Call, Row, records, system
from tests.recorded.world import World

JANUARY = ["--from=2020-01-01", "--to=2020-01-31", "--format=jsonl"]


@records(
    "manage.py export_activity",
    "activity.export.recording.record_export",
    rows=[Row(Action.LOG_EXPORTED, system("export_activity"))],
)
def _export(world: World) -> Call:
    file, partner = world.folder / "log.jsonl", f"--partner={world.partner.public_id}"
    return partial(call_command, "export_activity", str(file), *JANUARY, partner, stdout=world.nowhere)
