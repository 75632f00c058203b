"""Links that expire all at once, noted by the job, beside one UPDATE of as many rows."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection
from django.utils import timezone

from bench import data
from bench.table import Row
from software.models import DownloadLink
from software.services.link_jobs import expire_links
from tests.nginx import Portal

LINKS, FEW_LINKS = 1_000_000, 3000
TABLE = DownloadLink._meta.db_table
TELL_SECONDS = 20


def measure(_portal: Portal, *, quick: bool, say: Callable[[str], None]) -> list[Row]:
    """Once: a million rows are their own repetition."""
    count = FEW_LINKS if quick else LINKS
    say(f"making {count:,} links that have expired")
    data.expired_links(data.one_link(), count)
    say(f"expiring {count:,} links")
    began = time.monotonic()
    with _told(count, say):
        noted = expire_links()
    ours = time.monotonic() - began
    if noted != count:
        raise RuntimeError(f"{noted} of {count} links were noted as expired")
    say(f"{ours:.0f} s; now one UPDATE of as many rows")
    theirs = _one_update(count)
    return [
        Row(
            f"{count:,} links expired, each in the log",
            f"{ours:,.1f} s, {count / ours:,.0f}/s",
            f"one UPDATE {theirs:,.1f} s, {count / theirs:,.0f}/s",
            f"{ours / theirs:.2f}",
        )
    ]


@contextmanager
def _told(count: int, say: Callable[[str], None]) -> Iterator[None]:
    """Say now and then how many rows have been written, by the database's own statistics, which cost nothing."""
    over = threading.Event()

    def tell() -> None:
        while not over.wait(TELL_SECONDS):
            with connection.cursor() as cursor:
                cursor.execute("SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = %s", [TABLE])
                say(f"{cursor.fetchone()[0]:,} of {count:,}")
        connection.close()

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()


def _one_update(count: int) -> float:
    """How long the database takes to note the same links in a table as it stood before the job."""
    data.unexpire()
    began = time.monotonic()
    noted = DownloadLink.objects.to_note_expired(timezone.now()).update(expired_at=timezone.now())
    seconds = time.monotonic() - began
    if noted != count:
        raise RuntimeError(f"{noted} of {count} links were written by the one UPDATE")
    return seconds
