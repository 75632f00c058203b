"""Turning over the log, to older rows and back: exact while rows arrive, however many there are (A1)."""

import html
import re
import threading
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection

from activity.models import Action, Event
from activity.paging import EVENTS_PER_PAGE, LogPage, Place
from activity.services import Actor, record
from tests.helpers import MOST_QUERIES, queries_of, source_of, words_of

pytestmark = pytest.mark.django_db

PAGE = "/activity/"
LOST = "This address names no place in the log, so here are its newest rows."
JOB = Actor.system("filling")


@pytest.fixture
def see(client_of, global_admin, clock):
    """Open an address of the page, as a Global admin; answers the response."""
    browser = client_of(global_admin)
    return lambda query="": browser.get(f"{PAGE}{query}")


def fill(partner, count):
    """Rows of which several have the same instant, as a bulk change writes them."""
    return [record(Action.KEY_REVEALED, actor=JOB, partner=partner).pk for _row in range(count)]


def shown(response):
    return [row.event.pk for row in response.context["rows"]]


def way(response, word):
    """The address of a link of the pages, or None where there is no such link."""
    found = re.search(
        rf'<a class="page-link"[^>]* href="([^"]*)">(?:<svg.*?</svg>)?(?:<span>)?{word}<', source_of(response)
    )
    return html.unescape(found[1]) if found else None


def test_a_page_has_the_newest_rows_and_a_way_to_older_ones(see, partner):
    rows = fill(partner, 60)[::-1]
    first = see()
    assert shown(first) == rows[:25]
    assert (way(first, "Newest"), way(first, "Newer")) == (None, None)
    second = see(way(first, "Older"))
    assert shown(second) == rows[25:50]
    third = see(way(second, "Older"))
    assert shown(third) == rows[50:]
    assert way(third, "Older") is None
    assert "These are the oldest rows." in words_of(third)


def test_the_way_back_leads_over_the_same_rows(see, partner):
    rows = fill(partner, 60)[::-1]
    last = see(way(see(way(see(), "Older")), "Older"))
    second = see(way(last, "Newer"))
    first = see(way(second, "Newer"))
    assert (shown(second), shown(first)) == (rows[25:50], rows[:25])
    assert (way(first, "Newer"), way(first, "Newest")) == (None, "?")
    assert way(first, "Older")


def test_a_page_that_holds_all_rows_needs_no_ways(see, partner):
    fill(partner, EVENTS_PER_PAGE)
    assert "page-link" not in source_of(see())


def test_rows_that_arrive_move_none_that_is_shown(see, partner):
    rows = fill(partner, 30)[::-1]
    first = see()
    added = fill(partner, 3)[::-1]
    second = see(way(first, "Older"))
    assert shown(second) == rows[25:]
    back = see(way(second, "Newer"))
    assert shown(back) == rows[:25]
    assert shown(see(way(back, "Newer"))) == added
    assert shown(see(way(back, "Newest"))) == [*added, *rows[:22]]


def test_the_ways_keep_the_query_and_name_one_place(see, partner):
    fill(partner, 80)
    query = "?from=2020-01-20&to=2020-01-24&show=all"
    second = see(way(see(query), "Older"))
    for word in ("Older", "Newer"):
        asked = parse_qs(urlsplit(way(second, word)).query)
        assert asked.pop(word.lower())
        assert asked == {"from": ["2020-01-20"], "to": ["2020-01-24"], "show": ["all"]}
    assert way(second, "Newest") == query


def test_a_chip_that_is_taken_away_leads_to_the_newest_rows(see, partner):
    fill(partner, 60)
    second = see(way(see("?user=system:filling"), "Older"))
    assert 'class="chip" href="?"' in source_of(second)


@pytest.mark.parametrize("side", ["older", "newer"])
@pytest.mark.parametrize(
    "place", ["x", "%00", "0" * 22, "-" * 22, "A" * 21 + "é", "%F0%9F%98%80", "A" * 10_000, "f_________8AAAAAAAAAAA"]
)
def test_an_address_that_names_no_place_leads_to_the_newest_rows(see, partner, side, place):
    rows = fill(partner, 30)[::-1]
    response = see(f"?{side}={place}")
    assert (response.status_code, shown(response)) == (200, rows[:25])
    assert LOST in words_of(response)
    assert LOST not in words_of(see())


def test_a_place_where_no_row_ever_stood_is_one(see, partner):
    rows = fill(partner, 30)[::-1]
    before_all = "_" * 22
    assert shown(see(f"?older={before_all}")) == []
    assert shown(see(f"?newer={before_all}")) == rows[5:]


def test_beyond_the_last_row_the_page_says_so_and_leads_back(see, partner):
    fill(partner, 1)
    beginning = Place.of(Event.objects.oldest_first()[0])
    response = see(f"?older={beginning}")
    assert shown(response) == []
    assert "There are no more rows on this side" in words_of(response)
    assert way(response, "Newest") == "?"


def test_a_place_is_read_as_it_was_written(clock, partner):
    clock.set("2020-01-24T12:00:00.123456Z")
    place = Place.of(record(Action.KEY_REVEALED, actor=JOB, partner=partner))
    assert Place.read(str(place)) == place


def test_a_page_far_back_costs_what_the_first_one_costs(client_of, global_admin, clock, partner):
    fill(partner, 120)
    browser = client_of(global_admin)
    first = queries_of(browser, PAGE)
    again = queries_of(browser, PAGE)
    deep = Place.of(Event.objects.newest_first()[90])
    far = queries_of(browser, f"{PAGE}?older={deep}")
    assert len(far) == len(again) <= len(first) <= MOST_QUERIES
    assert not [query for query in far if "OFFSET" in query]


@pytest.mark.django_db(transaction=True)
def test_while_others_write_both_ways_lead_over_each_row_that_stood_once(partner):
    stood = fill(partner, 400)
    stop = threading.Event()

    def write():
        while not stop.is_set():
            fill(partner, 1)
        connection.close()

    writers = [threading.Thread(target=write) for _writer in range(3)]
    for writer in writers:
        writer.start()
    try:
        down, last = turned_over(partner, LogPage(rows_of(partner), {}), "older")
        up, _first = turned_over(partner, last, "newer", most=len(down) + 400)
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert Event.objects.count() > len(stood)
    for seen in (down, up):
        assert [pk for pk in seen if pk in set(stood)] == stood[::-1]
        assert len(seen) == len(set(seen))


def rows_of(partner):
    return Event.objects.of_partner(partner.pk).keys_and_downloads()


def turned_over(partner, page, side, most=100_000):
    """The rows of the page and of all pages on that side of it, the newest first; and the page at the end."""
    seen = [event.pk for event in page.events]
    while (place := getattr(page, side)) and len(seen) < most:
        page = LogPage(rows_of(partner), {side: str(place)})
        found = [event.pk for event in page.events]
        seen = seen + found if side == "older" else found + seen
    return seen, page
