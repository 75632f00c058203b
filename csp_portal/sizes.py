"""Sizes that are limits, written as they were set: a whole number of one unit, never rounded."""

from django.utils import formats
from django.utils.translation import ngettext

# 20 * 1024 * 1024 was set in MiB, 20,000,000 in MB: the first unit of which it is a whole number.
_UNITS = (("GiB", 1024**3), ("GB", 10**9), ("MiB", 1024**2), ("MB", 10**6), ("KiB", 1024), ("kB", 1000))


def limit_written(size: int) -> str:
    """`20 MiB` for 20,971,520 bytes; the exact number of bytes where it is a whole number of no unit."""
    for unit, bytes_in_unit in _UNITS:
        if size and size % bytes_in_unit == 0:
            return f"{_number(size // bytes_in_unit)}\N{NO-BREAK SPACE}{unit}"
    return bytes_written(size)


def bytes_written(size: int) -> str:
    """`20,971,520 bytes`."""
    return ngettext("%(size)s byte", "%(size)s bytes", size) % {"size": _number(size)}


def _number(count: int) -> str:
    return formats.number_format(count, force_grouping=True)
