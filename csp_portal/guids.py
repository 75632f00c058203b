"""GUIDs as people write them. Pure: no Django."""

import re
from uuid import UUID

# With or without hyphens, in braces, as a URN, in any case; `UUID` itself would also read `1_0…` and other digits.
_GUID = re.compile(
    r"(?:urn:uuid:)?[{(]?([0-9a-f]{8})(-?)([0-9a-f]{4})\2([0-9a-f]{4})\2([0-9a-f]{4})\2([0-9a-f]{12})[)}]?",
    re.IGNORECASE,
)


def guid_of(text: str) -> UUID | None:
    """The GUID that `text` is, in any of the ways to write one; None if it is no such thing."""
    found = _GUID.fullmatch(text.strip())
    return UUID("".join(found.group(1, 3, 4, 5, 6))) if found else None
