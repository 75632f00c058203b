"""What one event costs: events a second by one and by eight writers, beside rows of a table without an index."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from django.db import connection
from psycopg2 import sql

from activity.models import Action
from activity.services import client_address, record
from bench import data, log_rows
from bench.load import PATIENCE, all_running
from bench.table import Row
from csp_portal.accounts.models import User

WRITERS = (1, 8)
SECONDS, FEW_SECONDS = 5.0, 0.3
_BARE = "CREATE TABLE IF NOT EXISTS bench_bare (LIKE activity_event INCLUDING DEFAULTS)"
_GRANT = "GRANT INSERT ON bench_bare TO PUBLIC"
_INSERT = """
    INSERT INTO bench_bare (id, occurred_at, action, actor_kind, actor_name, customer_name, product_id, product_name,
        order_number, key_last_five, key_hash, key_hash_key_id, link_made_by, details, ip_commitment)
    VALUES (1, now(), 'key_revealed', 'user', 'auditor@partner.example', '', '', '', '', '', '', '', '',
        '{"label": "Office"}', '')
"""


def events_a_second(actor: User, *, quick: bool) -> dict[int, float]:
    """By the number of writers; each event with its address, in a transaction of its own, as durable as all."""

    def write() -> None:
        record(Action.KEY_REVEALED, actor=actor, details={"label": "Office"})

    return {writers: _a_second(write, writers, quick=quick) for writers in WRITERS}


def rows(events: Mapping[int, Mapping[int, float]], *, quick: bool) -> list[Row]:
    """By the number of rows that the log had: the largest log beside bare rows, the others beside none."""
    data.as_superuser(sql.SQL(_BARE), sql.SQL(_GRANT))
    bare = {writers: _a_second(_write_bare, writers, quick=quick) for writers in WRITERS}
    return [
        Row(
            f"events into a log of {size:,}, writers: {writers}",
            f"{count:,.0f}/s",
            f"bare INSERT {bare[writers]:,.0f}/s",
            f"{bare[writers] / count:.2f}",
        )
        for size, counts in events.items()
        for writers, count in counts.items()
    ]


def _write_bare() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_INSERT)


def _a_second(write: Callable[[], None], writers: int, *, quick: bool) -> float:
    """How often `write` is done a second by so many threads, each with a connection of its own."""
    seconds = FEW_SECONDS if quick else SECONDS
    counts, begin = [0] * writers, threading.Barrier(writers, timeout=PATIENCE)

    def go_on(number: int) -> None:
        with _from_an_address():
            write()  # connects
            begin.wait()
            stop_at = time.monotonic() + seconds
            while time.monotonic() < stop_at:
                write()
                counts[number] += 1

    with all_running(go_on, writers):
        pass  # nothing else to do meanwhile
    return sum(counts) / seconds


@contextmanager
def _from_an_address() -> Iterator[None]:
    token = client_address.set(log_rows.ADDRESS)
    try:
        yield
    finally:
        client_address.reset(token)
        connection.close()
