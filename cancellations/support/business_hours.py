"""When a request is due: business hours from its filing, paused while the partner has to act (S5). Knows no Django."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_FAR = 3660  # days: hours that open on none of them never do


@dataclass(frozen=True)
class BusinessHours:
    """The operator's calendar: opening hours by weekday (0 is Monday) in its zone, and days on which it is closed.

    What closes at 00:00 is open until the day is over; a night is told as two spans.
    """

    zone: ZoneInfo
    spans: Mapping[int, Sequence[tuple[time, time]]]
    holidays: frozenset[date] = field(default_factory=frozenset)

    def opened(self, since: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The open hours from `since` on, each from its first instant until before its last one, in UTC.

        Across a change of clocks an hour counts as long as it is: 09:00 to 17:00 by the clock on the wall.
        """
        first = since.astimezone(self.zone).date()
        for day in (first + timedelta(days=number) for number in range(_FAR)):
            if day in self.holidays:
                continue
            for opens, closes in self.spans.get(day.weekday(), ()):
                start, end = max(self._instant(day, opens), since), self._closes(day, closes)
                if start < end:
                    yield start, end

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much of the time from `start` to `end` is open."""
        total = timedelta(0)
        for opened, closed in self.opened(start):
            if opened >= end:
                break
            total += min(closed, end) - opened
        return total

    def after(self, start: datetime, span: timedelta) -> datetime | None:
        """The instant at which `span` of open time has passed since `start`; None if it never opens for so long."""
        left = span
        for opened, closed in self.opened(start):
            if closed - opened >= left:
                return opened + left
            left -= closed - opened
        return None

    def _closes(self, day: date, at: time) -> datetime:
        return self._instant(day, at) if at > time(0) else self._instant(day + timedelta(days=1), at)

    def _instant(self, day: date, at: time) -> datetime:
        """The first instant at which the clock on the wall shows `at` of that day, or later."""
        wall = datetime.combine(day, at, tzinfo=self.zone)
        instant = wall.astimezone(UTC)
        shown = instant.astimezone(self.zone)
        if shown.replace(tzinfo=None) == wall.replace(tzinfo=None):
            return instant
        # The clocks jump over it: the jump lies between what it would be by the time before and by the time after.
        earliest = wall.replace(fold=1, microsecond=0).astimezone(UTC)
        seconds = range(int((instant - earliest).total_seconds()) + 1)
        jump = bisect_left(seconds, True, key=lambda second: self._offset(earliest, second) == shown.utcoffset())
        return earliest + timedelta(seconds=jump)

    def _offset(self, since: datetime, seconds: int) -> timedelta | None:
        return (since + timedelta(seconds=seconds)).astimezone(self.zone).utcoffset()


@dataclass(frozen=True)
class Step:
    """From `at` on the request runs, or waits for the partner, or is over."""

    at: datetime
    runs: bool


def due_at(steps: Sequence[Step], target: timedelta, hours: BusinessHours) -> datetime | None:
    """When `target` of open time has passed while the request ran; None while it does not run.

    A function of the steps alone: gone through again it gives the same. What was overdue before a pause still is after
    it.
    """
    left, runs_since = target, None
    for step in steps:
        if runs_since is not None and left > timedelta(0):
            worked = hours.between(runs_since, step.at)
            if worked >= left:
                left, missed = timedelta(0), hours.after(runs_since, left)
            else:
                left -= worked
        runs_since = step.at if step.runs else None
    if runs_since is None:
        return None
    return missed if left <= timedelta(0) else hours.after(runs_since, left)
