"""Starts of a download a second, beside a bare Django view with one UPDATE on the same server and database."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from psycopg2 import sql

from bench import data
from bench.bare_urls import TABLE
from bench.load import answers
from bench.table import Row, Spread
from csp_portal.embedded.processes import wait_until
from software.models import DownloadLink
from tests.nginx import HOST, START_SECONDS, Portal, server_running
from tests.processes import free_port, listens

AIM = "at most 1.5 times the time"
CLIENTS = 8
LINKS = 1000  # 50 starts each are more than all rounds need
MANY_STARTS = 30_000  # which the one hot link is good for
SERVER = ["-m", "granian", "--interface", "wsgi", "--no-ws", "--workers", "2", "--blocking-threads", "4", "--port"]


def measure(portal: Portal, *, quick: bool, say: Callable[[str], None]) -> list[Row]:
    """On many links, where rows do not wait for each other, and on one, where all do."""
    links = data.more_links(data.one_link(), LINKS)
    hot, *_others = data.more_links(data.one_link(), 1)
    DownloadLink.objects.filter(pk=hot.pk).update(limit=MANY_STARTS)
    with _bare(portal.folder, rows=LINKS) as bare:
        many = [_start(link) for link in links], [_count(number) for number in range(LINKS)]
        one = [_start(hot)], [_count(LINKS)]
        return [
            _compared(f"starts of a download, {where}", portal.web_port, ours, bare, theirs, quick=quick, say=say)
            for where, (ours, theirs) in (("1,000 links", many), ("one link", one))
        ]


@contextmanager
def _bare(folder: Path, *, rows: int) -> Iterator[int]:
    """The bare view's server, as many workers and threads as the portal's; its port."""
    data.as_superuser(
        sql.SQL(TABLE),
        sql.SQL("INSERT INTO bench_counter SELECT number, 0, 1000000 FROM generate_series(0, {}) AS number").format(
            sql.Literal(rows)
        ),
        sql.SQL("GRANT SELECT, UPDATE ON bench_counter TO PUBLIC"),
    )
    port = free_port()
    with server_running([sys.executable, *SERVER, str(port), "bench.bare:application"], folder, "bare"):
        if not wait_until(lambda: listens(port), START_SECONDS):
            raise RuntimeError("the bare view's server does not start")
        yield port


def _start(link: DownloadLink) -> bytes:
    return _post(link.get_absolute_url())


def _count(number: int) -> bytes:
    return _post(f"/{number}")


def _post(path: str) -> bytes:
    """As nginx would send it."""
    forwarded = "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n"
    form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n"
    return f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\n{forwarded}{form}\r\n".encode()


def _compared(
    what: str,
    port: int,
    ours: Sequence[bytes],
    bare_port: int,
    theirs: Sequence[bytes],
    *,
    quick: bool,
    say: Callable[[str], None],
) -> Row:
    """Both in turn, so that what else the machine does falls on both; the first round of each warms up."""
    rounds, seconds = (1, 0.3) if quick else (7, 3.0)
    starts, updates = [], []
    for number in range(rounds + 1):
        say(f"{what}: round {number} of {rounds}")
        counted = data.used_in_all()
        started = answers(port, ours, 303, clients=CLIENTS, seconds=seconds)
        if data.used_in_all() - counted != started.count:
            raise RuntimeError("starts were answered and not counted, or counted and not answered")
        starts.append(started.a_second)
        updates.append(answers(bare_port, theirs, 303, clients=CLIENTS, seconds=seconds).a_second)
    ours_of_all, theirs_of_all = Spread.of(starts[1:]), Spread.of(updates[1:])
    ratio = f"{theirs_of_all.middle / ours_of_all.middle:.2f}"
    return Row(what, ours_of_all.written("/s"), f"bare view {theirs_of_all.written('/s')}", ratio, AIM)
