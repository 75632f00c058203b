"""Finding a customer: U1, U2."""

import pytest

from csp_portal.accounts.permissions import Role
from customers.models import Customer
from tests.factories import CustomerFactory, UserFactory, buy_line, make_sku
from tests.helpers import queries_of

pytestmark = pytest.mark.django_db

URL = "/customers/"


def test_the_list_shows_name_domain_guid_country_purchases_and_last_order(clock, client_of, agent, customer):
    buy_line(agent, customer, make_sku())
    clock.set("2020-01-27T12:00:00Z")
    page = client_of(agent).get(URL).content.decode()
    assert customer.company_name in page
    assert customer.primary_domain in page
    assert str(customer.tenant_id) in page
    assert "United States" in page
    assert '<td class="text-end" data-label="Purchases">1</td>' in page
    assert "3 days ago" in page


@pytest.mark.parametrize("searched", ["conto", "CONTOSO.EX", "  Contoso Ltd "])
def test_a_part_of_the_name_or_domain_finds_a_customer(client_of, agent, partner, searched):
    CustomerFactory(partner=partner, company_name="Contoso Ltd", primary_domain="contoso.example")
    CustomerFactory(partner=partner, company_name="Fabrikam Inc")
    page = client_of(agent).get(URL, {"q": searched}).content.decode()
    assert "Contoso Ltd" in page
    assert "Fabrikam Inc" not in page


def test_a_tenant_guid_narrows_the_list_to_its_customer(client_of, agent, partner, customer):
    CustomerFactory(partner=partner)
    page = client_of(agent).get(URL, {"q": str(customer.tenant_id).upper()})
    assert list(page.context["page"]) == [customer]


def test_the_guid_of_another_partner_s_customer_finds_nothing(client_of, agent):
    other = CustomerFactory()
    response = client_of(agent).get(URL, {"q": str(other.tenant_id)})
    assert response.status_code == 200
    assert "No customer fits this search" in response.content.decode()


def test_names_stand_in_order_whatever_their_case(client_of, agent, partner):
    for name in ("contoso", "Adatum", "Zeta", "adventure"):
        CustomerFactory(partner=partner, company_name=name)
    found = client_of(agent).get(URL).context["page"]
    assert [customer.company_name for customer in found] == ["Adatum", "adventure", "contoso", "Zeta"]


def test_the_search_of_the_list_is_the_one_of_every_page(client_of, agent, customer):
    assert (
        '<form class="card-header filters" method="post" action="/search/"'
        in client_of(agent).get(URL).content.decode()
    )


def test_who_may_edit_is_offered_to_add_and_import(client_of, agent):
    page = client_of(agent).get(URL).content.decode()
    assert 'href="/customers/add/"' in page
    assert 'href="/customers/import/"' in page


def test_the_market_narrows_the_list(client_of, agent, partner):
    CustomerFactory(partner=partner, company_name="Sydney Toys", market="AU", currency="AUD")
    CustomerFactory(partner=partner, company_name="Berlin Works", market="DE", currency="EUR")
    page = client_of(agent).get(URL, {"market": "AU"}).content.decode()
    assert "Sydney Toys" in page
    assert "Berlin Works" not in page


def test_only_markets_of_the_own_customers_are_offered(client_of, agent, customer):
    CustomerFactory(market="BR", currency="BRL")  # of another partner
    page = client_of(agent).get(URL).content.decode()
    assert '<option value="US">United States</option>' in page
    assert "Brazil" not in page


def test_a_market_that_is_none_is_said_and_left_out(client_of, agent, customer):
    page = client_of(agent).get(URL, {"market": "<script>"}).content.decode()
    assert "field-errors" in page
    assert customer.company_name in page


def test_a_nul_character_in_the_search_is_no_fault_of_ours(client_of, agent, customer):
    response = client_of(agent).get(URL, {"q": "a\0b"})
    assert response.status_code == 200
    assert "Null characters" not in response.content.decode()


def test_before_the_first_customer_the_page_says_what_will_stand_there(client_of, agent):
    page = client_of(agent).get(URL).content.decode()
    assert "No customers yet" in page
    assert "No customer fits" not in page


def test_the_list_has_pages_that_keep_the_search(client_of, agent, partner):
    CustomerFactory.create_batch(26, partner=partner, company_name="Wingtip")
    page = client_of(agent).get(URL, {"q": "wing"}).content.decode()
    assert "1 to 25 of 26" in page
    assert "?q=wing&amp;page=2" in page


def test_a_stranger_sees_none_of_them(client_of, stranger, customer):
    page = client_of(stranger).get(URL).content.decode()
    assert customer.company_name not in page


@pytest.mark.parametrize("role", [Role.ACCOUNT_ADMIN, Role.AUDITOR, Role.SUPPORT_AGENT])
def test_who_may_not_see_customers_is_refused(client_of, partner, role):
    response = client_of(UserFactory(partner=partner, roles=[role])).get(URL)
    assert response.status_code == 403
    assert "see customers" in response.content.decode()


def test_a_page_far_down_is_completed_for_its_own_rows_only(client_of, agent, partner):
    CustomerFactory.create_batch(60, partner=partner)
    client = client_of(agent)
    (listed,) = [sql for sql in queries_of(client, URL, data={"page": "2"}) if "purchase_count" in sql]
    assert "LIMIT 25 OFFSET 25" in listed
    assert listed.index("purchase_count") < listed.index("IN (SELECT")  # the rows to skip are skipped inside


def test_staff_see_no_markets_and_no_customers(db, customer):
    staff = UserFactory(partner=None, roles=[Role.OPERATOR_ADMIN])
    assert Customer.objects.visible_to(staff).markets() == []
