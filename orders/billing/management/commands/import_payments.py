"""`manage.py import_payments FILE`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from activity.services import Actor
from csp_portal.row_files import BadFile
from orders.billing.payment_file import read_payments
from orders.billing.services import import_payments


class Command(BaseCommand):
    help = "Post payments from a CSV file reference,invoice,amount,received_on, all or nothing (R6)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rows, errors = read_payments(options["file"])
            plan = import_payments(rows, errors, actor=Actor.system("import_payments"))
        except BadFile as bad:
            raise CommandError(f"Nothing was posted.\n{bad}") from bad
        except OSError as error:
            raise CommandError(f"Cannot read {options['file']}: {error.strerror}.") from error
        self.stdout.write(f"{len(plan.new)} payments posted, {len(plan.unchanged)} unchanged.")
