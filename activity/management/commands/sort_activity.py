"""`manage.py sort_activity`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from activity.keeping.months import LogInUse, months_in_default, sort_default
from csp_portal.database_roles import as_owner


class Command(BaseCommand):
    help = (
        "Move the rows of the activity log that fell into the default partition into their months, as the owner, who "
        "alone may. The rows stay as they are. May be interrupted and run again (A4)."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with as_owner():
            for each in months_in_default():
                self.stdout.write(f"{each.month:%Y-%m}: {each.rows} rows in the default partition")
            try:
                moved = sort_default()
            except LogInUse as error:
                raise CommandError(str(error)) from error
        self.stdout.write(f"Rows that were moved into their months: {moved}")
