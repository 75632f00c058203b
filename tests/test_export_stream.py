"""What COPY sends is handed on as it comes; it ends with its reader, and never pretends to be whole (A2)."""

import threading

import pytest
from django.db import connection
from psycopg2 import DatabaseError

from activity.export import streaming
from activity.export.sql import copy_json_lines
from activity.export.streaming import CopyStream
from activity.models import Event
from tests.exports import read_json_lines, write_rows
from tests.helpers import until

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 20_000  # rows: several times what waits on the way

COPIES = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY (%%'"


@pytest.fixture
def stream(clock, agent):
    write_rows(agent.partner, MANY)
    stream = CopyStream(copy_json_lines(Event.objects.of_partner(agent.partner_id)), b"head\n")
    yield stream
    stream.close()


def copies():
    """The server's processes that COPY."""
    with connection.cursor() as cursor:
        cursor.execute(COPIES)
        return [pid for (pid,) in cursor.fetchall()]


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "copy"]


def test_it_comes_in_chunks_with_every_row_once(stream):
    chunks = list(stream)
    assert len(chunks) > 20
    rows = read_json_lines(b"".join(chunks[1:]))
    assert len({row["actor_name"] for row in rows}) == len(rows) == stream.rows == MANY


def test_its_length_is_known_before_its_first_byte(stream):
    assert stream.measure() == len(b"".join(stream))


def test_rows_that_arrive_after_it_was_measured_are_not_in_it(stream, agent):
    announced = stream.measure()
    write_rows(agent.partner, 10)
    assert len(b"".join(stream)) == announced


def test_nothing_more_is_read_than_waits_on_the_way(stream):
    chunks = iter(stream)
    next(chunks), next(chunks)
    until(stream._chunks.full)
    assert stream.rows < MANY
    assert len(copies()) == 1


def test_a_reader_who_leaves_ends_it_and_its_connection(stream):
    chunks = iter(stream)
    next(chunks), next(chunks)
    stream.close()
    until(lambda: threads() == [])
    until(lambda: not copies())


def test_a_reader_who_leaves_before_the_first_row_ends_it_too(agent):
    stream = CopyStream("COPY (SELECT pg_sleep(600)) TO STDOUT")
    reader = threading.Thread(target=stream.measure)
    reader.start()
    until(lambda: bool(copies()))
    stream.close()
    until(lambda: threads() == [])
    until(lambda: not copies())
    stream._chunks.put(0)
    reader.join()


def test_a_reader_who_takes_nothing_for_long_is_taken_for_gone(stream, monkeypatch):
    monkeypatch.setattr(streaming, "PATIENCE", 0.4)
    chunks = iter(stream)
    next(chunks), next(chunks)
    until(lambda: threads() == [])
    assert not copies()


def test_a_fault_in_the_middle_reaches_the_reader(stream, superuser_connection):
    chunks = iter(stream)
    next(chunks), next(chunks)
    with superuser_connection.cursor() as cursor:
        (pid,) = copies()
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    with pytest.raises(DatabaseError):  # OperationalError, unless libpq has no words for it
        list(chunks)
    assert stream.rows < MANY
    until(lambda: threads() == [])


def test_a_fault_at_the_start_is_raised_before_anything_is_announced(agent):
    with pytest.raises(Exception, match="division by zero"):
        CopyStream("COPY (SELECT 1 / 0) TO STDOUT").measure()
