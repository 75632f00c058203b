"""When something of the demo's history happened, counted back from the moment at which it was loaded. UTC."""

from collections.abc import Callable
from datetime import datetime, timedelta

from csp_portal.calendar_utc import add_months, month_of, start_of_day, utc_day

Moment = Callable[[datetime], datetime]
SECOND = timedelta(seconds=1)


def ago(**how_long: float) -> Moment:
    """So long before the moment of loading: `ago(days=3, hours=2)`."""
    return lambda loaded: loaded - timedelta(**how_long)


def first_second(days_ago: int) -> Moment:
    """The first second of the day that many days before today."""
    return lambda loaded: start_of_day(utc_day(loaded) - timedelta(days=days_ago))


def last_second(days_ago: int) -> Moment:
    """The last second of the day that many days before today."""
    return lambda loaded: first_second(days_ago - 1)(loaded) - SECOND


def year_ends_in(days: int) -> Moment:
    """Noon of the day on which a year begins that ends so many days after today."""
    return lambda loaded: start_of_day(add_months(utc_day(loaded) + timedelta(days=days), -12)) + timedelta(hours=12)


def month_start(months_ago: int = 0, **later: float) -> Moment:
    """The first second of this month or an earlier one, or so much later (earlier, if negative)."""
    return lambda loaded: start_of_day(add_months(month_of(loaded), -months_ago)) + timedelta(**later)
