"""The filters of the log by user and by customer (A2), and what is written when it is read with them (A3)."""

import html

import pytest

from activity.models import Action, Event
from activity.services import Actor, record
from csp_portal.accounts.permissions import Role
from tests.factories import CustomerFactory, UserFactory
from tests.helpers import MOST_QUERIES, queries_of, source_of, words_of

pytestmark = pytest.mark.django_db

PAGE = "/activity/"
NO_TENANT = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def see(client_of, global_admin, clock):
    """Open the page with a query, as a Global admin; answers the response."""

    def open_page(**query):
        return client_of(global_admin).get(PAGE, query)

    return open_page


@pytest.fixture
def other_agent(partner):
    return UserFactory(partner=partner, roles=[Role.ADMIN_AGENT], email="other@partner.example")


@pytest.fixture
def other_customer(partner):
    return CustomerFactory(partner=partner, company_name="Contoso, Ltd. & Söhne")


@pytest.fixture
def events(clock, agent, other_agent, customer, other_customer):
    """Each of two agents has seen a key of each of two customers."""
    for actor in (agent, other_agent):
        for subject in (customer, other_customer):
            record(Action.KEY_REVEALED, actor=actor, on=subject)


def shown(response):
    """Who acted for whom, for each row on the page."""
    return {(row.event.actor_name, row.event.customer_name) for row in response.context["rows"]}


def test_without_a_filter_everybodys_events_are_listed(see, events):
    assert len(see().context["rows"]) == 4


def test_a_user_is_found_by_the_whole_address_in_any_case(see, events, customer, other_customer):
    expected = {("other@partner.example", name) for name in (customer.company_name, other_customer.company_name)}
    assert shown(see(user="other@partner.example")) == expected
    assert shown(see(user=" Other@Partner.Example ")) == expected
    assert not shown(see(user="other"))


@pytest.mark.parametrize("named", ["Contoso, Ltd. & Söhne", "contoso, ltd. & SÖHNE", "tenant GUID"])
def test_a_customer_is_found_by_name_in_any_case_or_by_tenant_guid(see, events, agent, other_customer, named):
    named = str(other_customer.tenant_id) if named == "tenant GUID" else named
    assert shown(see(customer=named)) == {
        (agent.email, other_customer.company_name),
        ("other@partner.example", other_customer.company_name),
    }


def test_a_customer_that_was_renamed_is_found_by_the_name_it_had_and_wholly_by_its_guid(see, agent, other_customer):
    record(Action.KEY_REVEALED, actor=agent, on=other_customer)
    was = other_customer.company_name
    other_customer.company_name = "Wingtip Toys"
    record(Action.KEY_REVEALED, actor=agent, on=other_customer)
    assert shown(see(customer=was)) == {(agent.email, was)}
    assert shown(see(customer=str(other_customer.tenant_id))) == {(agent.email, was), (agent.email, "Wingtip Toys")}


def test_both_filters_narrow_together_and_with_range_and_choice(see, events, clock, agent, customer):
    assert shown(see(user=agent.email, customer=customer.company_name)) == {(agent.email, customer.company_name)}
    clock.set("2020-06-01T12:00:00Z")
    record(Action.CUSTOMER_CHANGED, actor=agent, on=customer)
    assert not shown(see(user=agent.email, customer=customer.company_name))
    everything = see(user=agent.email, customer=customer.company_name, show="all").context["rows"]
    assert [row.event.action for row in everything] == [Action.CUSTOMER_CHANGED]


def test_jobs_are_found_by_their_name(see, clock, partner):
    record(Action.KEY_REVEALED, actor=Actor.system("filling"), partner=partner)
    assert len(see(user="system:filling").context["rows"]) == 1


def test_users_and_customers_of_another_partner_find_nothing(see, events, stranger):
    theirs = CustomerFactory(partner=stranger.partner)
    record(Action.KEY_REVEALED, actor=stranger, on=theirs)
    for query in ({"user": stranger.email}, {"customer": theirs.company_name}, {"customer": str(theirs.tenant_id)}):
        response = see(**query)
        assert response.status_code == 200
        assert not shown(response)
        assert "Nothing in these days answers the filters" in words_of(response)
        assert theirs.company_name not in response.context["suggestions"].customers
        assert stranger.email not in response.context["suggestions"].users


def test_a_filter_is_a_chip_that_can_be_taken_away(see, events, agent, customer):
    page = html.unescape(source_of(see(user=agent.email, customer=customer.company_name, show="all", older="x")))
    name = customer.company_name.replace(" ", "+")
    assert f'<a class="chip" href="?customer={name}&show=all"><span>User: {agent.email}</span>' in page
    email = agent.email.replace("@", "%40")
    assert f'<a class="chip" href="?user={email}&show=all"><span>Customer: {customer.company_name}</span>' in page
    assert 'class="chip"' not in source_of(see())


def test_the_choice_and_the_form_keep_the_filters(see, clock, agent, customer):
    page = html.unescape(source_of(see(user=agent.email, older="x")))
    email = agent.email.replace("@", "%40")
    assert f'href="?user={email}&show=all"' in page
    assert f'<input type="text" name="user" value="{agent.email}"' in page
    assert 'id="range"' in page


def test_what_occurs_in_the_range_is_suggested_once_each(see, events, clock, agent, customer, other_customer):
    found = see().context["suggestions"]
    assert found.users == sorted([agent.email, "other@partner.example"])
    assert found.customers == sorted([customer.company_name, other_customer.company_name])
    page = source_of(see(user=agent.email))
    assert '<datalist id="customers-in-the-log"><option value="Contoso, Ltd. &amp; Söhne">' in page
    assert '<option value="other@partner.example">' in page  # another one can be chosen
    clock.set("2020-06-01T12:00:00Z")
    assert see().context["suggestions"].users == []


def test_at_most_a_hundred_names_are_suggested(see, clock, partner):
    for number in range(105):
        record(Action.KEY_REVEALED, actor=Actor.system(f"job{number:03}"), partner=partner)
    users = see().context["suggestions"].users
    assert (len(users), users[0], users[-1]) == (100, "system:job005", "system:job104")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"user": "x" * 10_000}, "This is too long: give at most 254 characters."),
        ({"customer": "名" * 10_000}, "This is too long: give at most 200 characters."),
        ({"customer": "Con\0toso"}, "This holds a character that no keyboard types."),
    ],
)
def test_what_cannot_be_a_name_is_told_and_kept_as_typed(see, events, query, sentence):
    response = see(**query)
    page = source_of(response)
    assert response.status_code == 200
    assert sentence in page
    assert 'aria-invalid="true"' in page
    assert next(iter(query.values())).replace("\0", "")[:3] in page
    assert "rows" not in response.context
    assert not Event.objects.filter(action=Action.LOG_READ).exists()


@pytest.mark.parametrize("text", ["<b>eve</b>", "' OR 1=1 --", "100%_", "\u202eevil", "고객", NO_TENANT, "{" * 40])
def test_any_other_text_finds_nothing_and_is_no_markup(see, events, text):
    response = see(user=text, customer=text)
    assert not shown(response)
    assert "<b>eve" not in source_of(response)


def test_reading_is_recorded_with_its_filters_once_per_user_filter_and_hour(see, events, agent, other_customer):
    readings = Event.objects.filter(action=Action.LOG_READ)
    for _time in range(2):
        see(user=agent.email.upper())
        see(user=agent.email, older="x")
        see(user=agent.email, customer=other_customer.company_name)
    days = {"from": "2019-12-26", "to": "2020-01-24", "zone": "UTC", "show": "keys"}
    assert [row.details for row in readings.order_by("id")] == [
        {**days, "user": agent.email},
        {**days, "user": agent.email, "customer": other_customer.company_name},
    ]


def test_a_filtered_page_asks_as_much_of_the_database_whatever_it_shows(client_of, global_admin, events, agent):
    browser, url = client_of(global_admin), f"{PAGE}?user={agent.email}"
    first = queries_of(browser, url)
    for _time in range(40):
        record(Action.KEY_REVEALED, actor=agent)
    again = queries_of(browser, url)
    assert len(again) <= len(first) <= MOST_QUERIES
