"""The cancellation window: counted in UTC days, closed at one exclusive instant (C2). Pure: no Django."""

from datetime import date, datetime, timedelta

from csp_portal.calendar_utc import end_of_day, utc_day


def last_day(purchased_at: datetime, window_days: int) -> date:
    """The last day (UTC) on which a purchase can be cancelled; the purchase day does not count."""
    return utc_day(purchased_at) + timedelta(days=window_days)


def closes_at(purchased_at: datetime, window_days: int) -> datetime:
    """The exclusive instant at which the window closes: the end of its last day."""
    return end_of_day(last_day(purchased_at, window_days))


def days_left(last: date, now: datetime) -> int:
    """Days from today (UTC) to the last day; 0 is *today is the last day*, negative is closed."""
    return (last - utc_day(now)).days
