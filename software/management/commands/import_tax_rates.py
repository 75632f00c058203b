"""`manage.py import_tax_rates FILE`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from activity.services import Actor
from csp_portal.row_files import BadFile
from software.services import import_tax_rates


class Command(BaseCommand):
    help = "Load tax rates from a CSV file Market,Name,Rate,Included,ValidFrom, all or nothing (M8)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = import_tax_rates(options["file"], actor=Actor.system("import_tax_rates"))
        except BadFile as bad:
            raise CommandError(f"Nothing was loaded.\n{bad}") from bad
        except OSError as error:
            raise CommandError(f"Cannot read {options['file']}: {error.strerror}.") from error
        self.stdout.write(f"{count} tax rates added or changed.")
