"""Filters of the log by product, order, action, IP address and link (A2); a link's secret address stays one (K5)."""

import html
from urllib.parse import parse_qs, urlsplit

import pytest

from activity.models import Action, ActorKind, Event
from activity.services import Actor, client_address, record
from software.services import renew_link, reveal_key, start_download
from tests.factories import CustomerFactory, buy_line, make_link, make_sku
from tests.helpers import MOST_QUERIES, queries_of, source_of, words_of

pytestmark = pytest.mark.django_db

PAGE = "/activity/"


@pytest.fixture
def browser(client_of, global_admin, clock):
    return client_of(global_admin)


@pytest.fixture
def see(browser):
    """Open the page with a query, as a Global admin; answers the response."""
    return lambda **query: browser.get(PAGE, query)


@pytest.fixture
def find(browser):
    """Send the form; answers what is asked for in the address that it leads to."""

    def send(**fields):
        response = browser.post(f"{PAGE}find/", fields)
        assert response.status_code == 302
        address = urlsplit(response.url)
        assert address.path == PAGE
        return {name: values[0] for name, values in parse_qs(address.query).items()}

    return send


@pytest.fixture
def line(clock, agent, customer):
    """A line whose key was shown."""
    bought = buy_line(agent, customer, make_sku(keys=1, product__title="Windows Server 2022 数据中心版"))
    reveal_key(bought.purchase.keys.get().public_id, actor=agent)
    return bought


@pytest.fixture
def other(clock, agent, customer):
    """A line of another product, whose key was shown too."""
    bought = buy_line(agent, customer, make_sku(keys=1))
    reveal_key(bought.purchase.keys.get().public_id, actor=agent)
    return bought


@pytest.fixture
def link(line, agent):
    return make_link(agent, line.purchase)


def shown(response):
    assert response.status_code == 200
    return [(row.event.action, row.event.order_number) for row in response.context["rows"]]


def revealed(line):
    return [(Action.KEY_REVEALED, line.order.number)]


# Product and order


def test_a_product_is_found_by_its_name_as_it_then_was_in_any_case(see, line, other):
    assert shown(see(product=line.sku_title)) == revealed(line)
    assert shown(see(product=f"  {line.sku_title.upper()} ")) == revealed(line)
    assert shown(see(product="Windows Server")) == []


def test_a_product_is_found_by_its_id_with_or_without_that_of_its_sku(see, line, other):
    sku = line.purchase.sku
    for named in (sku.catalogue_id, sku.catalogue_id.lower(), sku.product.product_id, sku.product.product_id.lower()):
        assert shown(see(product=named)) == revealed(line)
    assert shown(see(product=f"{sku.product.product_id}:9999")) == []


def test_a_renamed_product_is_found_by_the_name_of_then_and_wholly_by_its_id(see, agent, line):
    sku, was = line.purchase.sku, line.sku_title
    sku.title = "Windows Server 2025"
    sku.save()
    reveal_key(line.purchase.keys.get().public_id, actor=agent)
    assert shown(see(product=was)) == revealed(line)
    assert shown(see(product=sku.catalogue_id)) == revealed(line) * 2


@pytest.mark.parametrize("write", [str, str.lower, lambda number: f"{number[:5]}-{number[5:]}", " {} ".format])
def test_an_order_is_found_however_its_number_is_written(see, line, other, write):
    assert shown(see(order=write(line.order.number))) == revealed(line)


# Action


def test_an_action_is_found_whether_or_not_it_has_to_do_with_keys(see, line, other):
    assert len(shown(see(action="key_revealed"))) == 2
    assert {action for action, _order in shown(see(action="order_placed"))} == {Action.ORDER_PLACED}
    assert {action for action, _order in shown(see(action="order_placed", show="all"))} == {Action.ORDER_PLACED}


def test_actions_are_offered_in_the_order_of_their_names(see):
    offered = see().context["form"].fields["action"].choices
    labels = [str(label) for _value, label in offered][1:]
    assert labels == sorted(labels, key=str.casefold)


# IP address


@pytest.fixture
def from_addresses(clock, agent):
    """A key shown from each of three addresses."""
    for address in ("203.0.113.9", "203.0.113.90", "2001:db8::7"):
        token = client_address.set(address)
        record(Action.KEY_REVEALED, actor=agent)
        client_address.reset(token)


def addresses(response):
    return [row.address for row in response.context["rows"]]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("203.0.113.9", "203.0.113.9"),
        (" 203.0.113.9 ", "203.0.113.9"),
        ("2001:db8::7", "2001:db8::7"),
        ("2001:0DB8:0000:0000:0000:0000:0000:0007", "2001:db8::7"),
        ("[2001:DB8:0::7]", "2001:db8::7"),
    ],
)
def test_an_address_is_found_in_any_spelling_and_no_other_with_it(see, from_addresses, typed, found):
    assert addresses(see(address=typed)) == [found]


def test_an_address_narrows_together_with_other_filters_and_days(see, from_addresses, agent):
    assert addresses(see(address="203.0.113.9", user=agent.email)) == ["203.0.113.9"]
    assert addresses(see(address="203.0.113.9", user="nobody@partner.example")) == []
    assert addresses(see(address="203.0.113.9", to="2020-01-23")) == []


def test_another_partners_rows_from_the_same_address_are_not_found(see, stranger):
    token = client_address.set("203.0.113.9")
    record(Action.KEY_REVEALED, actor=stranger)
    client_address.reset(token)
    assert addresses(see(address="203.0.113.9", show="all")) == []


# Link


def test_a_link_is_found_by_its_id_or_by_what_the_log_shows_of_it(see, agent, link, other):
    make_link(agent, other.purchase)
    for named in (str(link.public_id), str(link.public_id).upper(), link.public_id.hex, str(link.public_id)[:8]):
        assert shown(see(link=named)) == [(Action.LINK_GRANTED, link.purchase.order_number)]


@pytest.mark.parametrize("around", ["https://portal.example{}", "{}", " {} ", "https://portal.example{}?a=b", "<{}>"])
def test_a_pasted_address_becomes_the_links_id(find, see, link, around):
    asked = find(link=around.format(link.get_absolute_url()), show="all")
    assert asked == {"link": str(link.public_id), "show": "all"}
    assert (Action.LINK_GRANTED, link.purchase.order_number) in shown(see(**asked))


def test_the_token_alone_and_an_address_that_was_replaced_lead_to_the_link_too(find, agent, link):
    before = link.token
    renew_link(link.public_id, grant_seen=1, replace_address=True, actor=agent)
    link.refresh_from_db()
    assert link.token != before
    for token in (before, link.token):
        assert find(link=token) == {"link": str(link.public_id)}


def test_an_address_that_stands_in_the_query_is_taken_out_of_it(browser, link):
    response = browser.get(PAGE, {"link": f"https://portal.example{link.get_absolute_url()}", "show": "all"})
    assert (response.status_code, response.url) == (302, f"{PAGE}?link={link.public_id}&show=all")


def test_an_address_that_is_no_link_of_ours_is_told_and_not_shown(find, see, stranger, link):
    theirs = buy_line(stranger, CustomerFactory(partner=stranger.partner), make_sku(keys=1))
    foreign = make_link(stranger, theirs.purchase)
    for address in (foreign.get_absolute_url(), f"/d/{'A' * 48}", "/d/session/abc/setup.iso"):
        asked = find(link=address)
        assert asked == {"link": "/d/…"}
        response = see(**asked)
        assert "No link of your customers has the address that you pasted." in words_of(response)
        assert foreign.token not in response.content.decode()


def test_no_token_is_shown_or_logged(find, see, link):
    page = source_of(see(**find(link=link.get_absolute_url())))
    assert link.token not in page
    assert not [row for row in Event.objects.all() if link.token in str(row.details)]
    assert Event.objects.get(action=Action.LOG_READ).details["link"] == str(link.public_id)


# The form


def test_the_form_leads_to_its_query(find):
    asked = {"from": "2020-01-20", "to": "2020-01-24", "user": "고객@partner.example", "action": "key_revealed"}
    assert find(**asked, order="", customer="  ", elsewhere="x") == asked


def test_a_product_key_goes_into_no_address(browser):
    key = "QQQQQ-WWWWW-EEEEE-RRRRR-11111"
    response = browser.post(f"{PAGE}find/", {"product": key, "show": "all"}, follow=True)
    assert response.redirect_chain == [(f"{PAGE}?show=all", 302)]
    assert "A product key is not looked up here. Paste it into the search box." in words_of(response)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"order": "12345"}, "This is no order number: those have ten letters and digits."),
        ({"order": "ÜÜÜÜÜÜÜÜÜÜ"}, "This is no order number"),
        ({"action": "nonsense"}, "There is no such choice. Choose one of the list."),
        ({"address": "203.0.113"}, "This is no IP address. Write a whole one, like 203.0.113.9 or 2001:db8::7."),
        ({"address": "203.0.113.0/24"}, "This is no IP address."),
        ({"address": "fe80::1%eth0"}, "This is no IP address."),
        ({"address": "x" * 100}, "This is too long: give at most 45 characters."),
        ({"link": "9b3e5d7"}, "Give the id of a link, its first eight characters as the log shows them"),
        ({"link": "not a link"}, "Give the id of a link"),
        ({"product": "产" * 201}, "This is too long: give at most 200 characters."),
    ],
)
def test_what_cannot_be_is_told_kept_as_typed_and_not_logged(see, line, query, sentence):
    response = see(**query)
    page = html.unescape(source_of(response))
    assert sentence in page
    (typed,) = query.values()
    if "action" not in query:
        assert f'value="{typed}"' in page
    assert '<details class="more-filters" open>' in page
    assert "rows" not in response.context
    assert not Event.objects.filter(action=Action.LOG_READ).exists()


def test_each_filter_is_a_chip(see, find, line, link):
    asked = {
        "product": line.sku_title,
        "order": line.order.number,
        "action": "link_granted",
        "link": str(link.public_id),
        "address": "2001:DB8::7",
    }
    words = words_of(see(**asked))
    for text in (
        f"Product: {line.sku_title}",
        f"Order: {line.order.number}",
        "Action: Link made",
        f"Link: {link.public_id}",
        "IP address: 2001:db8::7",
    ):
        assert text in words


def test_people_without_a_name_are_found_as_the_log_calls_them(see, link):
    start_download(link.token, user=None)
    response = see(user="Holder of the link")
    assert shown(response) == [(Action.DOWNLOAD_STARTED, link.purchase.order_number)]
    assert "holder of the link" in response.context["suggestions"].users
    record(Action.SIGN_IN_REFUSED, actor=Actor(ActorKind.VISITOR, partner_id=link.purchase.customer.partner_id))
    assert [action for action, _order in shown(see(user="visitor without sign-in", show="all"))] == ["sign_in_refused"]


def test_products_are_suggested_with_users_and_customers(see, line, other):
    response = see()
    assert response.context["suggestions"].products == sorted([line.sku_title, other.sku_title], key=str.casefold)
    assert f'<option value="{line.sku_title}">' in source_of(response)


def test_every_filter_together_costs_no_more_questions(browser, see, line, link):
    asked = {"product": line.sku_title, "order": line.order.number, "action": "link_granted", "address": "::1"}
    query = "&".join(f"{name}={value}" for name, value in {**asked, "link": str(link.public_id)}.items())
    assert len(queries_of(browser, f"{PAGE}?{query}")) <= MOST_QUERIES
