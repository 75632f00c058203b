"""The one search box: U2."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from csp_portal.accounts.permissions import Role
from orders.models import Order
from software.places import software_place
from tests.factories import CustomerFactory, UserFactory, buy_line, make_sku
from tests.helpers import MOST_QUERIES, queries_of

pytestmark = pytest.mark.django_db

URL = "/search/"
WAYS_TO_WRITE_A_GUID = [str, lambda guid: str(guid).upper(), lambda guid: f" {{{guid}}} ", lambda guid: guid.hex]


@pytest.fixture
def line(clock, agent, customer):
    return buy_line(agent, customer, make_sku())


def opened(client, text):
    """Where the search leads: sent from the box, or opened as a bookmark."""
    sent, kept = client.post(URL, {"q": text}), client.get(URL, {"q": text})
    assert (sent.status_code, kept.status_code) == (303, 302)
    assert sent.url == kept.url
    return sent.url


@pytest.mark.parametrize("write", WAYS_TO_WRITE_A_GUID)
def test_a_tenant_guid_opens_its_customer(client_of, agent, customer, write):
    assert opened(client_of(agent), write(customer.tenant_id)) == reverse("orders:overview", args=[customer.tenant_id])


@pytest.mark.parametrize("write", WAYS_TO_WRITE_A_GUID)
def test_a_subscription_id_opens_the_software_tab_at_it(client_of, agent, line, write):
    assert opened(client_of(agent), write(line.purchase.public_id)) == software_place(line.purchase)


def test_an_order_number_opens_its_order_however_it_is_written(client_of, agent, line):
    Order.objects.update(number="7KM0Q1X9AB")
    client = client_of(agent)
    for written in ("7KM0Q1X9AB", " 7km0q1x9ab ", "7KM0-Q1X9-AB", "7km 0q1x 9ab", "7KMOQIX9AB", "7KMoQlX9AB"):
        assert opened(client, written) == "/orders/7KM0Q1X9AB/"


def test_what_is_no_id_narrows_the_list(client_of, agent, customer):
    assert opened(client_of(agent), "Contoso & 고객") == "/customers/?q=Contoso+%26+%EA%B3%A0%EA%B0%9D"
    filtered = {"q": "a", "market": "US", "csrfmiddlewaretoken": "x"}
    assert client_of(agent).post(URL, filtered).url == "/customers/?q=a&market=US"


@pytest.mark.parametrize("text", ["", "a\0b", "0000000000", "6f9619ff-8b86-4011-b42d-00c04fc964ff", "x" * 5000])
def test_what_nothing_is_called_leads_to_the_list_which_says_so(client_of, agent, customer, text):
    page = client_of(agent).get(URL, {"q": text}, follow=True)
    assert page.status_code == 200
    assert page.redirect_chain[0][0].startswith("/customers/")


def test_another_partner_s_ids_find_as_little_as_ids_of_nothing(client_of, stranger, customer, line):
    client = client_of(stranger)
    unknown = client.get(URL, {"q": str(uuid.uuid4())}, follow=True)
    for text in (customer.tenant_id, line.purchase.public_id, line.order.number, customer.company_name):
        page = client.get(URL, {"q": str(text)}, follow=True)
        assert page.redirect_chain == [(f"/customers/?q={str(text).replace(' ', '+')}", 302)]
        assert page.context["page"].paginator.count == unknown.context["page"].paginator.count == 0


def test_the_search_box_stands_on_every_page_and_leads_there(client_of, agent):
    page = client_of(agent).get("/").content.decode()
    assert '<form class="search" role="search" action="/search/" method="post">' in page


def test_a_form_from_elsewhere_is_not_searched(agent):
    client = Client(enforce_csrf_checks=True)
    client.force_login(agent)
    assert client.post(URL, {"q": "a"}).status_code == 403


@pytest.mark.parametrize("role", [Role.SUPPORT_AGENT, Role.OPERATOR_ADMIN])
def test_the_operators_staff_may_not_search(client_of, customer, role):
    response = client_of(UserFactory(partner=None, roles=[role])).post(URL, {"q": str(customer.tenant_id)})
    assert response.status_code == 403


@pytest.mark.parametrize("role", [Role.ACCOUNT_ADMIN, Role.AUDITOR])
def test_who_may_not_see_customers_finds_none(client_of, partner, customer, role):
    client = client_of(UserFactory(partner=partner, roles=[role]))
    response = client.post(URL, {"q": str(customer.tenant_id)}, follow=True)
    assert response.status_code == 403
    assert customer.company_name not in response.content.decode()


def test_a_search_asks_few_questions(client_of, agent, line):
    client = client_of(agent)
    for text in (line.order.number, str(line.purchase.public_id), str(line.order.customer.tenant_id), "nothing"):
        assert len(queries_of(client, URL, data={"q": text})) <= MOST_QUERIES


def test_a_domain_is_found_in_its_script_and_as_dns_writes_it(client_of, agent, partner):
    CustomerFactory(partner=partner, company_name="Brauhaus", primary_domain="münchen.example")
    client = client_of(agent)
    for text in ("münch", "MÜNCHEN.example", "xn--mnchen-3ya.example"):
        assert "Brauhaus" in client.get("/customers/", {"q": text}).content.decode()
