"""`manage.py remove_old_contacts [--dry-run]`."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from cancellations.support.models import SupportRequest
from cancellations.support.models.requests import CONTACT_KEPT_MONTHS
from cancellations.support.services.keeping import remove_old_contacts


class Command(BaseCommand):
    help = (
        "Remove the contacts and files of support requests 24 months after closing, as the job does every night. May "
        "be interrupted and run again (X6)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")

    def handle(self, *args: Any, **options: Any) -> None:
        self._tell(timezone.now())
        if options["dry_run"]:
            self.stdout.write("Nothing was removed.")
        else:
            self.stdout.write(f"Requests whose contact and files were removed: {remove_old_contacts()}")

    def _tell(self, now: datetime) -> None:
        """How many requests are over, and each of them."""
        over = SupportRequest.objects.contact_over(now).with_files_counted().select_related("partner")
        self.stdout.write(f"Requests closed {CONTACT_KEPT_MONTHS} months ago or earlier: {over.count()}")
        for request in over.order_by("ended_at", "pk").iterator():
            self.stdout.write(
                f"{request.number} of {request.partner.legal_name}, closed {request.ended_at:%Y-%m-%dT%H:%M:%SZ}: "
                f"its contact, files {request.file_count}, bytes {request.file_bytes}"
            )
