"""`manage.py drop_activity [--before YYYY-MM] [--yes]`."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from activity.keeping.months import LogInUse
from activity.keeping.retention import NotDropped, OldMonth, drop_month, old_months, youngest_limit
from csp_portal.database_roles import as_owner


def _month(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError as error:
        raise ArgumentTypeError(f"{text} is no month like 2019-05") from error


class Command(BaseCommand):
    help = (
        "Drop the months of the activity log that are older than ACTIVITY_YEARS, 7 unless it is set, as the owner, who "
        "alone may. Says first what it would drop, and drops it with --yes only. Seals stay, with a signed record of "
        "what was dropped. May be interrupted and run again (A4, A5)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--before", type=_month, metavar="YYYY-MM", help="only months before this one")
        parser.add_argument("--yes", action="store_true", help="drop them")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with as_owner():
                self._run(options["before"] or youngest_limit(), drop=options["yes"])
        except (NotDropped, LogInUse) as error:
            raise CommandError(str(error)) from error

    def _run(self, before: date, *, drop: bool) -> None:
        months = list(old_months(before))
        self.stdout.write(f"Months of the log before {before:%Y-%m}: {len(months)}")
        for each in months:
            self._tell(each)
        if not drop:
            self.stdout.write("Nothing was dropped. With --yes these months are.")
            return
        for each in months:
            self.stdout.write(f"{each.month:%Y-%m} was dropped. Rows: {drop_month(each.month)}")

    def _tell(self, old: OldMonth) -> None:
        self.stdout.write(f"{old.month:%Y-%m}: rows {old.rows}")
        for chain, rows in sorted(old.chains.items()):
            self.stdout.write(f"    chain {chain}: rows {rows}")
