"""When a request is due: open hours while it runs, by the operator's calendar (S5)."""

import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from hypothesis import example, given
from hypothesis import strategies as st

from cancellations.support.business_hours import BusinessHours, Step, due_at
from cancellations.support.models import EventKind, Impact, OpeningSpan, RequestStatus, SupportRequest
from cancellations.support.services.happening import due_of, happened
from tests.support import file_question

LONDON = ZoneInfo("Europe/London")
NINE_TO_FIVE = ((time(9), time(17)),)
WEEK = BusinessHours(LONDON, dict.fromkeys(range(5), NINE_TO_FIVE))
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def at(text):
    """An instant by the clock on the wall in London, such as `2020-01-24 12:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def due(hours, *steps, target=8 * HOUR):
    """When it is due after steps such as `("2020-01-24 12:00", True)`."""
    return due_at([Step(at(text), runs) for text, runs in steps], target, hours)


# Plain days


@pytest.mark.parametrize(
    ("filed", "hours", "expected"),
    [
        ("2020-01-22 10:00", 4, "2020-01-22 14:00"),  # within a day
        ("2020-01-22 09:00", 8, "2020-01-22 17:00"),  # the whole of it
        ("2020-01-22 15:00", 4, "2020-01-23 11:00"),  # over the night
        ("2020-01-22 03:00", 1, "2020-01-22 10:00"),  # before it opens
        ("2020-01-22 17:00", 1, "2020-01-23 10:00"),  # at the instant it closes
        ("2020-01-24 16:00", 2, "2020-01-27 10:00"),  # over a weekend
        ("2020-01-25 12:00", 8, "2020-01-27 17:00"),  # filed on a Saturday
        ("2020-03-27 16:00", 2, "2020-03-30 10:00"),  # clocks go forward on the Sunday between
        ("2020-10-23 16:00", 2, "2020-10-26 10:00"),  # and back
    ],
)
def test_business_hours_are_counted_by_the_clock_on_the_wall(filed, hours, expected):
    assert due(WEEK, (filed, True), target=hours * HOUR) == at(expected)


def test_on_a_holiday_nobody_works():
    hours = BusinessHours(LONDON, WEEK.spans, frozenset({date(2020, 1, 23), date(2020, 1, 24)}))
    assert due(hours, ("2020-01-22 16:00", True)) == at("2020-01-27 16:00")


def test_a_lunch_is_not_counted():
    hours = BusinessHours(LONDON, {2: ((time(9), time(12)), (time(13), time(17)))})
    assert due(hours, ("2020-01-22 11:00", True), target=2 * HOUR) == at("2020-01-22 14:00")


def test_a_night_is_two_spans_that_meet_at_midnight():
    hours = BusinessHours(LONDON, {2: ((time(22), time(0)),), 3: ((time(0), time(6)),)})
    assert due(hours, ("2020-01-22 12:00", True), target=3 * HOUR) == at("2020-01-23 01:00")
    assert hours.between(at("2020-01-22 12:00"), at("2020-01-24 12:00")) == 8 * HOUR


@pytest.mark.parametrize(("night", "length"), [("2020-03-29", 5), ("2020-10-25", 7)])
def test_a_night_in_which_the_clocks_change_is_as_long_as_it_is(night, length):
    hours = BusinessHours(LONDON, {6: ((time(0), time(6)),)})
    assert hours.between(at(f"{night} 00:00"), at(f"{night} 12:00")) == length * HOUR


@pytest.mark.parametrize(("opens", "closes", "minutes"), [("01:15", "02:30", 30), ("01:15", "01:45", 0)])
def test_hours_that_the_clocks_jump_over_are_not_open(opens, closes, minutes):
    hours = BusinessHours(LONDON, {6: ((time.fromisoformat(opens), time.fromisoformat(closes)),)})
    assert hours.between(at("2020-03-29 00:00"), at("2020-03-29 12:00")) == minutes * MINUTE


def test_hours_that_never_open_have_no_due_time():
    assert due(BusinessHours(LONDON, {}), ("2020-01-22 12:00", True)) is None


# Pauses


def test_it_is_paused_while_the_partner_has_to_act():
    asked = [("2020-01-22 10:00", True), ("2020-01-22 12:00", False)]
    assert due(WEEK, *asked) is None
    assert due(WEEK, *asked, ("2020-01-28 09:00", True)) == at("2020-01-28 15:00")


def test_several_pauses_add_up():
    steps = [("2020-01-22 10:00", True), ("2020-01-22 11:00", False), ("2020-01-22 13:00", True)]
    assert due(WEEK, *steps, ("2020-01-22 14:00", False), ("2020-01-23 09:00", True)) == at("2020-01-23 15:00")


def test_a_step_that_does_not_pause_it_changes_nothing():
    assert due(WEEK, ("2020-01-22 10:00", True), ("2020-01-22 12:00", True)) == at("2020-01-23 10:00")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("2020-01-20 16:59", "2020-01-24 09:01"),  # with a minute left
        ("2020-01-20 17:00", "2020-01-20 17:00"),  # at the due time
        ("2020-01-22 12:00", "2020-01-20 17:00"),
    ],
)
def test_what_was_due_before_a_pause_is_so_after_it(asked, expected):
    steps = [("2020-01-20 09:00", True), (asked, False), ("2020-01-24 09:00", True)]
    assert due(WEEK, *steps) == at(expected)


def test_what_is_over_is_not_due():
    assert due(WEEK, ("2020-01-22 10:00", True), ("2020-01-22 11:00", False)) is None


# A second, slower statement: every minute by itself


class SlowCalendar:
    """The open minutes from one instant until another, found by going through every minute.

    A day's span begins when the clock on the wall first shows its beginning or later, and ends in the same way.
    """

    def __init__(self, hours, since, until):
        self.until = until
        self.minutes = []
        minute, day, furthest = since - timedelta(days=1), None, time(0)
        while minute < until:
            wall = minute.astimezone(hours.zone)
            furthest = max(furthest, wall.time()) if wall.date() == day else wall.time()
            day = wall.date()
            if (
                minute >= since
                and day not in hours.holidays
                and self._within(hours.spans.get(day.weekday(), ()), furthest)
            ):
                self.minutes.append(minute)
            minute += MINUTE

    def _within(self, spans, furthest):
        return any(opens <= furthest and (closes == time(0) or furthest < closes) for opens, closes in spans)

    def due(self, steps, target):
        """The end of the open minute with which `target` of them have passed while it ran; None while it does not."""
        ends = [*(step.at for step in steps[1:]), self.until]
        running = [(step.at, end) for step, end in zip(steps, ends, strict=True) if step.runs]
        counted = [minute for minute in self.minutes if any(start <= minute < end for start, end in running)]
        return counted[target - 1] + MINUTE if steps[-1].runs and len(counted) >= target else None


minutes_of_day = st.integers(0, 24 * 4 - 1).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))


@st.composite
def spans(draw):
    """Up to two spans of a day, apart from each other; one may last to midnight."""
    edges = sorted(draw(st.sets(minutes_of_day, max_size=4)))
    if len(edges) % 2:
        edges.append(time(0))
    return tuple(zip(edges[::2], edges[1::2], strict=True))


first_days = st.sampled_from([date(2020, 3, 28), date(2020, 10, 24), date(2020, 1, 24), date(2020, 2, 28)])


@st.composite
def calendars(draw):
    """A first day, hours around it (most around a change of clocks) and at times a holiday."""
    first = draw(first_days)
    holidays = draw(st.sets(st.sampled_from([first, first + timedelta(days=1)]), max_size=1))
    return first, BusinessHours(LONDON, {day: draw(spans()) for day in range(7)}, frozenset(holidays))


def steps_from(first, gaps):
    """Steps from a day on, each so many minutes after the one before; every other one pauses it."""
    moment, steps = datetime.combine(first, time(0), tzinfo=LONDON).astimezone(UTC), []
    for number, gap in enumerate(gaps):
        moment += gap * MINUTE
        steps.append(Step(moment, number % 2 == 0))
    return steps


SKIPPED = (date(2020, 3, 28), BusinessHours(LONDON, {6: ((time(1, 15), time(2, 15)),)}))
REPEATED = (date(2020, 10, 24), BusinessHours(LONDON, {6: ((time(0, 30), time(1, 30)),)}))


@given(calendars(), st.lists(st.integers(0, 1500), min_size=1, max_size=3), st.integers(1, 900))
@example(SKIPPED, [0], 15)
@example(REPEATED, [0], 60)
def test_it_is_the_same_as_going_through_every_minute(calendar, gaps, target):
    first, hours = calendar
    steps = steps_from(first, gaps)
    until = steps[-1].at + timedelta(days=2)
    expected = SlowCalendar(hours, steps[0].at, until).due(steps, target)
    found = due_at(steps, target * MINUTE, hours)
    assert (found if found and found <= until else None) == expected


@given(calendars(), st.integers(0, 2880), st.integers(0, 2880))
def test_open_time_between_two_instants_is_what_the_minutes_add_up_to(calendar, start, length):
    first, hours = calendar
    since = datetime.combine(first, time(0), tzinfo=LONDON).astimezone(UTC) + start * MINUTE
    until = since + length * MINUTE
    assert hours.between(since, until) == len(SlowCalendar(hours, since, until).minutes) * MINUTE


# As it is stored


KINDS = (
    (EventKind.TAKEN_UP, RequestStatus.IN_PROGRESS),
    (EventKind.ASSIGNED, None),
    (EventKind.ASKED, RequestStatus.ACTION_REQUIRED),
    (EventKind.PARTNER_REPLIED, RequestStatus.IN_PROGRESS),
    (EventKind.CLOSED, RequestStatus.CLOSED),
)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(12))
def test_the_stored_due_time_is_what_the_events_give_again(agent, support_agent, seed):
    chance = random.Random(seed)
    request = file_question(agent, impact=Impact.CRITICAL)
    now = request.filed_at
    for _step in range(chance.randrange(1, 12)):
        now += timedelta(minutes=chance.randrange(0, 3000))
        kind, status = chance.choice(KINDS)
        happened(request, kind, actor=support_agent, now=now, status=status)
        stored = SupportRequest.objects.get(pk=request.pk)
        assert stored.due_at == due_of(stored)


@pytest.mark.django_db
def test_the_database_takes_hours_until_midnight_and_none_that_end_before_they_begin():
    OpeningSpan.objects.create(weekday=5, opens=time(22), closes=time(0))
    with pytest.raises(IntegrityError), transaction.atomic():
        OpeningSpan.objects.create(weekday=6, opens=time(12), closes=time(9))
