"""What a COPY of PostgreSQL sends, handed on while it comes, in memory that does not grow with the rows (A2)."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from queue import Empty, Full, Queue
from typing import Any

import psycopg2
from django.db import connection, transaction

CHUNK = 64 * 1024  # bytes that are handed on at a time
CHUNKS_AHEAD = 8  # that wait for a reader who is slower than the database
LOOKS = 0.2  # seconds between two looks whether the reader is still there
PATIENCE = 300  # seconds for which a reader may take nothing
_END = object()


class ReaderGone(Exception):
    """Nobody reads any more what the database sends."""


class CopyStream:
    """The bytes of `head` and then of a COPY, chunk by chunk; `rows` says how many rows have come from the database.

    The COPY runs in a thread with a connection of its own and waits where the reader is slow. `close` ends it, wherever
    it stands, and so does a reader who takes nothing for five minutes. A fault in the middle is raised to the reader.
    """

    def __init__(self, statement: str, head: bytes = b"") -> None:
        self.rows = 0
        self._statement, self._head = statement, head
        self._chunks: Queue[Any] = Queue(CHUNKS_AHEAD)
        self._gone = threading.Event()
        self._raw: Any = None  # psycopg2's connection, once it stands
        self._measured = False
        self._thread = threading.Thread(target=self._run, name="copy", daemon=True)

    def measure(self) -> int:
        """How many bytes will come, head included; starts the COPY, which then sends the same rows a second time.

        A server that has announced them breaks the connection off when there come fewer. Without that it would end an
        answer that failed in the middle as if it were whole.
        """
        self._measured = True
        self._thread.start()
        return len(self._head) + int(self._next())

    def __iter__(self) -> Iterator[bytes]:
        if self._head:
            yield self._head
        if not self._measured:
            self._thread.start()
        while (chunk := self._next()) is not _END:
            yield chunk

    def _next(self) -> Any:
        found = self._chunks.get()
        if isinstance(found, BaseException):
            raise found
        return found

    def close(self) -> None:
        """End the COPY if it runs, and give its connection back."""
        self._gone.set()
        with suppress(psycopg2.Error):  # closed by now
            if self._raw is not None:
                self._raw.cancel()
        with suppress(Empty):
            while True:
                self._chunks.get_nowait()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            self._copy()
            self._put(_END)
        except ReaderGone:
            return
        except Exception as error:
            with suppress(ReaderGone):
                self._put(error)
        finally:
            connection.close()

    def _copy(self) -> None:
        """Send all rows, as they stand at one instant however often they are gone through."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            self._raw = connection.connection
            if self._measured:
                measure = _Measure()
                cursor.copy_expert(self._statement, measure)
                self._put(measure.length)
            sink = _Sink(self)
            cursor.copy_expert(self._statement, sink)
            sink.flush()

    def _put(self, item: Any) -> None:
        """Hand something on. Raises ReaderGone where nobody takes it."""
        for _look in range(int(PATIENCE / LOOKS)):
            if self._gone.is_set():
                break
            with suppress(Full):
                self._chunks.put(item, timeout=LOOKS)
                return
        raise ReaderGone


class _Measure:
    """A file for COPY that only counts bytes."""

    length = 0

    def write(self, row: bytes) -> None:
        self.length += len(row)


class _Sink:
    """A file for COPY, which writes a row at a time: hands them on by the chunk."""

    def __init__(self, stream: CopyStream) -> None:
        self._stream = stream
        self._rows: list[bytes] = []
        self._size = 0

    def write(self, row: bytes) -> None:
        self._stream.rows += 1
        self._rows.append(row)
        self._size += len(row)
        if self._size >= CHUNK:
            self.flush()

    def flush(self) -> None:
        if self._rows:
            self._stream._put(b"".join(self._rows))
            self._rows, self._size = [], 0
