"""Days, months and terms in UTC. Pure functions; the current time is always the caller's `timezone.now()`."""

import calendar
import re
from datetime import UTC, date, datetime, timedelta

_TERM = re.compile(r"P(?P<count>[1-9]\d?)(?P<unit>[MY])")


def utc_day(instant: datetime) -> date:
    """The calendar day of `instant` in UTC."""
    return instant.astimezone(UTC).date()


def start_of_day(day: date) -> datetime:
    """The first instant of `day` in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def end_of_day(day: date) -> datetime:
    """The exclusive end of `day` in UTC: the first instant of the day after."""
    return start_of_day(day + timedelta(days=1))


def month_of(instant: datetime) -> date:
    """The UTC month of `instant`, as its first day."""
    return utc_day(instant).replace(day=1)


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or that month's last day where it has no such day (B6)."""
    year, month_index = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month_index + 1)[1]
    return date(year, month_index + 1, min(day.day, last))


def months_before(instant: datetime, months: int) -> datetime:
    """The same time of the same day, so many months earlier; of that month's last day where it has no such day."""
    day = add_months(utc_day(instant), -months)
    return datetime.combine(day, instant.astimezone(UTC).timetz())


def term_months(term: str) -> int | None:
    """Months in a term of the price list: `P1Y` 12, `P1M` 1, `OneTime` None. Raises ValueError on anything else."""
    if term == "OneTime":
        return None
    match = _TERM.fullmatch(term)
    if match is None:
        raise ValueError(f"TermDuration {term!r} is not OneTime, P<n>M or P<n>Y")
    return int(match["count"]) * (12 if match["unit"] == "Y" else 1)


def term_end(start: date, term: str) -> date | None:
    """The day a term that starts on `start` ends (B6); None for what is bought once and for all."""
    months = term_months(term)
    return None if months is None else add_months(start, months)
