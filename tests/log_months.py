"""Partitions of the log that a test makes: gone after it."""

from contextlib import contextmanager

from django.db import connection

PARTITIONS = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'activity_event'::regclass"


def partitions():
    with connection.cursor() as cursor:
        cursor.execute(PARTITIONS)
        return {name for (name,) in cursor.fetchall()}


@contextmanager
def no_months_left(superuser_connection):
    """What is made inside is dropped."""
    before = partitions()
    yield
    made = partitions() - before
    with superuser_connection.cursor() as cursor:
        for name in made:
            cursor.execute(f"DROP TABLE {name}")
