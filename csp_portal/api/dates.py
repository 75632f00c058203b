"""Days as clients write them in a query (partner-center-api.md, 0.1): four ways, one of them a bug that lives on."""

import re
from datetime import date, timedelta

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,3})(?:[T ].*)?")
_INVARIANT = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: .*)?")  # .NET: MM/dd/yyyy HH:mm:ss


def day_of(text: str) -> date:
    """The day in `2026-11-19`, `11/19/2026 08:02:13`, `2026-11-19T08:02:13Z`, or `2026-11-323`.

    The Java SDK writes the day of the year behind the month: a third number over 31 is one. Raises ValueError.
    """
    if found := _ISO.fullmatch(text.strip()):
        year, month, last = map(int, found.groups())
        return _day_of_year(year, last) if last > 31 else date(year, month, last)
    if found := _INVARIANT.fullmatch(text.strip()):
        month, day, year = map(int, found.groups())
        return date(year, month, day)
    raise ValueError(text)


def _day_of_year(year: int, number: int) -> date:
    found = date(year, 1, 1) + timedelta(days=number - 1)
    if found.year != year:
        raise ValueError(number)
    return found
