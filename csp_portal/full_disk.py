"""A full disk, known by what it makes of a file, of PostgreSQL and of Valkey."""

from collections.abc import Iterator
from errno import EDQUOT, EFBIG, ENOSPC

from psycopg2.errors import DiskFull
from redis.exceptions import ResponseError

_NO_ROOM = frozenset({ENOSPC, EDQUOT, EFBIG})
_VALKEY_CANNOT_WRITE = "MISCONF"  # how it refuses while it cannot append to its file


def is_full_disk(error: BaseException | None) -> bool:
    """Whether `error`, or one that led to it, says that there is no room left."""
    return any(_says_so(cause) for cause in _with_causes(error))


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _says_so(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in _NO_ROOM
    return isinstance(error, DiskFull) or (
        isinstance(error, ResponseError) and str(error).startswith(_VALKEY_CANNOT_WRITE)
    )
