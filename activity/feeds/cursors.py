"""The cursor: opaque text that holds a position of one chain, and a mark of the row there. Pure: no Django.

It is not secret, so nothing signs it; its check tells a garbled one, and one of another log, from a good one. The mark
tells whether the row at the position is still the one that was read: a log that was restored from an earlier copy
gives the positions after it anew. In hexadecimal, for a text with hyphens might look like a product key, which no
address may hold.
"""

import hashlib
import struct
from typing import NamedTuple

_SHAPE = struct.Struct(">BQ5s5s")  # version, position, mark, check
_VERSION = 2
_MARK = 5  # bytes


class Place(NamedTuple):
    """Where a cursor stands: behind the row at `position`, which has `mark`."""

    position: int
    mark: bytes


def place_of(position: int, row: bytes) -> Place:
    """The place behind the row at `position`, by the row's hash; before the first row there is no hash."""
    return Place(position, row[:_MARK].ljust(_MARK, b"\0"))


def cursor_of(chain: str, place: Place) -> str:
    """The cursor that stands at that place."""
    return _SHAPE.pack(_VERSION, place.position, place.mark, _check(chain, place)).hex()


def read_cursor(chain: str, cursor: str) -> Place | None:
    """Where `cursor` stands in this chain; None where it is no cursor of it."""
    try:
        _version, position, mark, _its_check = _SHAPE.unpack(bytes.fromhex(cursor))
    except (ValueError, struct.error):
        return None
    place = Place(position, mark)
    return place if cursor_of(chain, place) == cursor else None


def _check(chain: str, place: Place) -> bytes:
    return hashlib.sha256(f"{chain}\0{place.position}\0".encode() + place.mark).digest()[:5]
