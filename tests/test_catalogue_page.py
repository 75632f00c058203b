"""The catalogue of a customer's market: B1, M1 to M4, M6."""

from decimal import Decimal

import pytest
from django.urls import reverse

from orders.models import CartLine
from software.models import Kind, MarketRestriction, Product, Sku, TaxRate
from tests.factories import CustomerFactory, PriceFactory, make_sku
from tests.helpers import source_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def catalogue(client_of, agent, customer):
    """The catalogue as the agent reads it, its white space evened out."""

    def read(of=customer, **query):
        response = client_of(agent).get(_url(of), query)
        assert response.status_code == 200
        return source_of(response)

    return read


def _url(customer):
    return reverse("orders:add", args=[customer.tenant_id])


def _add(client, customer, sku, quantity):
    return client.post(_url(customer), {"sku": sku.public_id, "quantity": quantity}, follow=True)


def test_a_sku_shows_term_price_with_tax_label_retail_price_and_terms(clock, catalogue):
    sku = make_sku("245.00", term="P3Y", billing_plan="")
    sku.prices.update(retail_price=Decimal("274.40"))
    page = catalogue()
    assert "3 years" in page
    assert "paid once" in page
    assert '245.00 USD</span> <span class="tax-label">excl. tax' in page
    assert "Recommended retail price" in page
    assert "274.40 USD" in page
    assert "can be cancelled until the end of" in page
    assert "24 March 2020 (UTC)" in page


def test_prices_of_australia_are_labelled_as_including_tax(catalogue, partner):
    TaxRate.objects.create(market="AU", name="GST", rate="0.1", included_in_price=True, valid_from="2000-07-01")
    make_sku(market="AU", currency="AUD")
    page = catalogue(CustomerFactory(partner=partner, market="AU", currency="AUD"))
    assert "incl. tax" in page
    assert "excl. tax" not in page


def test_every_tier_stands_with_the_quantity_from_which_it_counts(catalogue):
    sku = make_sku("50.00")
    sku.prices.update(tier_max=99)
    PriceFactory(sku=sku, tier_min=100, unit_price=Decimal("45.00"))
    page = catalogue()
    assert page.index("from 1:") < page.index("50.00") < page.index("from 100:") < page.index("45.00")


@pytest.mark.parametrize(("policy", "words"), [("support_only", "only by support request"), ("never", "never")])
def test_the_terms_of_what_self_service_cannot_cancel_are_said(catalogue, policy, words):
    make_sku(kind=Kind.RESERVATION, cancellation_policy=policy)
    page = catalogue()
    assert words in page
    assert "can be cancelled until" not in page


@pytest.mark.parametrize("kind", [Kind.RESERVATION, Kind.LINUX_PLAN])
def test_what_has_neither_keys_nor_downloads_says_so(catalogue, kind):
    make_sku(kind=kind)
    assert "It comes with neither keys nor downloads." in catalogue()


def test_software_does_not_say_that_it_has_no_keys(catalogue):
    make_sku()
    assert "neither keys" not in catalogue()


def test_the_hybrid_benefit_is_said_where_a_sku_qualifies(catalogue):
    make_sku(hybrid_benefit=True)
    assert "Azure Hybrid Benefit: up to 40 % off a virtual machine" in catalogue()


def test_search_kind_and_publisher_narrow_the_catalogue(catalogue):
    make_sku(title="Alpha")
    suse = make_sku(title="Beta", kind=Kind.LINUX_PLAN)
    Product.objects.filter(pk=suse.product_id).update(publisher="SUSE")
    for query in ({"find": "bet"}, {"kind": "linux_plan"}, {"publisher": "SUSE"}, {"find": suse.product.product_id}):
        page = catalogue(**query)
        assert "Beta" in page
        assert "Alpha" not in page
    assert "No product fits this search" in catalogue(find="gamma")


def test_what_has_no_price_here_is_listed_after_the_rest_with_its_reason(catalogue):
    make_sku(title="Aaa", market="DE", currency="EUR")
    make_sku(title="Zzz")
    page = catalogue()
    assert page.index("Zzz") < page.index("Not sold in United States") < page.index("Aaa")
    assert "has no price in force" in page


@pytest.mark.parametrize(("market", "currency", "country"), [("CN", "CNY", "China"), ("GL", "DKK", "Greenland")])
def test_reservations_are_listed_but_cannot_be_added_where_they_are_not_sold(
    client_of, agent, partner, catalogue, market, currency, country
):
    customer = CustomerFactory(partner=partner, market=market, currency=currency)
    sku = make_sku(kind=Kind.RESERVATION, market=market, currency=currency, cancellation_policy="support_only")
    page = catalogue(customer)
    assert f"Azure reservations are not sold to customers in {country}." in page
    assert f'value="{sku.public_id}"' not in page
    response = _add(client_of(agent), customer, sku, 1)
    assert f"Azure reservations are not sold to customers in {country}." in response.content.decode()
    assert not CartLine.objects.exists()


def test_reservations_are_sold_again_when_the_restriction_has_ended(catalogue, partner):
    MarketRestriction.objects.filter(market="GL").update(valid_to="2020-01-01")
    make_sku(kind=Kind.RESERVATION, market="GL", currency="DKK", cancellation_policy="support_only")
    assert "Not sold in" not in catalogue(CustomerFactory(partner=partner, market="GL", currency="DKK"))


def test_adding_puts_the_quantity_into_the_cart_and_comes_back_to_the_same_place(client_of, agent, customer):
    sku = make_sku(title="Alpha")
    url = _url(customer) + "?find=alp&page=1"
    response = client_of(agent).post(url, {"sku": sku.public_id, "quantity": 3}, follow=True)
    assert response.redirect_chain == [(url, 302)]
    assert "The cart now holds 3 × Alpha." in response.content.decode()
    assert CartLine.objects.get().quantity == 3


def test_adding_again_adds_up(client_of, agent, customer):
    sku = make_sku()
    _add(client_of(agent), customer, sku, 3)
    _add(client_of(agent), customer, sku, 2)
    assert CartLine.objects.get().quantity == 5


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Give a quantity."),
        ("two", "Give the quantity as a whole number."),
        ("0", "A line holds at least 1 unit."),
        ("-1", "A line holds at least 1 unit."),
        ("10001", "A line holds at most 10,000 units."),
        ("1_0", "Give the quantity as a whole number."),
        ("+3", "Give the quantity as a whole number."),
        ("10.000", "Give the quantity as a whole number."),
    ],
)
def test_a_wrong_quantity_is_said_at_its_row_and_stays_typed(client_of, agent, customer, typed, said):
    sku, other = make_sku(), make_sku()
    page = _add(client_of(agent), customer, sku, typed).content.decode()
    assert said in page
    assert f'id="{sku.public_id}-quantity_error"' in page
    assert f'id="{other.public_id}-quantity_error"' not in page
    assert f'value="{typed}"' in page
    assert not CartLine.objects.exists()


def test_a_refused_quantity_is_said_with_the_next_step_and_stays_typed(client_of, agent, customer):
    sku = make_sku()
    _add(client_of(agent), customer, sku, 9999)
    page = _add(client_of(agent), customer, sku, 7).content.decode()
    assert "this would be 10,006." in page
    assert "Give a smaller quantity" in page
    assert 'value="7"' in page
    assert CartLine.objects.get().quantity == 9999


def test_a_refusal_of_the_product_is_not_laid_on_its_quantity(client_of, agent, partner):
    customer = CustomerFactory(partner=partner, market="GL", currency="DKK")
    sku = make_sku(kind=Kind.RESERVATION, market="GL", currency="DKK", cancellation_policy="support_only")
    page = _add(client_of(agent), customer, sku, 1).content.decode()
    assert "<p>Azure reservations are not sold" in page
    assert "Quantity: " not in page


@pytest.mark.parametrize("sent", ["x" * 10_000, "\0"])
def test_what_is_no_sku_is_not_repeated(client_of, agent, customer, sent):
    page = client_of(agent).post(_url(customer), {"sku": sent, "quantity": 1}).content.decode()
    assert "There is no such product in the catalogue." in page
    assert "UUID" not in page
    assert "x" * 100 not in page


def test_a_search_that_no_keyboard_types_is_told_in_our_words(client_of, agent, customer):
    page = client_of(agent).get(_url(customer), {"find": "\0", "kind": "x"}).content.decode()
    assert "This holds a character that no keyboard types." in page
    assert "There is no such choice." in page


def test_a_sku_that_does_not_exist_is_said(client_of, agent, customer):
    unknown = Sku()
    page = _add(client_of(agent), customer, unknown, 1).content.decode()
    assert "There is no such product in the catalogue." in page


def test_a_stranger_can_put_nothing_into_the_cart(client_of, stranger, customer):
    response = client_of(stranger).post(_url(customer), {"sku": make_sku().public_id, "quantity": 1})
    assert response.status_code == 404
    assert not CartLine.objects.exists()
