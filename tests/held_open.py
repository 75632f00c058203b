"""Work on another connection that is done and not committed yet: what others then wait for, or do not see."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction


class Other:
    """Another connection that does something and holds its transaction open until it is told."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.work = work
        self.done, self.may_commit = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            with transaction.atomic():
                self.work()
                self.done.set()
                self.may_commit.wait(timeout=60)
        finally:
            self.done.set()
            connection.close()

    def commit(self) -> None:
        self.may_commit.set()
        self.thread.join()


@contextmanager
def held_open(work: Callable[[], object]) -> Iterator[Other]:
    """`work` is done and its transaction is open for as long as the block runs, unless it is told to commit."""
    other = Other(work)
    other.thread.start()
    other.done.wait(timeout=60)
    try:
        yield other
    finally:
        other.commit()
