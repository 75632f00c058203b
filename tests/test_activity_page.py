"""The page of the activity log (A1, A3)."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from activity.models import Action, Event
from activity.reading import record_reading
from activity.services import Actor, record
from csp_portal.accounts.permissions import Role
from software.services import reveal_key, start_download
from tests.factories import UserFactory, buy_line, make_link, make_sku
from tests.helpers import source_of

pytestmark = pytest.mark.django_db

PAGE = "/activity/"


@pytest.fixture
def see(client_of, global_admin, clock):
    """Sign in, as a Global admin unless told otherwise, and open the page; answers the response."""

    def open_page(query="", zone=None, user=global_admin):
        browser = client_of(user)
        if zone:
            browser.cookies["timezone"] = zone
        return browser.get(f"{PAGE}{query}")

    return open_page


def shown(response):
    """The actions on the page, in its order."""
    return [row.event.action for row in response.context["rows"]]


@pytest.fixture
def road(clock, agent, customer):
    """A key shown at 9, a link made at 10 and used by somebody at 11; answers the line."""
    line = buy_line(agent, customer, make_sku(keys=1))
    clock.set("2020-01-25T09:00:00Z")
    reveal_key(line.purchase.keys.get().public_id, actor=agent)
    clock.set("2020-01-25T10:00:00Z")
    link = make_link(agent, line.purchase)
    clock.set("2020-01-25T11:00:00Z")
    start_download(link.token, user=None)
    return line


def test_who_saw_the_key_made_the_link_and_used_it_are_columns_of_their_own(see, road, agent):
    download, made, key = see().context["rows"]
    assert (key.event.saw_the_key, key.event.made_the_link, key.event.used_the_link) == (agent.email, "", "")
    assert (made.event.saw_the_key, made.event.made_the_link, made.event.used_the_link) == ("", agent.email, "")
    assert (download.event.saw_the_key, download.event.made_the_link) == ("", agent.email)
    assert str(download.event.used_the_link) == "holder of the link"


def test_a_row_tells_time_user_customer_product_order_key_and_link(see, road, agent, customer):
    page = source_of(see(zone="Asia/Tokyo"))
    key, link = road.purchase.keys.get(), road.purchase.links.get()
    name, domain = agent.email.split("@")
    for text in (
        "25 Jan 2020, 18:00 JST",
        "25 Jan 2020, 09:00 UTC",
        f"{name}@<wbr>{domain}",
        customer.company_name,
        road.sku_title,
        road.order.number,
        f"…{key.last_five}",
        str(link.public_id)[:8],
    ):
        assert text in page


def test_the_address_stands_in_the_row_of_its_event(see, client_of, agent, road):
    visitor = client_of(agent)
    visitor.post(f"/d/{road.purchase.links.get().token}", REMOTE_ADDR="198.51.100.7")
    newest, *others = see().context["rows"]
    assert newest.address == "198.51.100.7"
    assert [row.address for row in others] == ["", "", ""]


def test_without_a_choice_keys_and_downloads_are_listed_and_all_on_demand(see, road):
    assert shown(see()) == [Action.DOWNLOAD_STARTED, Action.LINK_GRANTED, Action.KEY_REVEALED]
    assert Action.ORDER_PLACED in shown(see("?show=all"))
    assert shown(see("?show=nonsense")) == [Action.DOWNLOAD_STARTED, Action.LINK_GRANTED, Action.KEY_REVEALED]


def test_the_first_day_by_default_is_one_that_may_be_asked_for(see, clock):
    response = see("?to=2000-01-01")
    assert response.context["form"].errors == {}
    assert response.context["form"].query["from"] == "2000-01-01"


def test_the_last_30_days_are_shown_by_default_and_written_out(see, clock):
    clock.set("2020-03-01T12:00:00Z")
    response = see()
    assert response.context["form"].query == {"from": "2020-02-01", "to": "2020-03-01", "zone": "UTC", "show": "keys"}
    page = source_of(response)
    assert "<strong>1 February 2020</strong>" in page
    assert "<strong>1 March 2020</strong>, both days included; days and times in the zone UTC." in page


def at(clock, partner, *instants):
    for instant in instants:
        clock.set(instant)
        record(Action.KEY_REVEALED, actor=Actor.visitor(), partner=partner, details={"at": instant})


def test_both_days_are_included_to_the_last_instant(see, clock, partner):
    at(clock, partner, "2020-02-09T23:59:59Z", "2020-02-10T00:00:00Z", "2020-02-11T23:59:59Z", "2020-02-12T00:00:00Z")
    rows = see("?from=2020-02-10&to=2020-02-11").context["rows"]
    assert [row.event.details["at"] for row in rows] == ["2020-02-11T23:59:59Z", "2020-02-10T00:00:00Z"]


def test_days_are_those_of_the_readers_zone(see, clock, partner):
    at(clock, partner, "2020-02-09T14:59:59Z", "2020-02-09T15:00:00Z", "2020-02-10T14:59:59Z", "2020-02-10T15:00:00Z")
    response = see("?from=2020-02-10&to=2020-02-10", zone="Asia/Tokyo")
    assert [row.event.details["at"] for row in response.context["rows"]] == [
        "2020-02-10T14:59:59Z",
        "2020-02-09T15:00:00Z",
    ]
    assert "in the zone Asia/Tokyo" in source_of(response)


@pytest.mark.parametrize(
    ("query", "sentence", "typed"),
    [
        ("?from=2020-02-31&to=2020-03-01", "There is no such day.", "2020-02-31"),
        ("?from=2020-02-01&to=soon", "There is no such day.", "soon"),
        ("?from=2020-03-02&to=2020-03-01", "The first day is after the last one.", "2020-03-02"),
        ("?from=1919-01-01&to=2020-03-01", "Choose a day from 1 January 2000", "1919-01-01"),
        ("?from=2020-01-01&to=9999-12-31", "to 31 December 2099.", "9999-12-31"),
    ],
)
def test_days_that_cannot_be_are_told_and_kept_as_typed(see, road, query, sentence, typed):
    response = see(query)
    page = source_of(response)
    assert response.status_code == 200
    assert sentence in page
    assert f'<input type="text" name="{"from" if f"from={typed}" in query else "to"}" value="{typed}"' in page
    assert "rows" not in response.context
    assert not Event.objects.filter(action=Action.LOG_READ).exists()


def test_the_choice_keeps_the_rest_of_the_query(see, clock, partner):
    page = see("?from=2020-01-20&to=2020-01-24").content.decode()
    assert 'href="?from=2020-01-20&amp;to=2020-01-24&amp;show=all"' in page


def test_what_was_recorded_is_written_out_and_never_as_markup(see, partner, clock):
    actor = Actor(Actor.visitor().kind, name="<b>eve</b>@x.example")
    record(Action.KEY_REVEALED, actor=actor, partner=partner)
    page = see().content.decode()
    assert "<b>eve" not in page
    assert "&lt;b&gt;eve&lt;/b&gt;@<wbr>x.example" in page


def test_a_range_without_rows_says_what_will_stand_there(see):
    assert "Nothing happened in these days" in source_of(see("?from=2019-01-01&to=2019-01-02"))


def test_another_partners_rows_are_not_seen(see, stranger, road):
    assert set(shown(see("?show=all", user=stranger))) == {Action.LOG_READ, Action.SIGNED_IN}


@pytest.mark.parametrize("role", [Role.SUPPORT_AGENT, Role.OPERATOR_ADMIN])
def test_the_operators_staff_see_no_partners_log(see, role, road):
    assert see(user=UserFactory(partner=None, roles=[role])).status_code == 403


def test_an_admin_agent_is_refused_and_the_refusal_is_in_the_log(see, agent):
    response = see(user=agent)
    assert response.status_code == 403
    assert "Global admin" in source_of(response)
    refused = Event.objects.filter(action=Action.ACCESS_REFUSED).get()
    assert (refused.actor_name, refused.details["permission"]) == (agent.email, "see_activity")
    assert not readings().exists()


def readings():
    return Event.objects.filter(action=Action.LOG_READ)


def test_reading_is_recorded_once_per_user_filter_and_hour(see, clock, global_admin, partner):
    clock.set("2020-01-24T12:00:00Z")
    see()
    clock.set("2020-01-24T12:59:59Z")
    see()
    see("?older=x")
    assert [event.actor_name for event in readings()] == [global_admin.email]
    assert readings().get().details == {"from": "2019-12-26", "to": "2020-01-24", "zone": "UTC", "show": "keys"}
    see("?show=all")
    see("?from=2020-01-01&to=2020-01-24")
    assert readings().count() == 3
    see(user=UserFactory(partner=partner, roles=[Role.AUDITOR]))
    assert readings().count() == 4
    clock.set("2020-01-24T13:00:00Z")
    see()
    assert readings().count() == 5


@pytest.mark.django_db(transaction=True)
def test_two_pages_opened_at_once_make_one_row(global_admin):
    query = {"from": "2020-01-01", "to": "2020-01-02", "zone": "UTC", "show": "keys"}
    written = []

    def read():
        written.append(record_reading(actor=global_admin, query=query))
        connection.close()

    other = threading.Thread(target=read)
    with transaction.atomic():
        assert record_reading(actor=global_admin, query=query)
        other.start()
        other.join(timeout=0.5)
        assert other.is_alive()  # it waits for this one to commit
    other.join()
    assert written == [False]
    assert readings().count() == 1


def test_the_hour_of_a_reading_is_that_of_utc(clock, global_admin):
    clock.set("2020-01-24T12:30:00Z")
    assert record_reading(actor=global_admin, query={"show": "keys"})
    assert readings().get().occurred_at == datetime(2020, 1, 24, 12, 30, tzinfo=UTC)
    clock.set((datetime(2020, 1, 24, 12, 30, tzinfo=UTC) + timedelta(minutes=29)).isoformat())
    assert not record_reading(actor=global_admin, query={"show": "keys"})


def test_the_last_day_alone_asks_for_the_30_days_up_to_it(see, road):
    form = see("?to=2019-06-30").context["form"]
    assert form.query["from"] == "2019-06-01"
    assert form.query["to"] == "2019-06-30"
