"""Reading in one snapshot: a page of several statements that must agree with each other."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def one_snapshot() -> Iterator[None]:
    """All statements within see the database as it stood at the first one, and none of them writes.

    Each statement of an ordinary page sees what was committed before it: a credit that is posted between two of them
    would stand on the page twice, or not at all. Inside a transaction it does nothing: what that sees is its
    caller's choice.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
