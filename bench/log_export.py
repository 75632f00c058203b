"""The export of the log by the command, with its memory, beside PostgreSQL's own COPY."""

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from psycopg2 import sql

from bench.children import Child, run
from bench.table import Row
from csp_portal.accounts.models import User
from csp_portal.database_setup import connect

AIM = "within 4 times, memory as of few"
_COPY = sql.SQL(
    "COPY (SELECT * FROM activity_event WHERE partner_id = {} ORDER BY occurred_at DESC, id DESC) TO STDOUT"
)


@dataclass(frozen=True)
class Exported:
    """One export: its rows, and what it took."""

    rows: int
    child: Child


def exported(folder: Path, reader: User, days: Mapping[str, str], file_format: str = "csv") -> Exported:
    """Write what the reader's partner has of these days, in a process of its own."""
    file = folder / f"export.{file_format}"
    file.unlink(missing_ok=True)
    asked = ["--from", days["from"], "--to", days["to"], "--format", file_format]
    partner = ["--partner", str(reader.partner.public_id)] if reader.partner else []
    child = run([sys.executable, "manage.py", "export_activity", str(file), *asked, *partner])
    return Exported(int(child.said.split()[-2]), child)


def rows(exports: Mapping[int, Exported], reader: User) -> list[Row]:
    """By the number of rows that the log had; the largest beside COPY."""
    largest = max(exports)
    copied, seconds = _copy(reader)
    found = []
    for size, each in exports.items():
        beside = f"COPY {copied / seconds:,.0f}/s, {seconds:,.1f} s" if size == largest else ""
        ratio = f"{each.child.seconds / seconds:.2f}" if size == largest else ""
        what = f"{each.rows:,} rows of a log of {size:,} as CSV"
        found.append(Row(what, each.child.a_second(each.rows), beside, ratio, AIM))
    return found


def _copy(reader: User) -> tuple[int, float]:
    """How many rows COPY sends of the same, as they stand in the table, and in how many seconds."""
    connection = connect(settings.DATABASES["default"])
    began = time.monotonic()
    with connection.cursor() as cursor, Path(os.devnull).open("wb") as nowhere:
        cursor.copy_expert(_COPY.format(sql.Literal(reader.partner_id)), nowhere)
        copied = cursor.rowcount
    seconds = time.monotonic() - began
    connection.close()
    return copied, seconds
