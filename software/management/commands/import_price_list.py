"""`manage.py import_price_list FILE [--effective DATE]` (M6)."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from activity.services import Actor
from csp_portal.row_files import BadFile
from software.services import import_price_list


class Command(BaseCommand):
    help = "Load the monthly price list: every row checked, all or nothing, again without effect."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--effective",
            type=date.fromisoformat,
            help="day (UTC, YYYY-MM-DD) on which prices end that the file no longer has; default today",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = import_price_list(
                options["file"], actor=Actor.system("import_price_list"), effective=options["effective"]
            )
        except BadFile as bad:
            raise CommandError(f"Nothing was loaded.\n{bad}") from bad
        except OSError as error:
            raise CommandError(f"Cannot read {options['file']}: {error.strerror}.") from error
        self.stdout.write(
            f"{report.added} prices added, {report.changed} changed, {report.ended} ended, "
            f"{report.unchanged} unchanged."
        )
