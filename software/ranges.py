"""Single byte ranges (RFC 9110, 14). Pure: no Django."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

_SINGLE = re.compile(
    r"bytes=(?:(?P<first>[0-9]{1,100})-(?P<last>[0-9]{0,100})|-(?P<suffix>[0-9]{1,100}))", re.IGNORECASE
)

_PLAIN = re.compile(r"bytes=([0-9]{1,18}-[0-9]{0,18}|-[0-9]{1,18})")


def is_plain_range(header: str) -> bool:
    """Whether `header` asks for one range in such plain words that every server reads them alike."""
    return _PLAIN.fullmatch(header) is not None


def if_range_holds(header: str, *, etag: str, last_modified: str) -> bool:
    """Whether the file is still the one of which the client has a part (RFC 9110, 13.1.5).

    By strong comparison: a weak validator never holds, a date only as it was sent to the last sign.
    """
    return header.strip() in {etag, last_modified}


@dataclass(frozen=True)
class ByteRange:
    """Bytes `first` to `last` of a file, both inclusive, as HTTP counts them."""

    first: int
    last: int

    @classmethod
    def whole(cls, size: int) -> Self:
        """All of a file of `size` bytes."""
        return cls(0, size - 1)

    @property
    def length(self) -> int:
        return self.last - self.first + 1

    def content_range(self, size: int) -> str:
        """The header that names the range in a file of `size` bytes."""
        return f"bytes {self.first}-{self.last}/{size}"


class RangeNotSatisfiable(Exception):
    """None of the bytes asked for are in the file (416)."""


def parse_range(header: str, size: int) -> ByteRange | None:
    """The one range that `header` asks of a file of `size` bytes, cut at its end.

    None where the header is to be passed over and the whole file sent: it is malformed, of another unit, or asks for
    several ranges. Raises RangeNotSatisfiable where the range begins past the end.
    """
    match = _SINGLE.fullmatch(header.strip())
    if match is None:
        return None
    if match["suffix"] is not None:
        return _suffix(int(match["suffix"]), size)
    first = int(match["first"])
    last = int(match["last"]) if match["last"] else max(first, size - 1)
    if last < first:
        return None
    if first >= size:
        raise RangeNotSatisfiable
    return ByteRange(first, min(last, size - 1))


def _suffix(length: int, size: int) -> ByteRange | None:
    """The last `length` bytes; an empty file is sent whole, for no range can be named in it."""
    if length == 0:
        raise RangeNotSatisfiable
    return ByteRange(max(size - length, 0), size - 1) if size else None


def holds_all(parts: Iterable[tuple[int, int]], size: int) -> bool:
    """Whether `parts`, in the order of their first bytes, together hold a file of `size` bytes.

    Each is a first byte and a length.
    """
    reached = 0
    for first, length in parts:
        if first > reached:
            return False
        reached = max(reached, first + length)
    return reached >= size
