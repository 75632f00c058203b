"""The lists of django-auditlog and of Django's own admin, of as many rows, on a server of the same size."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from psycopg2 import sql

from bench import PEERS_DATABASE
from bench.browser import times_of
from bench.children import run
from bench.table import Percentiles, Row
from csp_portal.database_setup import connect, database_config
from csp_portal.embedded.processes import wait_until
from tests.nginx import server_running
from tests.processes import free_port, listens

ROWS, FEW_ROWS = 1_000_000, 500
READ, FEW_READ = 20, 2  # times each list
PAGES = {"django-auditlog's list": "/admin/auditlog/logentry/", "Django's admin's log": "/admin/admin/logentry/"}
PROGRAM = "bench.peers"
SERVER = ("-m", "granian", "--interface", "wsgi", "--no-ws", "--workers", "2", "--blocking-threads", "4", "--port")
START_SECONDS = 30
# Spread over two years and 20 types, by one user.
_ROWS = (
    """
    INSERT INTO auditlog_logentry (content_type_id, object_pk, object_id, object_repr, action, changes, changes_text,
        actor_id, "timestamp", remote_addr)
    SELECT (SELECT min(id) FROM django_content_type) + n % 5, n % 100000, n % 100000, 'Contoso ' || n % 500, n % 3,
        '{{"status": ["active", "cancelled"]}}', '', (SELECT id FROM auth_user),
        now() - n * (interval '730 days' / {rows}), '198.51.7.17'
    FROM generate_series(1, {rows}) AS n
    """,
    """
    INSERT INTO django_admin_log (action_time, user_id, content_type_id, object_id, object_repr, action_flag,
        change_message)
    SELECT now() - n * (interval '730 days' / {rows}), (SELECT id FROM auth_user),
        (SELECT min(id) FROM django_content_type) + n % 5, n % 100000, 'Contoso ' || n % 500, 1 + n % 3, ''
    FROM generate_series(1, {rows}) AS n
    """,
)


@dataclass(frozen=True)
class Peers:
    """How long each list takes, of how many rows."""

    rows: int
    lists: dict[str, Percentiles]


def times(folder: Path, *, quick: bool, say: Callable[[str], None]) -> Peers:
    """In a database of their own, which is gone with the server."""
    count = FEW_ROWS if quick else ROWS
    say(f"writing {count:,} rows of django-auditlog and of Django's admin")
    cookies = _prepared()
    with _connected(PEERS_DATABASE) as cursor:
        for rows in _ROWS:
            cursor.execute(sql.SQL(rows).format(rows=sql.Literal(count)))
        cursor.execute("VACUUM ANALYZE")
    with _server(folder) as port:
        read = FEW_READ if quick else READ
        return Peers(count, {name: times_of(port, cookies, path, read) for name, path in PAGES.items()})


def rows(peers: Peers, ours: Mapping[int, Percentiles]) -> list[Row]:
    """Our page beside theirs, of the first log that has as many rows."""
    size = next(size for size in ours if size >= peers.rows)
    return [
        Row(
            f"log of {size:,}, as it opens, beside {name}",
            ours[size].written(),
            f"{peers.rows:,}: {each.written()}",
            f"{ours[size].p95 / each.p95:.2f}",
        )
        for name, each in peers.lists.items()
    ]


def _prepared() -> dict[str, str]:
    """The tables, and the cookie of somebody who may see all of them."""
    owner = sql.Identifier(settings.DATABASES["default"]["USER"])
    with _connected("postgres") as cursor:
        cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(PEERS_DATABASE), owner))
    environment = {**os.environ, "SECRET_KEY": settings.SECRET_KEY}
    return {"sessionid": run([sys.executable, "-m", PROGRAM], environment).said}


@contextmanager
def _connected(database: str) -> Iterator[Any]:
    connection = connect(database_config("DATABASE_SUPERUSER_URL", settings.DATABASE_SUPERUSER_URL), database)
    with connection.cursor() as cursor:
        yield cursor
    connection.close()


@contextmanager
def _server(folder: Path) -> Iterator[int]:
    """As many workers and threads as the portal's; its port."""
    port = free_port()
    with server_running([sys.executable, *SERVER, str(port), f"{PROGRAM}:application"], folder, "peers"):
        if not wait_until(lambda: listens(port), START_SECONDS):
            raise RuntimeError("the server of the peers does not start")
        yield port
