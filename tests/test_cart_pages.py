"""The cart, the review and the order they become, as pages: B1, B2, B4."""

import re

import pytest
from django.urls import reverse

from csp_portal.accounts.permissions import Role
from orders.models import Cart, CartLine, Order
from orders.services import add_to_cart
from software.models import Kind, Price, TaxRate
from tests.factories import CustomerFactory, UserFactory, make_sku, reviewed_now
from tests.helpers import source_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client_of, agent):
    return client_of(agent)


@pytest.fixture
def never(agent, customer):
    """A SKU that can never be cancelled, in the agent's cart."""
    sku = make_sku("920.00", kind=Kind.LINUX_PLAN, cancellation_policy="never", title="SUSE Server")
    add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    return sku


def _url(name, customer, *more):
    return reverse(f"orders:{name}", args=[customer.tenant_id, *more])


def _reviewed(response):
    return re.search(r'name="reviewed" value="([^"]+)"', response.content.decode())[1]


def test_the_cart_says_in_words_how_each_line_can_be_cancelled(clock, browser, agent, customer, never):
    add_to_cart(customer.tenant_id, make_sku().public_id, 1, actor=agent)
    reserved = make_sku(kind=Kind.RESERVATION, cancellation_policy="support_only")
    add_to_cart(customer.tenant_id, reserved.public_id, 1, actor=agent)
    page = source_of(browser.get(_url("cart", customer)))
    assert "can be cancelled until the end of" in page
    assert "24 March 2020 (UTC)" in page
    assert "only by support request" in page
    assert '<strong class="is-never">never</strong>' in page


def test_lines_and_totals_are_labelled_by_tax(browser, agent, partner):
    TaxRate.objects.create(market="DE", name="VAT", rate="0.19", included_in_price=False, valid_from="2007-01-01")
    customer = CustomerFactory(partner=partner, market="DE", currency="EUR")
    add_to_cart(customer.tenant_id, make_sku("100.00", market="DE", currency="EUR").public_id, 2, actor=agent)
    page = source_of(browser.get(_url("cart", customer)))
    assert '200.00 EUR</span> <span class="tax-label">excl. tax' in page
    assert "Tax: VAT, 19 %" in page
    assert "38.00 EUR" in page
    assert '238.00 EUR</span> <span class="tax-label">incl. tax' in page


def test_quantities_are_saved_and_the_way_goes_on_to_the_review(browser, agent, customer):
    sku = make_sku()
    add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    typed = {f"quantity-{sku.public_id}": 4}
    assert browser.post(_url("cart", customer), typed).url == _url("cart", customer)
    response = browser.post(_url("cart", customer), {**typed, "then": "review"})
    assert response.url == _url("review", customer)
    assert CartLine.objects.get().quantity == 4


def test_going_on_without_a_change_keeps_the_key_of_a_review_that_is_open_elsewhere(browser, agent, customer):
    sku = make_sku()
    add_to_cart(customer.tenant_id, sku.public_id, 2, actor=agent)
    key = Cart.objects.open_for(customer, agent).key
    browser.post(_url("cart", customer), {f"quantity-{sku.public_id}": 2, "then": "review"})
    assert Cart.objects.open_for(customer, agent).key == key


def test_a_wrong_quantity_saves_none_and_stays_typed(browser, agent, customer):
    first, second = make_sku(), make_sku()
    for sku in (first, second):
        add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    typed = {f"quantity-{first.public_id}": 5, f"quantity-{second.public_id}": "x", "then": "review"}
    page = source_of(browser.post(_url("cart", customer), typed))
    assert "Give the quantity as a whole number." in page
    assert 'value="5"' in page
    assert 'value="x"' in page
    assert [line.quantity for line in CartLine.objects.all()] == [1, 1]


def test_a_line_is_removed_and_once_more_is_no_fault(browser, agent, customer):
    sku = make_sku()
    add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    for said in (True, False):
        response = browser.post(_url("remove", customer, sku.public_id), follow=True)
        assert "The cart is empty" in response.content.decode()
        assert ("The line was taken out of the cart." in response.content.decode()) is said
    assert not CartLine.objects.exists()


def test_removing_needs_a_post(browser, customer, never):
    assert browser.get(_url("remove", customer, never.public_id)).status_code == 405
    assert CartLine.objects.exists()


def test_a_line_that_is_no_longer_sold_says_why_and_stops_the_way(browser, agent, customer):
    sku = make_sku()
    add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    Price.objects.update(effective_end="2001-01-01T00:00:00Z")
    for name in ("cart", "review"):
        page = source_of(browser.get(_url(name, customer)))
        assert "has no price in force" in page
        assert 'aria-disabled="true"' in page


def test_four_screens_lead_from_the_customer_to_the_order(browser, customer):
    """B1: overview, catalogue, cart, review; each names the next, and scripts are not needed."""
    sku = make_sku()
    assert _url("add", customer) in browser.get(customer.get_absolute_url()).content.decode()
    added = browser.post(_url("add", customer), {"sku": sku.public_id, "quantity": 1}, follow=True)
    assert _url("cart", customer) in added.content.decode()
    went_on = {f"quantity-{sku.public_id}": 1, "then": "review"}
    review = browser.post(_url("cart", customer), went_on, follow=True)
    placed = browser.post(_url("review", customer), {"reviewed": _reviewed(review)}, follow=True)
    order = Order.objects.get()
    assert placed.redirect_chain == [(order.get_absolute_url(), 302)]
    page = source_of(placed)
    assert f"Order {order.number} for {customer.company_name} is placed." in page
    assert "Get keys and downloads" in page
    assert f"{reverse('cancellations:software', args=[customer.tenant_id])}?sku={sku.public_id}" in page


def test_the_purchase_order_number_is_kept_with_the_order(browser, customer, never):
    reviewed = _reviewed(browser.get(_url("review", customer)))
    ticked = {"reviewed": reviewed, f"never-{never.public_id}": "on", "purchase_order_number": "PO-17"}
    browser.post(_url("review", customer), ticked)
    assert Order.objects.get().purchase_order_number == "PO-17"


def test_what_can_never_be_cancelled_needs_its_tick_and_the_rest_stays_typed(browser, customer, never):
    review = browser.get(_url("review", customer))
    assert "I accept that this can never be cancelled or exchanged: SUSE Server" in review.content.decode()
    page = source_of(
        browser.post(_url("review", customer), {"reviewed": _reviewed(review), "purchase_order_number": "PO-17"})
    )
    assert "Nothing was ordered yet." in page
    assert f'href="#id_never-{never.public_id}">Tick the box for SUSE Server, or take it out of the cart.</a>' in page
    assert 'value="PO-17"' in page
    assert not Order.objects.exists()
    assert CartLine.objects.count() == 1


@pytest.mark.parametrize(
    ("number", "said"),
    [("x" * 10_000, "This is too long: give at most 50 characters."), ("\0", "a character that no keyboard types")],
)
def test_a_purchase_order_number_that_cannot_be_kept_is_told_in_our_words(browser, customer, never, number, said):
    sent = {"reviewed": _reviewed(browser.get(_url("review", customer))), f"never-{never.public_id}": "on"}
    assert said in source_of(browser.post(_url("review", customer), {**sent, "purchase_order_number": number}))
    assert not Order.objects.exists()


def test_the_review_names_the_month_of_the_invoice_in_utc(clock, client_of, agent, customer, never):
    clock.set("2020-01-31T23:30:00Z")
    browser = client_of(agent)
    browser.cookies["timezone"] = "Asia/Tokyo"
    page = source_of(browser.get(_url("review", customer)))
    assert 'will come on the <time class="text-nowrap" datetime="2020-01">January 2020</time> invoice (UTC).' in page


def test_a_review_that_is_out_of_date_orders_nothing_and_shows_the_new_one(browser, agent, customer):
    sku = make_sku()
    add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    old = _reviewed(browser.get(_url("review", customer)))
    add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    response = browser.post(_url("review", customer), {"reviewed": old, "purchase_order_number": "PO-17"})
    page = source_of(response)
    assert "nothing has been ordered now" in page
    assert "place the order again" in page
    assert 'value="PO-17"' in page
    assert _reviewed(response) != old
    assert not Order.objects.exists()
    browser.post(_url("review", customer), {"reviewed": _reviewed(response)})
    assert Order.objects.get().lines.get().quantity == 2


def test_a_double_click_makes_one_order_and_leads_to_it_twice(browser, customer, never):
    sent = {"reviewed": _reviewed(browser.get(_url("review", customer))), f"never-{never.public_id}": "on"}
    first = browser.post(_url("review", customer), sent)
    assert browser.post(_url("review", customer), sent).url == first.url
    assert Order.objects.count() == 1


@pytest.mark.parametrize("reviewed", ["", "not-a-review"])
def test_a_review_without_what_it_showed_orders_nothing(browser, customer, never, reviewed):
    response = browser.post(_url("review", customer), {"reviewed": reviewed, f"never-{never.public_id}": "on"})
    assert "place the order again" in response.content.decode()
    assert not Order.objects.exists()


def test_an_empty_cart_offers_the_catalogue_and_no_order(browser, customer):
    for name in ("cart", "review"):
        page = source_of(browser.get(_url(name, customer)))
        assert "The cart is empty" in page
        assert _url("add", customer) in page
        assert "Place order" not in page


@pytest.mark.parametrize(("market", "currency"), [("CN", "CNY"), ("GL", "DKK")])
def test_a_reservation_that_got_into_the_cart_is_refused_at_the_review(browser, agent, partner, market, currency):
    customer = CustomerFactory(partner=partner, market=market, currency=currency)
    sku = make_sku(kind=Kind.RESERVATION, market=market, currency=currency, cancellation_policy="support_only")
    Cart.objects.create(customer=customer, user=agent).lines.create(sku=sku, quantity=1)  # past the first gate
    review = browser.get(_url("review", customer))
    assert "Azure reservations are not sold" in review.content.decode()
    response = browser.post(_url("review", customer), {"reviewed": _reviewed(review)})
    assert "Azure reservations are not sold" in response.content.decode()
    assert not Order.objects.exists()


def test_a_global_admin_may_buy_with_a_cart_of_their_own(client_of, global_admin, customer, never):
    page = source_of(client_of(global_admin).get(_url("cart", customer)))
    assert "The cart is empty" in page


def test_a_stranger_and_an_auditor_place_no_order(client_of, agent, stranger, partner, customer, never):
    sent = {"reviewed": reviewed_now(agent, customer).signed(), f"never-{never.public_id}": "on"}
    auditor = UserFactory(partner=partner, roles=[Role.AUDITOR])
    for user, status in ((stranger, 404), (auditor, 403)):
        for url in (_url("review", customer), _url("cart", customer), _url("remove", customer, never.public_id)):
            assert client_of(user).post(url, sent).status_code == status
    assert not Order.objects.exists()
    assert CartLine.objects.count() == 1
