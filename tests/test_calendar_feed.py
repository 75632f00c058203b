"""The open windows as a calendar, at an address that works without signing in and can be revoked (C10)."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from activity.models import Action, Event
from cancellations.windows.models import CalendarFeed
from cancellations.windows.services import make_feed, replace_feed, revoke_feed
from csp_portal.accounts.permissions import Role
from csp_portal.accounts.services import change_roles, deactivate_user, reactivate_user
from csp_portal.errors import Refusal
from orders.models import OrderLine
from software import custody
from tests.factories import CustomerFactory, UserFactory, buy_line, make_link, make_sku
from tests.helpers import cancel, in_threads, queries_of, source_of, words_of
from tests.test_query_counts_software import buy_many

pytestmark = pytest.mark.django_db

PAGE = "/windows/"
MADE, REPLACED, REVOKED = Action.CALENDAR_MADE, Action.CALENDAR_REPLACED, Action.CALENDAR_REVOKED


@pytest.fixture
def line(clock, agent, customer):
    """Two bought on 2020-01-24: can be cancelled to the end of 2020-03-24."""
    return buy_line(agent, customer, make_sku(keys=9, key_issue="per_unit", title="Windows Server Standard"), 2)


@pytest.fixture
def feed(clock, agent):
    return make_feed(actor=agent)


def fetched(feed, **headers):
    return Client().get(feed.get_absolute_url(), **headers)


def events(feed):
    """The events of the calendar, in its order."""
    response = fetched(feed)
    assert response.status_code == 200
    return list(Calendar.from_ical(response.content).walk("VEVENT"))


def logged():
    actions = [MADE, REPLACED, REVOKED]
    return list(Event.objects.filter(action__in=actions).order_by("id").values_list("action", flat=True))


# What is in it


def test_each_open_window_is_an_event_of_the_whole_last_day(feed, line):
    (event,) = events(feed)
    assert event["uid"] == f"window-{line.purchase.public_id}"
    assert (event["dtstart"].dt, event["dtend"].dt) == (date(2020, 3, 24), date(2020, 3, 25))
    assert event["dtstamp"].dt == datetime(2020, 1, 24, 12, tzinfo=UTC)
    assert (event["status"], event["sequence"], event["transp"]) == ("CONFIRMED", 0, "TRANSPARENT")
    customer = line.order.customer
    assert event["summary"] == f"Last day to cancel: Windows Server Standard for {customer.company_name}"
    assert f"Order {line.order.number}, quantity 2. Can be cancelled until the end of 24 March" in event["description"]
    place = f"http://testserver/customers/{customer.tenant_id}/software/{line.purchase.sku.public_id}/cancel/"
    assert event["url"] == f"{place}?order={line.order.number}"


def test_the_calendar_is_what_the_standard_asks_for(feed, line):
    response = fetched(feed)
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    lines = response.content.split(b"\r\n")
    assert (lines[0], lines[-2]) == (b"BEGIN:VCALENDAR", b"END:VCALENDAR")
    assert b"VERSION:2.0" in lines
    assert max(map(len, lines)) <= 75  # octets: longer ones are folded
    calendar = Calendar.from_ical(response.content)
    assert not calendar.errors
    assert calendar["prodid"]


def test_names_in_any_script_are_escaped_and_folded_and_come_out_whole(feed, agent):
    names = [
        "青岛海风贸易有限公司, 香港中路; 分公司",
        "한빛전자 주식회사 " * 8,
        'BEGIN:VEVENT \\n \\, "Ipê" Tecnologia',
    ]
    for name in names:
        customer = CustomerFactory(partner=agent.partner, company_name=name.strip())
        buy_line(agent, customer, make_sku(keys=1, title="SKU"))
    assert {str(event["summary"]) for event in events(feed)} == {
        f"Last day to cancel: SKU for {name.strip()}" for name in names
    }
    assert max(map(len, fetched(feed).content.split(b"\r\n"))) <= 75


@pytest.mark.parametrize(("now", "found"), [("2020-03-24T23:59:59Z", 1), ("2020-03-25T00:00:00Z", 0)])
def test_a_window_stands_in_it_until_its_last_instant(clock, feed, line, now, found):
    clock.set(now)
    assert len(events(feed)) == found


def test_what_is_cancelled_is_told_as_cancelled_until_its_last_day_is_over(clock, agent, feed, line):
    clock.set("2020-02-02T12:00:00Z")
    cancel(line, agent)
    (event,) = events(feed)
    assert (event["status"], event["sequence"]) == ("CANCELLED", 2)
    assert event["uid"] == f"window-{line.purchase.public_id}"
    assert event["dtstamp"].dt == datetime(2020, 2, 2, 12, tzinfo=UTC)
    clock.set("2020-03-25T00:00:00Z")
    assert events(feed) == []


def test_a_part_that_is_cancelled_raises_the_number_of_the_event(feed, line):
    OrderLine.objects.update(quantity_cancelled=1)
    (event,) = events(feed)
    assert (event["status"], event["sequence"]) == ("CONFIRMED", 1)
    assert "quantity 1." in event["description"]


def test_only_by_support_request_says_so_and_never_is_not_in_it(feed, agent, customer):
    buy_line(agent, customer, make_sku(cancellation_policy="support_only", keys=1))
    buy_line(agent, customer, make_sku(cancellation_policy="never", keys=1))
    (event,) = events(feed)
    assert "Only by support request, until the end of 24 March" in event["description"]


def test_it_holds_no_key_and_no_links_token_and_no_other_partners_window(feed, agent, stranger, line):
    link = make_link(agent, line.purchase)
    buy_line(stranger, CustomerFactory(partner=stranger.partner, company_name="Another Ltd"), make_sku(keys=1))
    content = b"".join(fetched(feed).content.split(b"\r\n "))
    keys = [custody.decrypt(key.secret).encode() for key in line.purchase.keys.all()]
    assert len(keys) == 2
    assert not [secret for secret in (*keys, link.token.encode(), feed.token.encode()) if secret in content]
    assert b"Another Ltd" not in content
    assert len(events(feed)) == 1


def test_those_that_close_first_are_in_it_where_there_are_too_many(clock, feed, monkeypatch, agent, customer, line):
    monkeypatch.setattr("cancellations.windows.calendar.MOST_EVENTS", 2)
    for day in ("2020-01-20", "2020-01-22"):
        clock.set(f"{day}T12:00:00Z")
        buy_line(agent, customer, line.purchase.sku)
    assert [event["dtstart"].dt.day for event in events(feed)] == [20, 22]


# Caching


def test_who_has_it_already_is_sent_nothing(clock, agent, feed, line):
    first = fetched(feed)
    tag = first.headers["ETag"]
    clock.set("2020-02-02T12:00:00Z")
    again = fetched(feed, HTTP_IF_NONE_MATCH=tag)
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert fetched(feed).content == first.content
    cancel(line, agent)
    assert fetched(feed, HTTP_IF_NONE_MATCH=tag).status_code == 200


def test_no_cache_of_others_keeps_it_and_the_address_goes_nowhere(feed, line):
    for response in (fetched(feed), Client().get("/calendar/unknown.ics")):
        assert response.headers["Cache-Control"] == "private, no-cache"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["X-Robots-Tag"] == "noindex"
        assert not response.cookies


def test_300_windows_cost_as_many_queries_as_one(feed, line):
    few = len(queries_of(Client(), feed.get_absolute_url()))
    buy_many(line, [line.purchase.sku] * 300)
    assert len(queries_of(Client(), feed.get_absolute_url())) == few <= 3
    assert len(events(feed)) == 301


# Its address


def test_it_is_made_shown_replaced_and_revoked_on_the_page(clock, client_of, agent):
    client = client_of(agent)
    assert "Make an address" in words_of(client.get(PAGE))
    page = client.post("/windows/calendar/", follow=True)
    feed = CalendarFeed.objects.get()
    assert "The calendar has an address." in words_of(page)
    address = f"http://testserver{feed.get_absolute_url()}"
    assert f'data-copies="{address}"' in page.content.decode()
    assert f">{address}</code>" in page.content.decode()
    client.post("/windows/calendar/replace/", {"seen": 1})
    replaced = CalendarFeed.objects.get()
    assert (fetched(feed).status_code, fetched(replaced).status_code) == (404, 200)
    client.post("/windows/calendar/revoke/")
    assert fetched(replaced).status_code == 404
    page = source_of(client.get(PAGE))
    assert "/calendar/A" not in page
    assert "Make an address" in page
    assert logged() == [MADE, REPLACED, REVOKED]


def test_made_anew_after_a_revocation_it_is_another_address(clock, agent, feed):
    revoke_feed(actor=agent)
    again = make_feed(actor=agent)
    assert again.token != feed.token
    assert (fetched(feed).status_code, fetched(again).status_code) == (404, 200)


def test_made_twice_it_is_one_and_stays_as_it_is(clock, agent, feed):
    assert make_feed(actor=agent).token == feed.token
    assert logged() == [MADE]


def test_replaced_with_an_old_number_or_none_nothing_changes(clock, client_of, agent, feed):
    standing = replace_feed(1, actor=agent)
    assert replace_feed(1, actor=agent) is None
    for sent in ({"seen": 1}, {"seen": "x"}, {}):
        told = words_of(client_of(agent).post("/windows/calendar/replace/", sent, follow=True))
        assert "Nothing was replaced" in told
        assert "The calendar has another address" not in told
    assert CalendarFeed.objects.get().token == standing.token
    assert logged() == [MADE, REPLACED]


def test_who_has_none_replaces_and_revokes_nothing(clock, client_of, agent):
    client_of(agent).post("/windows/calendar/replace/", {"seen": 1})
    client_of(agent).post("/windows/calendar/revoke/")
    assert logged() == []
    assert not CalendarFeed.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_made_and_replaced_at_once_it_is_done_once(agent):
    assert len({feed.token for feed in in_threads(*[lambda: make_feed(actor=agent)] * 4)}) == 1
    replaced = [feed for feed in in_threads(*[lambda: replace_feed(1, actor=agent)] * 4) if feed]
    assert [feed.address_number for feed in replaced] == [2]
    assert logged() == [MADE, REPLACED]


def test_the_log_holds_who_but_no_token(clock, agent, feed):
    event = Event.objects.get(action=MADE)
    assert (event.actor_name, event.partner_id) == (agent.email, agent.partner_id)
    assert feed.token not in str(vars(event))


def test_who_may_not_see_orders_makes_none(clock, client_of, partner):
    auditor = UserFactory(partner=partner, roles=[Role.AUDITOR])
    for work in (make_feed, revoke_feed, lambda actor: replace_feed(1, actor=actor)):
        with pytest.raises(Refusal, match="Only these roles may see orders"):
            work(actor=auditor)
    assert not CalendarFeed.objects.exists()
    assert Event.objects.filter(action=Action.ACCESS_REFUSED).count() == 3


def test_it_dies_with_the_account_for_good(agent, global_admin, feed):
    deactivate_user(agent.public_id, actor=global_admin)
    assert fetched(feed).status_code == 404
    reactivate_user(agent.public_id, actor=global_admin)
    assert fetched(feed).status_code == 404
    agent.refresh_from_db()
    again = make_feed(actor=agent)
    assert again.token != feed.token
    assert fetched(again).status_code == 200
    assert fetched(feed).status_code == 404


def test_it_dies_with_the_role(agent, global_admin, feed):
    change_roles(agent.public_id, roles=[Role.ACCOUNT_ADMIN], seen=agent.rights, actor=global_admin)
    assert fetched(feed).status_code == 404


def test_a_token_of_something_else_or_a_changed_one_opens_nothing_and_asks_the_database_nothing(agent, feed, line):
    link = make_link(agent, line.purchase)
    changed = feed.token[:-1] + ("A" if feed.token[-1] != "A" else "B")
    other_number = custody.make_token(feed.public_id, feed.token_key_id, "link", feed.address_number)
    with CaptureQueriesContext(connection) as asked:
        for token in ("x", link.token, changed, other_number, "A" * custody.TOKEN_LENGTH, feed.token + "A"):
            assert Client().get(f"/calendar/{token}.ics").status_code == 404
    assert len(asked) == 0
    assert Client().get(f"/d/{feed.token}").status_code == 404
    assert Client().post(feed.get_absolute_url()).status_code == 405


def test_what_is_stored_opens_nothing(settings, feed):
    address = feed.get_absolute_url()
    assert feed.token not in str(vars(CalendarFeed.objects.get()))
    settings.LINK_TOKEN_KEYS = ["a key of whoever stole the database"]
    assert Client().get(address).status_code == 404


def test_once_its_key_was_retired_the_page_says_so_and_replacing_helps(settings, client_of, agent, feed):
    settings.LINK_TOKEN_KEYS = ["another key"]
    assert "The key behind the address was retired" in words_of(client_of(agent).get(PAGE))
    client_of(agent).post("/windows/calendar/replace/", {"seen": 1})
    assert fetched(CalendarFeed.objects.get()).status_code == 200
