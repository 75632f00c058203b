"""`manage.py verify_activity [FILE]`."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from activity import verify
from activity.seals.verifying import Verification, verify_log
from activity.verify import MOST_FINDINGS

ROWS_BETWEEN_SIGNS = 50_000


class Command(BaseCommand):
    help = (
        "Check that no row of the activity log was changed, dropped, added or swapped since it was sealed (A5): in the "
        "database, or in an exported FILE. Names the first bad row, and then answers with status 1."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="an export; without one the database is checked")
        parser.add_argument(
            "--key", action="append", default=[], help="for a FILE: fingerprint of the key of the seals"
        )
        parser.add_argument("--head", default="", help="hash of a seal, as the portal showed or mailed it")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["file"] and options["key"]:
            raise CommandError("--key is for a FILE: the database is checked with the keys of ACTIVITY_SIGNING_KEYS.")
        of_file = bool(options["file"])
        findings, more = self._of_file(options) if of_file else self._of_database(options["head"].strip().lower())
        if findings:
            named = [f"WRONG: {finding}." for finding in findings]
            raise CommandError("\n".join([*named, *([f"And {more} more."] if more else [])]))

    def _of_file(self, options: dict[str, Any]) -> tuple[list[str], int]:
        """What does not hold, the first things by name, and how many more there are."""
        try:
            result = verify.check(options["file"], options["key"], options["head"])
        except verify.Unreadable as error:
            raise CommandError(str(error), returncode=2) from error
        for line in verify.report(result, options["key"]):
            if not line.startswith("WRONG"):
                self.stdout.write(line)
        return result.findings[:MOST_FINDINGS], max(len(result.findings) - MOST_FINDINGS, 0)

    def _of_database(self, head: str) -> tuple[list[str], int]:
        done = verify_log(self._tell(), head)
        self.stdout.write(_told(done))
        return done.findings, done.more

    def _tell(self) -> Any:
        """Says how far it is each time that many rows are done."""
        told = 0

        def tell(rows: int) -> None:
            nonlocal told
            if rows - told >= ROWS_BETWEEN_SIGNS:
                told = rows
                self.stdout.write(f"{rows} rows")
                self.stdout.flush()

        return tell


def _told(done: Verification) -> str:
    dropped = f", {done.dropped} of them dropped by retention" if done.dropped else ""
    verdict = "something is wrong" if done.findings else "everything stands as it was sealed"
    return f"{done.rows} rows under {done.seals} seals{dropped}: {verdict}."
