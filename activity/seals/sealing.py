"""Sealing: every row of the log gets its place in a chain, once nobody can write one before it any more (A5).

A row is taken when its transaction is older than every running one (`pg_snapshot_xmin`), in the order of transactions
and, within one, of ids: so no later run finds a row that belongs before one that has its place. Transaction numbers say
nothing across servers. What was written on a server that the database has left since (a dump that was restored
elsewhere) is complete, and sealed to its end before the first row of the next.
"""

import secrets
from collections.abc import Sequence
from datetime import date
from io import StringIO
from itertools import groupby, pairwise

from django.db import connection, transaction
from django.utils import timezone

from activity.models.seals import Epoch, Seal
from activity.seals.contents import content_of
from activity.seals.keys import SigningKey, signing_key
from activity.seals.rows import COLUMNS, FROM, LoggedRow, Place, instant
from activity.services import Actor
from activity.verify import NO_SEAL, RowsDigest, seal_hash, seal_message
from csp_portal.calendar_utc import month_of

BATCH = 5000  # rows that one transaction seals, and so the most that are under one seal
LOCK = 7_203_416  # of pg_advisory_xact_lock: the one sealer
SEALER = Actor.system("seal_log")

_OLDER = "AND event.xid < pg_snapshot_xmin(pg_current_snapshot())"
_NEXT = f"""
    SELECT {COLUMNS} FROM {FROM}
    WHERE event.server_epoch = %s AND (event.xid, event.id) > (%s::text::xid8, %s) {{only}}
    ORDER BY event.xid, event.id LIMIT %s
"""  # noqa: S608 - only our own words stand in it
_PLACES = "COPY activity_sealedrow (event_id, occurred_at, partner_id, position, salt, hash) FROM STDIN"
# Between two that are known: the index answers it, however many rows there are.
_EPOCH_BETWEEN = """
    SELECT server_epoch FROM activity_event
    WHERE server_epoch > %s AND server_epoch < %s ORDER BY server_epoch LIMIT 1
"""
_ENDS = 2**63 - 1  # of the numbers that an identifier may be


def seal_log(*, wait: bool = False) -> int:
    """Seal all rows that can be, a transaction for a batch of them; answers how many.

    Two at once do it once: the later one leaves it to the other, or waits for it.
    """
    sealed = 0
    while batch := _seal_batch(wait=wait):
        sealed += batch
    return sealed


def hold_sealing() -> None:
    """Be the only one who seals or signs until the transaction is over; waits for the sealer to finish its batch."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


@transaction.atomic
def _seal_batch(*, wait: bool) -> int:
    """Seal the next rows, as the only sealer; 0 where there are none, or another one is at work."""
    if wait:
        hold_sealing()
    elif not _answer("SELECT pg_try_advisory_xact_lock(%s)::int", LOCK):
        return 0
    for epoch, is_over in _epochs():
        if rows := _rows_after(epoch, everything=is_over):
            _seal_rows(rows)
            epoch.xid, epoch.event_id = rows[-1].xid, rows[-1].id
            epoch.save(update_fields=["xid", "event_id"])
            return len(rows)
    return 0


def _epochs() -> list[tuple[Epoch, bool]]:
    """The servers that the log was written on, and whether they are over; the one that it is on now comes last."""
    server = _answer("SELECT system_identifier FROM pg_control_system()")
    known = sorted(Epoch.objects.values_list("system_identifier", flat=True))
    while (unknown := _unknown_epoch(known)) is not None:
        Epoch.objects.create(system_identifier=unknown)
        known = sorted([*known, unknown])
    over = [(epoch, epoch.system_identifier != server) for epoch in Epoch.objects.all()]
    return sorted(over, key=lambda pair: not pair[1])


def _unknown_epoch(known: list[int]) -> int | None:
    """A server that rows were written on, beside those that are known."""
    gaps = pairwise([-_ENDS, *known, _ENDS])
    found = (_answer(_EPOCH_BETWEEN, *gap) for gap in gaps)
    return next((server for server in found if server is not None), None)


def _rows_after(epoch: Epoch, *, everything: bool) -> list[LoggedRow]:
    with connection.cursor() as cursor:
        statement = _NEXT.format(only="" if everything else _OLDER)
        cursor.execute(statement, [epoch.system_identifier, str(epoch.xid), epoch.event_id, BATCH])
        return [LoggedRow(*row) for row in cursor.fetchall()]


def _answer(statement: str, *parameters: int) -> int | None:
    """The one whole number that a query answers; None where it finds nothing."""
    with connection.cursor() as cursor:
        cursor.execute(statement, list(parameters))
        found = cursor.fetchone()
        return int(found[0]) if found else None


def _seal_rows(rows: Sequence[LoggedRow]) -> None:
    """Append rows to their chains; within each they keep their order."""
    key = signing_key(actor=SEALER)
    for partner_id, chain in groupby(sorted(rows, key=_by_chain), key=lambda row: row.partner_id):
        _seal_chain(partner_id, list(chain), key)


def _by_chain(row: LoggedRow) -> int:
    return row.partner_id or 0


def _seal_chain(partner_id: int | None, rows: Sequence[LoggedRow], key: SigningKey) -> None:
    """Append the rows to their chain: a seal for each stretch of one month."""
    head = Seal.objects.head_of(partner_id)
    for month, stretch in groupby(rows, key=lambda row: month_of(row.occurred_at)):
        head = _seal(head, partner_id, month, list(stretch), key)


def _seal(head: Seal | None, partner_id: int | None, month: date, rows: Sequence[LoggedRow], key: SigningKey) -> Seal:
    first = head.last + 1 if head else 1
    places = [Place(position, secrets.token_bytes(16)) for position in range(first, first + len(rows))]
    digest, placed, chain = RowsDigest(), list[str](), "\\N" if partner_id is None else str(partner_id)
    for row, place in zip(rows, places, strict=True):
        hashed = place.hash_of(row)
        digest.add(place.position, hashed)
        columns = (
            str(row.id),
            instant(row.occurred_at),
            chain,
            str(place.position),
            _bytea(place.salt),
            _bytea(hashed),
        )
        placed.append("\t".join(columns))
    _insert(placed)
    seal = Seal(
        partner_id=partner_id,
        number=head.number + 1 if head else 1,
        first=first,
        last=places[-1].position,
        month=month,
        earliest=min(row.occurred_at for row in rows),
        latest=max(row.occurred_at for row in rows),
        rows=bytes.fromhex(digest.hex()),
        previous=bytes(head.hash) if head else bytes.fromhex(NO_SEAL),
        sealed_at=timezone.now(),
        key_id=key.fingerprint,
    )
    content = content_of(seal, rows[0].chain)
    seal.hash, seal.signature = bytes.fromhex(seal_hash(content)), key.sign(seal_message(content))
    seal.save(force_insert=True)
    return seal


def _bytea(octets: bytes) -> str:
    """Bytes as COPY reads them, which takes a backslash for the beginning of something."""
    return f"\\\\x{octets.hex()}"


def _insert(placed: list[str]) -> None:
    """Write the places; Django would take as long for it as all else takes together."""
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.cursor.copy_expert(_PLACES, StringIO("\n".join(placed)))
