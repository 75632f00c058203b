"""Memory of each server while many slow customers download at once, beside what it was before."""

import os
import socket
import ssl
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench import data
from bench.table import Row
from csp_portal.celery import app
from csp_portal.embedded.processes import wait_until
from software.models import DownloadLink
from tests.nginx import HOST, START_SECONDS, Portal, server_running

TRANSFERS, FEW_TRANSFERS = 100, 5
MEBIBYTE = 1024**2
SIZE = 1024 * MEBIBYTE
SLICE = 16 * 1024  # bytes that each customer reads at once
PAUSE = 0.05  # seconds between two reads: some 300 KiB a second for each
PATIENCE = 30  # seconds that a customer waits for the first byte
WORKER = ["-m", "celery", "--quiet", "-A", "csp_portal.celery", "worker", "--concurrency", "2", "--loglevel", "ERROR"]
SERVERS = {"granian": "web", "nginx": "nginx", "celery": "worker"}  # a word of its command line, and its name

Memory = dict[str, dict[int, float]]  # MiB of each process, by its server's name and its id


def measure(portal: Portal, *, quick: bool, say: Callable[[str], None]) -> list[Row]:
    """The most that each process has had, looked at again and again."""
    count, seconds = (FEW_TRANSFERS, 0.5) if quick else (TRANSFERS, 20.0)
    link = data.one_link()
    data.large_build(link, SIZE)
    links = data.more_links(link, count)
    app.control.purge()  # what the data have queued, mails to nobody among it, is not what is measured
    with server_running([sys.executable, *WORKER], portal.folder, "worker"):
        say("warming up every process")
        if not wait_until(_is_worker_up, START_SECONDS):
            raise RuntimeError("the worker does not start")
        for each in links:
            portal.ask("GET", each.get_absolute_url())
        before = _memory()
        with _transfers(portal, links) as read_on:
            say(f"{count} transfers, watched for {seconds:.0f} s")
            during = _most(read_on, seconds)
    return [_row(name, before[name], during[name], count) for name in SERVERS.values()]


def _is_worker_up() -> bool:
    """Whether Celery has made its pool: a parent and two children."""
    return len(_memory().get("worker", {})) > 2


def _memory() -> Memory:
    """The resident memory of every process of the servers that we have started."""
    found: Memory = defaultdict(dict)
    for server in _children(os.getpid()):
        command_line = Path(f"/proc/{server}/cmdline").read_text().split("\0")
        for name in {name for word, name in SERVERS.items() if any(word in part for part in command_line[:3])}:
            found[name] = {pid: _mebibytes(pid) for pid in (server, *_below(server))}
    return found


def _children(pid: int) -> list[int]:
    lists = [children.read_text().split() for children in Path(f"/proc/{pid}/task").glob("*/children")]
    return [int(child) for children in lists for child in children]


def _below(pid: int) -> Iterator[int]:
    for child in _children(pid):
        yield child
        yield from _below(child)


def _mebibytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    lines = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(lines[0].split()[1]) / 1024 if lines else 0.0


@contextmanager
def _transfers(portal: Portal, links: list[DownloadLink]) -> Iterator[Callable[[], None]]:
    """A transfer by each link, begun; calling what is yielded reads a little of each."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # the certificate is a throwaway
    with ExitStack() as open_ones:
        customers = [open_ones.enter_context(_customer(portal, link, context)) for link in links]

        def read_on() -> None:
            for customer in customers:
                if not customer.recv(SLICE):
                    raise RuntimeError("a transfer ended too soon")

        yield read_on


def _customer(portal: Portal, link: DownloadLink, context: ssl.SSLContext) -> ssl.SSLSocket:
    """Who has started a download and asked for its bytes."""
    connection = socket.create_connection(("127.0.0.1", portal.https_port), timeout=PATIENCE)
    customer = context.wrap_socket(connection)
    customer.sendall(f"GET {data.start(portal, link)} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
    head = customer.recv(SLICE)
    if not head.startswith(b"HTTP/1.1 200 "):
        raise RuntimeError(f"a transfer was answered with {head[:80]!r}")
    return customer


def _most(read_on: Callable[[], None], seconds: float) -> Memory:
    """The most that each process has while customers go on reading."""
    most = _memory()
    stop_at = time.monotonic() + seconds
    while time.monotonic() < stop_at:
        read_on()
        time.sleep(PAUSE)
        for name, processes in _memory().items():
            for pid, mebibytes in processes.items():
                most[name][pid] = max(mebibytes, most[name].get(pid, 0.0))
    return most


def _row(name: str, before: dict[int, float], during: dict[int, float], count: int) -> Row:
    """All processes of one server together, and each of them."""
    of_each = ", ".join(f"{mebibytes:.0f}" for mebibytes in during.values())
    ours, was = sum(during.values()), sum(before.values())
    what = f"memory of {name}, {count} slow transfers"
    return Row(what, f"{ours:.0f} MiB ({of_each})", f"before {was:.0f} MiB", f"{ours / was:.2f}")
