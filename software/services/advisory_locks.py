"""Locks by name, for what locks no row of its own: an import as a whole."""

from django.db import connection


def lock_in_transaction(name: str) -> None:
    """Wait until no other transaction holds the lock called `name`; it is ours until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [name])
