"""`manage.py export_activity --from DATE --to DATE --format csv|jsonl|bundle [--partner ID] FILE` (A2, A5)."""

import os
import tempfile
import time
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from activity.export.recording import record_export
from activity.export.writing import write_export
from activity.models import Event, ExportFormat
from activity.seals.bundle import Asked
from activity.services import Actor
from csp_portal.accounts.models import Partner
from csp_portal.calendar_utc import end_of_day, start_of_day
from csp_portal.guids import guid_of

EXPORTER = Actor.system("export_activity")
SECONDS_BETWEEN_SIGNS = 2


class Command(BaseCommand):
    help = (
        "Write the rows of some days (UTC, both inclusive) to FILE: as CSV or JSON Lines, the newest first, or sealed, "
        "in the order of the chains, with what proves them. It is recorded in every chain of which rows are written."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="where to; a file that is there already is left alone")
        parser.add_argument(
            "--from", dest="first", type=_day, required=True, metavar="DATE", help="the first day (UTC)"
        )
        parser.add_argument("--to", dest="last", type=_day, required=True, metavar="DATE", help="the last day (UTC)")
        parser.add_argument("--format", choices=ExportFormat.values, required=True)
        parser.add_argument(
            "--partner", default="", metavar="ID", help="one partner's rows; without it all, the operator's too"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        first, last, path = options["first"], options["last"], options["file"]
        if first > last:
            raise CommandError(f"{first} is after {last}: give the earlier day with --from and the later with --to.")
        partners = _partners(options["partner"])
        try:
            with _written_whole(path) as out:
                rows = self._write(out, ExportFormat(options["format"]), partners, first, last)
        except KeyboardInterrupt as stopped:
            raise CommandError("Stopped; no file was written.") from stopped
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror or error}.") from error
        self.stdout.write(f"{path}: {rows} rows.")

    def _write(self, out: IO[bytes], file_format: ExportFormat, partners: list[Any], first: date, last: date) -> int:
        start, end = start_of_day(first), end_of_day(last)
        query = {"from": first.isoformat(), "to": last.isoformat(), "zone": "UTC", "show": "all"}
        record_export(query, file_format, actor=EXPORTER, partners=partners)
        events = Event.objects.between(start, end)
        if only := partners[0]:
            events = events.of_partner(only.pk)
        asked = Asked(partners, start, end, EXPORTER.name, query=query)
        return write_export(out, file_format, events, asked, self._tell())

    def _tell(self) -> Callable[[int], None]:
        """Says on stderr how far it is, every two seconds."""
        told = time.monotonic()

        def tell(rows: int) -> None:
            nonlocal told
            if time.monotonic() - told >= SECONDS_BETWEEN_SIGNS:
                told = time.monotonic()
                self.stderr.write(f"{rows} rows")

        return tell


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no day. Write year, month and day, like 2020-01-31.") from error


def _partners(public_id: str) -> list[Any]:
    """Whose chains: that partner's, or the operator's (None) and every partner's."""
    if not public_id:
        return [None, *Partner.objects.order_by("pk")]
    guid = guid_of(public_id)
    partner = Partner.objects.filter(public_id=guid).first() if guid else None
    if partner is None:
        raise CommandError(f"No partner has the id {public_id}. It stands as `chain` in exports of all partners.")
    return [partner]


@contextmanager
def _written_whole(path: Path) -> Iterator[IO[bytes]]:
    """A file beside `path`, which takes its name at the end; whatever happens before leaves nothing behind."""
    _leave_alone(path)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        _leave_alone(path)
        Path(name).rename(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _leave_alone(path: Path) -> None:
    if path.exists() or path.is_symlink():
        raise CommandError(f"{path} is there already. Give another name, or remove it first.")
