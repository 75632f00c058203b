"""A row of the log as it is hashed: by the columns of its table, whatever the models say (A5)."""

import hashlib
import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, NamedTuple

from django.db import connection

from activity.models.seals import OPERATOR
from activity.verify import row_hash

DEEPEST = 500  # brackets in the details of a row


class LoggedRow(NamedTuple):
    """All that the database holds of an event, in the order of COLUMNS."""

    id: int
    xid: int
    server_epoch: int
    partner_id: int | None
    chain: str
    occurred_at: datetime
    action: str
    actor_kind: str
    actor_id: str | None
    actor_name: str
    customer_id: str | None
    customer_name: str
    product_id: str
    product_name: str
    order_number: str
    purchase_id: str | None
    key_last_five: str
    key_hash: str
    key_hash_key_id: str
    link_id: str | None
    link_made_by: str
    details: str
    ip_commitment: bytes


COLUMNS = f"""
    event.id, event.xid::text::bigint, event.server_epoch, event.partner_id,
    coalesce(partner.public_id::text, '{OPERATOR}'), event.occurred_at, event.action, event.actor_kind,
    event.actor_id::text, event.actor_name, event.customer_id::text, event.customer_name, event.product_id,
    event.product_name, event.order_number, event.purchase_id::text, event.key_last_five, event.key_hash,
    event.key_hash_key_id, event.link_id::text, event.link_made_by, event.details::text, event.ip_commitment
"""
FROM = "activity_event event LEFT JOIN accounts_partner partner ON partner.id = event.partner_id"
_SEALED = f"""
    SELECT sealed.position, sealed.salt, sealed.event_id, sealed.hash, address.address, address.salt, {COLUMNS}
    FROM activity_sealedrow sealed
    LEFT JOIN ({FROM}) ON event.id = sealed.event_id AND event.occurred_at = sealed.occurred_at
    LEFT JOIN activity_address address ON address.event_id = sealed.event_id
    WHERE sealed.partner_id {{chain}} AND sealed.position BETWEEN %s AND %s
    ORDER BY sealed.position
"""  # noqa: S608 - only our own words stand in it

# What is hashed as it stands; the rest is written in a form of its own.
_AS_THEY_ARE = (
    *("chain", "action", "actor_kind", "actor_id", "actor_name", "customer_id", "customer_name"),
    *("product_id", "product_name", "order_number", "purchase_id", "key_last_five", "key_hash", "key_hash_key_id"),
    *("link_id", "link_made_by"),
)
_as_they_are = attrgetter(*_AS_THEY_ARE)


def instant(when: datetime) -> str:
    """`2020-02-02T12:00:00.000000Z`: always in UTC, always as long, so that texts compare as instants do."""
    return when.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def facts_of(row: LoggedRow, position: int, salt: bytes) -> dict[str, Any]:
    """What is hashed of a row, and what an export tells of it.

    Where it lies in the database, which would tell of other partners' rows, stands in it as a salted hash: `origin`.
    """
    origin = f"{row.id}/{row.xid}/{row.server_epoch}".encode()
    return {
        **dict(zip(_AS_THEY_ARE, _as_they_are(row), strict=True)),
        "position": position,
        "occurred_at": instant(row.occurred_at),
        "details": details_of(row),
        "ip_commitment": bytes(row.ip_commitment).hex(),
        "origin": hashlib.sha256(salt + origin).hexdigest(),
    }


def addresses_kept_from() -> datetime:
    """The addresses of rows that were written after this are kept still (A4), by the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT activity_addresses_kept_from()")
        when: datetime = cursor.fetchone()[0]
        return when


def details_of(row: LoggedRow) -> Any:
    """The row's details; their text where a program might not read them: nested too deep, or a number too large."""
    if row.details.count("{") + row.details.count("[") > DEEPEST:
        return row.details
    try:
        return _DECODER.decode(row.details)
    except ValueError:
        return row.details


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


_DECODER = json.JSONDecoder(parse_float=_finite)


class Place(NamedTuple):
    """The place of a row in its chain, with its salt."""

    position: int
    salt: bytes

    def hash_of(self, row: LoggedRow) -> bytes:
        return row_hash(facts_of(row, self.position, self.salt), self.salt)


class SealedLine(NamedTuple):
    """A place of a chain with what stands there; `row` is None where it does not stand any more."""

    place: Place
    event_id: int
    hash: bytes
    address: str
    address_salt: bytes
    row: LoggedRow | None


def sealed_lines(partner_id: int | None, first: int, last: int) -> Iterator[SealedLine]:
    """The places of a chain from one position to another, in their order; one query."""
    chain = "IS NULL" if partner_id is None else "= %s"
    with connection.cursor() as cursor:
        cursor.execute(_SEALED.format(chain=chain), [*([] if partner_id is None else [partner_id]), first, last])
        for position, salt, event_id, hashed, address, address_salt, *columns in cursor.fetchall():
            row = None if columns[0] is None else LoggedRow(*columns)
            place = Place(position, bytes(salt))
            yield SealedLine(place, event_id, bytes(hashed), address or "", bytes(address_salt or b""), row)
