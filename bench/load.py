"""Clients that ask as fast as they are answered, each on one connection that stays open."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from typing import Self

PATIENCE = 30  # seconds for one answer
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


class Client:
    """One connection, read as little as needed: what it costs to ask is not what is measured."""

    def __init__(self, port: int) -> None:
        self.connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.connection.close()

    def ask(self, request: bytes) -> bytes:
        """The answer's head; its body, of a length that the head tells, is thrown away."""
        self.connection.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._more()
        head, _end, body = answer.partition(b"\r\n\r\n")
        length = _LENGTH.search(head + b"\r\n")
        if length is None:
            raise RuntimeError(f"an answer of no known length: {head.decode(errors='replace')}")
        missing = int(length[1]) - len(body)
        while missing > 0:
            missing -= len(self._more())
        return head

    def _more(self) -> bytes:
        read = self.connection.recv(65536)
        if not read:
            raise RuntimeError("the server hung up")
        return read


@dataclass(frozen=True)
class Answers:
    """How many were given in how many seconds."""

    count: int
    seconds: float

    @property
    def a_second(self) -> float:
        return self.count / self.seconds


def answers(port: int, requests: Sequence[bytes], status: int, *, clients: int, seconds: float) -> Answers:
    """What `clients` at once are answered with `status`; each takes its own share of `requests` in turn.

    Raises RuntimeError for any other answer.
    """
    shares = _shares(requests, clients)
    counts = [0] * clients
    begin = threading.Barrier(clients + 1)
    stop_at = [0.0]

    def go_on(number: int) -> None:
        with Client(port) as client:
            begin.wait()
            for request in _until(stop_at[0], cycle(shares[number])):
                head = client.ask(request)
                if head.split(b" ", 2)[1] != b"%d" % status:
                    raise RuntimeError(f"not answered with {status}: {head.decode(errors='replace')}")
                counts[number] += 1

    with all_running(go_on, clients):
        began = time.monotonic()
        stop_at[0] = began + seconds
        begin.wait(PATIENCE)
    return Answers(sum(counts), time.monotonic() - began)


def _shares(requests: Sequence[bytes], clients: int) -> list[Sequence[bytes]]:
    share = max(1, len(requests) // clients)
    return [requests[number * share % len(requests) :][:share] for number in range(clients)]


@contextmanager
def all_running(work: Callable[[int], None], count: int) -> Iterator[None]:
    """`work`, given its number, in so many threads, which are waited for at the end; raises what one of them did."""
    with ThreadPoolExecutor(count) as pool:
        running = [pool.submit(work, number) for number in range(count)]
        yield
    for done in running:
        done.result()


def _until(stop_at: float, requests: Iterator[bytes]) -> Iterator[bytes]:
    while time.monotonic() < stop_at:
        yield next(requests)
