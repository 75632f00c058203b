"""The pages that add and change a customer: U4, P2."""

import uuid

import pytest
from django.urls import reverse

from customers.models import Customer
from customers.services import change_customer
from tests.factories import CustomerFactory, buy_line, make_sku
from tests.helpers import MOST_QUERIES, queries_of, source_of, words_of

pytestmark = pytest.mark.django_db

ADD = "/customers/add/"
TYPED = {
    "company_name": '株式会社 "コントソ" <b>',
    "tenant_id": "{2F7A1C6E-0B5D-4C1E-9A57-3D8E6F2B4C10}",
    "primary_domain": "Contoso.Example",
    "market": "JP",
    "currency": "JPY",
    "address_line": "1-1 Chiyoda",
    "city": "東京",
    "region": "",
    "postal_code": "100-8111",
    "country": "JP",
}


def edit_url(customer):
    return reverse("customers:edit", args=[customer.tenant_id])


def typed_for(customer, **changes):
    """What a browser sends for a customer's form."""
    fields = {name: getattr(customer, name) for name in TYPED}
    return {**fields, "version": customer.version, **changes}


def row_of(customer):
    return Customer.objects.filter(pk=customer.pk).values().get()


def test_a_customer_is_added_and_its_page_opened(client_of, agent, partner):
    response = client_of(agent).post(ADD, TYPED, follow=True)
    customer = Customer.objects.get()
    assert response.redirect_chain == [(customer.get_absolute_url(), 302)]
    assert (customer.partner, customer.primary_domain, customer.market) == (partner, "contoso.example", "JP")
    assert "株式会社 &quot;コントソ&quot; &lt;b&gt; was added." in response.content.decode()


def test_countries_and_currencies_are_offered_by_name(client_of, agent):
    page = client_of(agent).get(ADD).content.decode()
    assert '<option value="XK">Kosovo</option>' in page
    assert '<option value="KR">South Korea</option>' in page
    assert '<option value="KWD">KWD – Kuwaiti Dinar</option>' in page
    assert page.index(">Åland Islands<") < page.index(">Albania<")


def test_what_is_wrong_is_said_and_what_was_typed_is_kept(client_of, agent):
    typed = {**TYPED, "tenant_id": "nonsense", "market": "", "company_name": "x" * 10_000, "city": "\u200fחיפה\u200f"}
    response = client_of(agent).post(ADD, typed)
    assert response.status_code == 200
    words = words_of(response)
    for sentence in ("This is no GUID.", "Choose the market.", "This is too long: give at most 200 characters."):
        assert sentence in words
    page = response.content.decode()
    assert 'value="nonsense"' in page
    assert "x" * 10_000 in page
    assert 'value="\u200fחיפה\u200f"' in page
    assert '<option value="JPY" selected>' in page
    assert not Customer.objects.exists()


def test_the_address_is_asked_for_when_a_customer_is_added(client_of, agent):
    response = client_of(agent).post(ADD, {**TYPED, "address_line": "", "city": "", "country": "", "postal_code": ""})
    words = words_of(response)
    for sentence in ("Street: Give the street.", "City: Give the city.", "Country: Choose the country."):
        assert sentence in words
    assert not Customer.objects.exists()


def test_a_duplicate_is_named_beside_its_field(client_of, agent, partner):
    CustomerFactory(partner=partner, company_name="Fabrikam Inc", primary_domain="contoso.example")
    response = client_of(agent).post(ADD, TYPED)
    assert response.status_code == 200
    assert "Primary domain: Your customer Fabrikam Inc has this primary domain already." in words_of(response)
    assert Customer.objects.count() == 1


def test_an_empty_or_damaged_form_is_answered_in_sentences(client_of, agent, customer):
    assert "Give the company's name." in words_of(client_of(agent).post(ADD))
    before = row_of(customer)
    for version in ("x", "9" * 40, "-1", "\0"):
        sent = typed_for(customer, company_name="Other", version=version)
        assert client_of(agent).post(edit_url(customer), sent).status_code == 200
    assert row_of(customer) == before


def test_a_customer_is_changed(client_of, agent, customer):
    response = client_of(agent).post(edit_url(customer), typed_for(customer, company_name="Contoso GmbH"), follow=True)
    assert response.redirect_chain == [(customer.get_absolute_url(), 302)]
    assert "Contoso GmbH is saved." in words_of(response)
    assert row_of(customer)["company_name"] == "Contoso GmbH"


def test_the_overview_offers_the_edit(client_of, agent, customer):
    assert f'href="{edit_url(customer)}"' in client_of(agent).get(customer.get_absolute_url()).content.decode()


def test_who_was_overtaken_is_told_by_whom_keeps_what_was_typed_and_may_save_then(
    clock, client_of, agent, global_admin, customer
):
    url, typed = edit_url(customer), typed_for(customer, company_name="Second")
    first = {name: value for name, value in typed_for(customer, company_name="First").items() if name != "version"}
    change_customer(customer.tenant_id, version_seen=1, actor=agent, **first)
    client = client_of(global_admin)
    response = client.post(url, typed)
    words = words_of(response)
    assert f"{agent.email} changed First on" in words
    assert "Now: First" in words
    assert 'value="Second"' in response.content.decode()
    assert row_of(customer)["company_name"] == "First"
    assert '<input type="hidden" name="version" value="2"' in source_of(response)
    client.post(url, {**typed, "version": "2"})
    assert row_of(customer)["company_name"] == "Second"


def test_after_the_first_order_market_and_currency_are_disabled_with_the_reason(clock, client_of, agent, customer):
    buy_line(agent, customer, make_sku())
    response = client_of(agent).get(edit_url(customer))
    page = source_of(response)
    for name in ("market", "currency"):
        assert f'name="{name}" disabled' in page
    assert words_of(response).count("Fixed since the first order.") == 2


def test_what_is_disabled_is_not_sent_and_the_rest_can_be_saved(clock, client_of, agent, customer):
    buy_line(agent, customer, make_sku())
    sent = typed_for(customer, company_name="Contoso GmbH")
    del sent["market"], sent["currency"]
    assert client_of(agent).post(edit_url(customer), sent).status_code == 302
    assert row_of(customer)["company_name"] == "Contoso GmbH"


def test_a_market_sent_after_the_first_order_is_refused(clock, client_of, agent, customer):
    buy_line(agent, customer, make_sku())
    before = row_of(customer)
    response = client_of(agent).post(edit_url(customer), typed_for(customer, market="DE", company_name="Typed"))
    assert response.status_code == 200
    assert "Leave both as they are; every other detail can be changed." in words_of(response)
    assert 'value="Typed"' in response.content.decode()
    assert '<option value="US" selected>' in response.content.decode()
    assert row_of(customer) == before


def test_a_customer_without_an_address_is_edited_without_one(client_of, agent, partner):
    customer = CustomerFactory(partner=partner, address_line="", city="", country="")
    assert "Not known yet." in words_of(client_of(agent).get(customer.get_absolute_url()))
    assert client_of(agent).post(edit_url(customer), typed_for(customer, company_name="New")).status_code == 302
    response = client_of(agent).post(edit_url(customer), typed_for(customer, version=2, city="Hamburg"))
    assert "Street: Give the street." in words_of(response)


def test_an_address_that_is_known_is_not_lost(client_of, agent, customer):
    sent = typed_for(customer, address_line="", city="", country="", region="", postal_code="")
    assert "Street: Give the street." in words_of(client_of(agent).post(edit_url(customer), sent))
    assert row_of(customer)["city"] == customer.city


def test_another_partner_s_customer_is_not_found(client_of, stranger, customer):
    before = row_of(customer)
    client = client_of(stranger)
    assert client.get(edit_url(customer)).status_code == 404
    assert client.post(edit_url(customer), typed_for(customer, company_name="Mine")).status_code == 404
    assert client.get(reverse("customers:edit", args=[uuid.uuid4()])).status_code == 404
    assert row_of(customer) == before


def test_the_pages_ask_few_questions(clock, client_of, agent, customer):
    buy_line(agent, customer, make_sku())
    client = client_of(agent)
    assert len(queries_of(client, ADD)) <= MOST_QUERIES
    assert len(queries_of(client, edit_url(customer))) <= MOST_QUERIES
    assert len(queries_of(client, "/customers/", data={"q": "cust"})) <= MOST_QUERIES
