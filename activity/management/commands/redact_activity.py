"""`manage.py redact_activity [--dry-run]`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from activity.keeping.redaction import addresses_over, redact_addresses


class Command(BaseCommand):
    help = (
        "Remove the IP addresses that have stood in the activity log for 24 months, as the job does every night. The "
        "log and its seals stay as they are. May be interrupted and run again (A4)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say how many would be removed")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"IP addresses of 24 months ago or earlier: {addresses_over()}")
        if options["dry_run"]:
            self.stdout.write("Nothing was removed.")
        else:
            self.stdout.write(f"IP addresses that were removed: {redact_addresses()}")
