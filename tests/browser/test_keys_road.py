"""Keys as people meet them, with scripts and without: hidden again, exported, traced, found by pasting (K2, U2)."""

import csv

import pytest
from playwright.sync_api import expect

from csp_portal.accounts.permissions import Role
from software.views import keys as key_views
from tests.browser.test_road import sign_in
from tests.factories import CustomerFactory, PartnerFactory, UserFactory, add_keys, buy_line, make_sku

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"]),
]


@pytest.fixture
def seller():
    """An Admin agent who may read the log too."""
    return UserFactory(partner=PartnerFactory(), roles=[Role.ADMIN_AGENT, Role.GLOBAL_ADMIN])


@pytest.fixture
def clear():
    """Three keys in clear, all of the purchase."""
    return []


@pytest.fixture
def purchase(seller, clear):
    sku = make_sku(key_issue="per_unit")
    clear += add_keys(sku, 3)
    return buy_line(seller, CustomerFactory(partner=seller.partner), sku, quantity=3).purchase


@pytest.fixture
def page(open_browser, seller, purchase, scripts):
    """The Software page, opened at the purchase."""
    browser = open_browser(scripts=scripts)
    sign_in(browser, seller.email)
    browser.goto(f"/customers/{purchase.customer.tenant_id}/software/?sku={purchase.sku.public_id}")
    return browser


def test_a_key_that_is_shown_hides_by_itself(page, clear, monkeypatch):
    monkeypatch.setattr(key_views, "SHOWN_SECONDS", 2)
    page.get_by_role("button", name=f"Show the key that ends in {clear[0][-5:]}").click()
    expect(page.get_by_text(clear[0])).to_be_visible()
    expect(page.get_by_text(clear[0])).to_have_count(0, timeout=10_000)
    expect(page.get_by_role("button", name=f"Show the key that ends in {clear[0][-5:]}")).to_be_visible()
    assert clear[0] not in page.content()


def test_the_keys_are_exported_and_each_keys_history_says_so(page, clear, seller):
    with page.expect_download() as begun:
        page.get_by_role("button", name="Export keys").click()
    with open(begun.value.path(), encoding="utf-8-sig", newline="") as file:
        assert [row["product_key"] for row in csv.DictReader(file)] == clear
    page.get_by_role("link", name=f"History of the key that ends in {clear[1][-5:]}").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Key that ends in {clear[1][-5:]}")
    expect(page.get_by_role("row").filter(has_text="Key exported")).to_contain_text(seller.email)
    assert not any(key in page.content() for key in clear)


def test_a_pasted_key_opens_its_purchase_and_stands_in_no_address(page, clear, purchase):
    visited = []
    page.on("request", lambda request: visited.append(request.url))
    page.goto("/orders/")
    box = page.get_by_role("searchbox", name="product keys")
    box.fill(clear[2].lower())
    box.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Key that ends in {clear[2][-5:]}")
    page.get_by_role("navigation", name="Breadcrumbs").get_by_role("link", name="Software").click()
    expect(page.get_by_role("heading", name="3 keys")).to_be_visible()
    assert f"purchase={purchase.public_id}" in page.url
    assert visited
    assert not any(key.lower() in url.lower() for key in clear for url in visited)
