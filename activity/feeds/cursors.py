"""The cursor: opaque text that holds a position of one chain. Pure: no Django.

It is not secret, so nothing signs it; its check tells a garbled one, and one of another log, from a good one.
"""

import base64
import hashlib
import struct

_SHAPE = struct.Struct(">BQ5s")  # version, position, check
_VERSION = 1


def cursor_of(chain: str, position: int) -> str:
    """The cursor that stands behind the row at `position`."""
    return base64.urlsafe_b64encode(_SHAPE.pack(_VERSION, position, _check(chain, position))).decode().rstrip("=")


def position_of(chain: str, cursor: str) -> int | None:
    """The position that `cursor` stands behind in this chain; None where it is no cursor of it."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        _version, position, _its_check = _SHAPE.unpack(raw)
    except (ValueError, struct.error):
        return None
    return int(position) if cursor_of(chain, position) == cursor else None


def _check(chain: str, position: int) -> bytes:
    return hashlib.sha256(f"{chain}\0{position}".encode()).digest()[:5]
