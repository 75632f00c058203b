"""`manage.py import_keys FILE`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from activity.services import Actor
from csp_portal.row_files import BadFile
from software.services import import_keys


class Command(BaseCommand):
    help = "Load product keys from a CSV file ProductId,SkuId,ProductKey, all or nothing (M7)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = import_keys(options["file"], actor=Actor.system("import_keys"))
        except BadFile as bad:
            raise CommandError(f"Nothing was loaded.\n{bad}") from bad
        except OSError as error:
            raise CommandError(f"Cannot read {options['file']}: {error.strerror}.") from error
        self.stdout.write(f"{count} keys loaded.")
