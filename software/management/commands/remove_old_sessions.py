"""`manage.py remove_old_sessions [--dry-run]`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from software.models import SESSIONS_KEPT_MONTHS, DownloadSession
from software.services.keeping import remove_old_sessions


class Command(BaseCommand):
    help = (
        f"Remove the download sessions that were started {SESSIONS_KEPT_MONTHS} months ago, as the job does every "
        "night; how many downloads they were stays counted. May be interrupted and run again (X6)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say how many would be removed")

    def handle(self, *args: Any, **options: Any) -> None:
        over = DownloadSession.objects.kept_long_enough(timezone.now()).count()
        self.stdout.write(f"Download sessions started {SESSIONS_KEPT_MONTHS} months ago or earlier: {over}")
        if options["dry_run"]:
            self.stdout.write("Nothing was removed.")
        else:
            self.stdout.write(f"Download sessions that were removed: {remove_old_sessions()}")
