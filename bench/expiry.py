"""Links that expire all at once, noted by the job, beside one UPDATE of as many rows."""

import time
from collections.abc import Callable

from django.db import connection, transaction

from bench import data
from bench.table import Row
from software.models import DownloadLink
from software.services.link_jobs import expire_links
from tests.nginx import Portal

LINKS, FEW_LINKS = 1_000_000, 3000


def measure(_portal: Portal, *, quick: bool, say: Callable[[str], None]) -> list[Row]:
    """Once: a million rows are their own repetition."""
    count = FEW_LINKS if quick else LINKS
    say(f"making {count:,} links that have expired")
    data.expired_links(data.one_link(), count)
    say(f"expiring {count:,} links")
    began = time.monotonic()
    noted = expire_links()
    ours = time.monotonic() - began
    if noted != count:
        raise RuntimeError(f"{noted} of {count} links were noted as expired")
    say(f"{ours:.0f} s; now one UPDATE of as many rows")
    theirs = _one_update()
    return [
        Row(
            f"{count:,} links expired, each in the log",
            f"{ours:,.1f} s, {count / ours:,.0f}/s",
            f"one UPDATE {theirs:,.1f} s, {count / theirs:,.0f}/s",
            f"{ours / theirs:.2f}",
        )
    ]


def _one_update() -> float:
    """How long the database takes to write the same column of the same rows."""
    with transaction.atomic(), connection.cursor() as cursor:
        began = time.monotonic()
        cursor.execute(f"UPDATE {DownloadLink._meta.db_table} SET expired_at = now() WHERE expired_at IS NOT NULL")  # noqa: S608  # a table of ours
    return time.monotonic() - began
