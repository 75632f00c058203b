"""Terms of B6 and the instants of C2."""

from datetime import UTC, date, datetime

import pytest

from csp_portal.calendar_utc import add_months, term_end, term_months
from software import window


@pytest.mark.parametrize(
    ("start", "term", "end"),
    [
        ("2020-01-24", "P1Y", "2021-01-24"),
        ("2020-02-29", "P1Y", "2021-02-28"),
        ("2020-02-29", "P3Y", "2023-02-28"),
        ("2020-01-31", "P1M", "2020-02-29"),
        ("2020-12-31", "P2M", "2021-02-28"),
        ("2020-12-15", "P1M", "2021-01-15"),
    ],
)
def test_a_term_ends_on_the_same_day_or_the_months_last(start, term, end):
    assert term_end(date.fromisoformat(start), term) == date.fromisoformat(end)


def test_what_is_bought_once_has_no_end():
    assert term_end(date(2020, 1, 1), "OneTime") is None


@pytest.mark.parametrize("term", ["P2W", "P0Y", "P1D", "1Y", "", "onetime"])
def test_a_term_that_the_price_list_does_not_know_is_refused(term):
    with pytest.raises(ValueError, match="TermDuration"):
        term_months(term)


def test_months_go_back_over_the_turn_of_the_year():
    assert add_months(date(2020, 1, 1), -1) == date(2019, 12, 1)


@pytest.mark.parametrize("bought", ["2020-01-24T00:00:00Z", "2020-01-24T23:59:59Z"])
def test_the_window_closes_at_the_end_of_the_sixtieth_day(bought):
    instant = datetime.fromisoformat(bought)
    assert window.last_day(instant, 60) == date(2020, 3, 24)
    assert window.closes_at(instant, 60) == datetime(2020, 3, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "left"), [("2020-03-24T23:59:59Z", 0), ("2020-03-25T00:00:00Z", -1), ("2020-01-24T23:59:59Z", 60)]
)
def test_days_left_are_counted_in_utc_days(now, left):
    assert window.days_left(date(2020, 3, 24), datetime.fromisoformat(now)) == left
