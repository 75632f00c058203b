"""`manage.py import_price_list FILE [--effective DATE] [--report FILE]` (M6)."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from activity.services import Actor
from csp_portal.row_files import BadFile
from software.price_report import PriceListReport
from software.services import import_price_list

LINES_SHOWN = 20  # of each kind of change


class Command(BaseCommand):
    help = "Load the monthly price list: every row checked, all or nothing, again without effect."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--effective",
            type=date.fromisoformat,
            help="day (UTC, YYYY-MM-DD) on which prices end that the file no longer has; default today",
        )
        parser.add_argument("--report", type=Path, help="write every change to this file, a line each")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = import_price_list(
                options["file"],
                actor=Actor.system("import_price_list"),
                effective=options["effective"],
                progress=lambda rows: self.stderr.write(f"{rows} rows read."),
            )
        except BadFile as bad:
            raise CommandError(f"Nothing was loaded.\n{bad}") from bad
        except OSError as error:
            raise CommandError(f"Cannot read {options['file']}: {error.strerror}.") from error
        self._tell(report, whole=options["verbosity"] > 1)
        if options["report"]:
            self._keep(report, options["report"])

    def _tell(self, report: PriceListReport, *, whole: bool) -> None:
        for note in report.notes:
            self.stdout.write(note)
        for happened, changes in report.groups():
            self.stdout.write(f"{happened.label.capitalize()}:")
            for change in changes[: None if whole else LINES_SHOWN]:
                self.stdout.write(f"  {change}")
            left = len(changes) - LINES_SHOWN
            if left > 0 and not whole:
                self.stdout.write(f"  and {left} more: --report FILE or --verbosity 2 tells them all.")
        self.stdout.write(report.summary)

    def _keep(self, report: PriceListReport, path: Path) -> None:
        lines = [f"{happened.value}: {change}" for happened, changes in report.groups() for change in changes]
        try:
            path.write_text("\n".join([*report.notes, *lines, report.summary, ""]), encoding="utf-8")
        except OSError as error:
            raise CommandError(f"The prices are loaded, but {path} cannot be written: {error.strerror}.") from error
