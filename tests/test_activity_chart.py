"""The chart of the log: how many events each day of the range has, as the list would show them (A1, X4)."""

import json
import re
from datetime import date, datetime, timedelta

import pytest

from activity.chart import MOST_COUNTED, bars
from activity.models import Action, Event
from activity.services import Actor, client_address, record, record_each
from tests.helpers import MOST_QUERIES, queries_of, source_of, words_of

pytestmark = pytest.mark.django_db

PAGE = "/activity/"
JOB = Actor.system("filling")


@pytest.fixture
def see(client_of, global_admin, clock):
    """Sign in as a Global admin and open the page with a query, in a zone; answers the response."""

    def open_page(query="", zone="UTC"):
        browser = client_of(global_admin)
        browser.cookies["timezone"] = zone
        return browser.get(f"{PAGE}{query}")

    return open_page


def at(clock, partner, *instants, action=Action.KEY_REVEALED):
    for instant in instants:
        clock.set(instant)
        record(action, actor=JOB, partner=partner)


def counts(response):
    """The days that have events, and how many."""
    return {bar.span.first.isoformat(): bar.count for bar, _url in response.context["bars"] if bar.count}


def test_each_day_of_the_range_has_a_bar(see, clock, partner):
    at(clock, partner, "2020-02-01T00:00:00Z", "2020-02-01T23:59:59Z", "2020-02-03T00:00:00Z", "2020-02-04T00:00:00Z")
    response = see("?from=2020-02-01&to=2020-02-03")
    assert [bar.count for bar, _url in response.context["bars"]] == [2, 0, 1]
    words = words_of(response)
    assert "1 Feb 2020 2 events 2 Feb 2020 0 events 3 Feb 2020 1 event" in words


def test_days_are_those_of_the_readers_zone(see, clock, partner):
    at(clock, partner, "2020-02-09T14:59:59Z", "2020-02-09T15:00:00Z", "2020-02-10T14:59:59Z")
    assert counts(see("?from=2020-02-09&to=2020-02-10", "Asia/Seoul")) == {"2020-02-09": 1, "2020-02-10": 2}


@pytest.mark.parametrize(
    ("zone", "day", "first", "last", "hours"),
    [
        ("Europe/Berlin", "2020-03-29", "2020-03-28T23:00:00Z", "2020-03-29T21:59:59Z", 23),
        ("Europe/Berlin", "2020-10-25", "2020-10-24T22:00:00Z", "2020-10-25T22:59:59Z", 25),
        ("America/New_York", "2020-03-08", "2020-03-08T05:00:00Z", "2020-03-09T03:59:59Z", 23),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", "2018-11-05T01:59:59Z", 23),  # without a midnight
        ("America/Havana", "2020-11-01", "2020-11-01T04:00:00Z", "2020-11-02T04:59:59Z", 25),  # with two of them
        ("Asia/Seoul", "2020-03-29", "2020-03-28T15:00:00Z", "2020-03-29T14:59:59Z", 24),
    ],
)
def test_a_day_begins_and_ends_with_its_first_and_last_instant(see, clock, partner, zone, day, first, last, hours):
    second, start = timedelta(seconds=1), datetime.fromisoformat(first)
    end = datetime.fromisoformat(last)
    assert (end + second - start) == timedelta(hours=hours)
    at(clock, partner, *(moment.isoformat() for moment in (start - second, start, end, end + second)))
    that = date.fromisoformat(day)
    around = f"?from={that - timedelta(days=1)}&to={that + timedelta(days=1)}"
    assert [bar.count for bar, _url in see(around, zone).context["bars"]] == [1, 2, 1]


def test_a_range_of_92_days_is_shown_by_day_and_a_longer_one_by_month(see, clock, partner):
    at(clock, partner, "2020-01-15T12:00:00Z", "2020-02-29T23:59:59Z", "2020-03-01T00:00:00Z", "2020-04-16T12:00:00Z")
    by_day = see("?from=2020-01-15&to=2020-04-15")
    assert len(by_day.context["bars"]) == 92
    by_month = see("?from=2020-01-15&to=2020-04-16")
    assert counts(by_month) == {"2020-01-15": 1, "2020-02-01": 1, "2020-03-01": 1, "2020-04-01": 1}
    assert "January 2020 1 event February 2020 1 event" in words_of(by_month)


def test_a_month_leads_to_what_the_range_has_of_it(see, clock, partner):
    addresses = [url for _bar, url in see("?from=2020-01-15&to=2020-04-16&show=all").context["bars"]]
    assert addresses[0] == "?from=2020-01-15&to=2020-01-31&show=all"
    assert addresses[1] == "?from=2020-02-01&to=2020-02-29&show=all"
    assert addresses[-1] == "?from=2020-04-01&to=2020-04-16&show=all"


def test_a_day_leads_to_its_events_with_the_same_filters(see, clock, partner):
    at(clock, partner, "2020-02-01T12:00:00Z", "2020-02-02T12:00:00Z")
    response = see("?from=2020-02-01&to=2020-02-03&user=system%3Afilling&older=x")
    _bar, url = response.context["bars"][1]
    assert url == "?from=2020-02-02&to=2020-02-02&user=system%3Afilling"
    assert f'<a href="{url.replace("&", "&amp;")}">2 Feb 2020</a>' in source_of(response)
    assert len(see(url).context["rows"]) == 1


def test_the_chart_counts_what_the_list_shows(see, clock, partner, agent, customer):
    at(clock, partner, "2020-01-20T12:00:00Z")
    at(clock, partner, "2020-01-20T13:00:00Z", action=Action.ORDER_PLACED)
    record(Action.KEY_REVEALED, actor=agent, on=customer)
    clock.set("2020-01-24T12:00:00Z")
    assert counts(see()) == {"2020-01-20": 2}
    assert counts(see("?show=all"))["2020-01-20"] == 3
    assert counts(see(f"?user={agent.email}")) == {"2020-01-20": 1}
    assert counts(see(f"?customer={customer.tenant_id}")) == {"2020-01-20": 1}
    assert counts(see("?action=order_placed")) == {"2020-01-20": 1}
    assert counts(see("?address=203.0.113.9")) == {}


def test_the_events_of_an_address_are_counted_in_their_own_span(see, clock, partner):
    token = client_address.set("203.0.113.9")
    for instant in ("2020-01-31T23:59:59Z", "2020-02-01T00:00:00Z", "2020-02-29T23:59:59Z", "2020-03-01T00:00:00Z"):
        at(clock, partner, instant)
    client_address.reset(token)
    at(clock, partner, "2020-02-10T12:00:00Z")  # from another address
    asked = "?from=2020-01-15&to=2020-04-16&address=203.0.113.9"
    assert [bar.count for bar, _url in see(asked).context["bars"]] == [1, 2, 1, 0]


def test_another_partners_events_are_not_counted(see, clock, stranger):
    record(Action.KEY_REVEALED, actor=stranger)
    assert counts(see()) == {}


def test_no_bar_counts_beyond_a_thousand(see, clock, partner, customer):
    record_each(Action.KEY_REVEALED, actor=JOB, on=[customer] * (MOST_COUNTED - 1))
    assert "999 events" in words_of(see())
    record_each(Action.KEY_REVEALED, actor=JOB, on=[customer] * 2)
    response = see()
    assert "1,000 events or more" in words_of(response)
    assert counts(response) == {"2020-01-24": 1000}


def test_chart_and_table_have_the_same_numbers(see, clock, partner):
    at(clock, partner, "2020-02-01T12:00:00Z", "2020-02-03T12:00:00Z")
    response = see("?from=2020-02-01&to=2020-02-03")
    numbers = json.loads(
        re.search(r'<script id="log-chart" type="application/json">(.*?)</script>', source_of(response))[1]
    )
    listed = response.context["bars"]
    assert numbers["series"] == [{"label": "Events", "values": [1, 0, 1]}]
    assert numbers["labels"] == [str(bar.span) for bar, _url in listed]
    assert numbers["words"] == [bar.words for bar, _url in listed]
    assert numbers["addresses"] == [url for _bar, url in listed]


def test_one_day_needs_no_chart(see, clock):
    assert "log-chart" not in source_of(see("?from=2020-01-24&to=2020-01-24"))


def test_who_sees_nothing_has_bars_of_nothing(clock):
    drawn = bars(Event.objects.none(), date(2020, 1, 1), date(2020, 1, 3))
    assert [bar.count for bar in drawn] == [0, 0, 0]


def test_the_whole_calendar_costs_one_more_question_and_no_more(client_of, global_admin, clock, partner):
    record(Action.KEY_REVEALED, actor=JOB, partner=partner)
    browser = client_of(global_admin)
    short = queries_of(browser, PAGE)
    long = queries_of(browser, f"{PAGE}?from=2000-01-01&to=2099-12-31")
    assert len(long) <= len(short) <= MOST_QUERIES
