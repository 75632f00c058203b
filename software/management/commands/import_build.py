"""`manage.py import_build FILE --product ID --version V --language TAG --file-type T` (M7)."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from activity.services import Actor
from csp_portal.errors import Refusal
from software.services import import_build

_MIB = 1024 * 1024


class Command(BaseCommand):
    help = "Store a file as a build of a product; its SHA-256 is computed while it streams."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """`--version` is the build's here, not Django's."""
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--product", required=True, help="ProductId of the price list")
        parser.add_argument("--version", required=True)
        parser.add_argument("--language", required=True, help="BCP 47 tag, such as en-US")
        parser.add_argument("--file-type", required=True, help="such as ISO x64")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            build = import_build(
                options["file"],
                product_id=options["product"],
                version=options["version"],
                language=options["language"],
                file_type=options["file_type"],
                actor=Actor.system("import_build"),
                progress=lambda stored: self.stderr.write(f"{stored // _MIB} MiB stored."),
            )
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        except KeyboardInterrupt as stopped:
            raise CommandError("Stopped; nothing was stored.") from stopped
        self.stdout.write(f"{build}: {build.size} bytes, SHA-256 {build.sha256}.")
