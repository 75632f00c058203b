"""`manage.py remove_old_mails [--dry-run]`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from csp_portal.mail.keeping import remove_old_mails
from csp_portal.mail.models import MAIL_KEPT, Mail


class Command(BaseCommand):
    help = (
        "Remove the mails that were sent or given up 90 days ago, as the job does every night. May be interrupted and "
        "run again (X6)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say how many would be removed")

    def handle(self, *args: Any, **options: Any) -> None:
        over = Mail.objects.over(timezone.now()).count()
        self.stdout.write(f"Mails sent or given up {MAIL_KEPT.days} days ago or earlier: {over}")
        if options["dry_run"]:
            self.stdout.write("Nothing was removed.")
        else:
            self.stdout.write(f"Mails that were removed: {remove_old_mails()}")
