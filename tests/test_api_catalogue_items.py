"""Catalogue items as carts and orders name them (partner-center-api.md, 4)."""

import pytest

from csp_portal.errors import Refusal
from software.api.items import availability_id, catalog_item_id, sku_of_catalog_item, skus_of_catalog_items
from tests.factories import CustomerFactory, PriceFactory, SkuFactory, make_sku

pytestmark = pytest.mark.django_db


@pytest.fixture
def sku(db):
    return make_sku(title="윈도우 서버 - 1년")


def test_an_item_leads_back_to_its_sku(customer, sku):
    item = catalog_item_id(sku, "US", "USD")
    product_id, sku_id, availability = item.split(":")
    assert (product_id, sku_id) == (sku.product.product_id, "0001")
    assert len(availability) == 12
    assert availability.isalnum()
    assert sku_of_catalog_item(item, customer) == sku
    assert sku_of_catalog_item(f" {product_id}:{sku_id}:{availability.lower()} ", customer) == sku


def test_an_item_stays_the_same_when_prices_change(customer, sku):
    item = catalog_item_id(sku, "US", "USD")
    sku.prices.all().delete()
    assert sku_of_catalog_item(item, customer) == sku
    PriceFactory(sku=sku, unit_price="7.00")
    assert catalog_item_id(sku, "US", "USD") == item


def test_skus_under_one_id_are_told_apart_by_their_availability(customer, sku):
    monthly = SkuFactory(product=sku.product, sku_id=sku.sku_id, billing_plan="Monthly")
    items = [catalog_item_id(each, "US", "USD") for each in (sku, monthly)]
    assert len(set(items)) == 2
    assert [sku_of_catalog_item(item, customer) for item in items] == [sku, monthly]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda sku: "   ",
        lambda sku: sku.catalogue_id,
        lambda sku: f"{sku.catalogue_id}:AAAAAAAAAAAA",
        lambda sku: f"{sku.catalogue_id}:{availability_id(sku, 'DE', 'EUR')}",
        lambda sku: f"{sku.catalogue_id}:{availability_id(sku, 'US', 'EUR')}",
        lambda sku: catalog_item_id(sku, "US", "USD") + ":1",
        lambda sku: "x" * 5000,
        lambda sku: "::",
    ],
)
def test_what_names_no_item_of_the_customers_market_is_refused(customer, sku, spoil):
    text = spoil(sku)
    with pytest.raises(Refusal) as caught:
        sku_of_catalog_item(text, customer)
    assert caught.value.code == ("catalog_item_unknown" if text.strip() else "catalog_item_missing")


def test_many_items_take_one_query(customer, django_assert_num_queries):
    skus = [make_sku() for _ in range(20)]
    items = [catalog_item_id(sku, "US", "USD") for sku in skus]
    with django_assert_num_queries(1):
        found = skus_of_catalog_items([*items, "a:b:c", ""], customer)
        assert [found[item].product.product_id for item in items] == [sku.product.product_id for sku in skus]
    assert len(found) == 20


def test_another_market_has_items_of_its_own(sku):
    german = CustomerFactory(market="DE", currency="EUR")
    item = catalog_item_id(sku, "DE", "EUR")
    assert item != catalog_item_id(sku, "US", "USD")
    assert sku_of_catalog_item(item, german) == sku
