"""What the review page says of the payment, and what it does with input that no browser sends (B3, B4)."""

import re
from decimal import Decimal

import pytest
from django.urls import reverse

from activity.services import Actor
from orders.billing.models import Account, Entry
from orders.billing.services import set_credit_limit
from orders.models import CartLine, Order
from orders.services import add_to_cart
from tests.factories import CustomerFactory, buy, make_sku, reviewed_now
from tests.helpers import source_of, words_of

pytestmark = pytest.mark.django_db


def limit(partner, amount):
    set_credit_limit(partner, "USD", None if amount is None else Decimal(amount), actor=Actor.system("test"))


@pytest.fixture
def url(customer):
    return reverse("orders:review", args=[customer.tenant_id])


@pytest.fixture
def browser(client_of, agent):
    return client_of(agent)


@pytest.fixture
def in_cart(agent, customer):
    """A SKU of 1,000.00 USD in the agent's cart."""
    sku = make_sku("1000.00")
    add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    return sku


def words(response):
    return words_of(response).replace("\N{NO-BREAK SPACE}", " ")


def shown_by(response):
    return re.search(r'name="reviewed" value="([^"]+)"', response.content.decode())[1]


def test_limit_owed_and_what_is_left_after_the_order_are_shown(browser, url, agent, partner, customer):
    limit(partner, "5000")
    buy(agent, customer, make_sku("1500.00"))
    add_to_cart(customer.tenant_id, make_sku("1000.00").public_id, 2, actor=agent)
    page = words(browser.get(url))
    assert "On your account, invoiced monthly." in page
    assert (
        "Credit limit 5,000.00 USD incl. tax Owed already 1,500.00 USD incl. tax This order 2,000.00 USD incl. tax "
        "Left after this order 1,500.00 USD incl. tax"
    ) in page
    assert 'aria-disabled="true"' not in source_of(browser.get(url))


def test_a_cart_beyond_the_limit_says_so_before_anything_is_typed(browser, url, partner, in_cart):
    limit(partner, "999.99")
    response = browser.get(url)
    page = words(response)
    reason = "This order comes to 1,000.00 USD including tax. Of your credit limit of 999.99 USD"
    assert page.index(reason) < page.index("Purchase order number")
    assert "Left after this order -0.01 USD" in page
    assert re.search(r'aria-disabled="true"[^>]*>.{0,200}?Place order', source_of(response))
    assert '<button class="btn btn-primary">' not in source_of(response)
    pressed = browser.post(url, {"reviewed": shown_by(response), "purchase_order_number": "PO-17"})
    assert pressed.status_code == 409
    assert 'value="PO-17"' in source_of(pressed)
    assert not Order.objects.exists()


@pytest.mark.parametrize("has_account", [True, False])
def test_without_a_limit_the_page_says_whom_to_ask(settings, browser, url, partner, in_cart, has_account):
    if has_account:
        limit(partner, None)
    else:
        Account.objects.all().delete()
    page = words(browser.get(url))
    assert "Your organisation has no credit limit in USD, so nothing can be ordered in it." in page
    assert f"Ask the operator at {settings.OPERATOR_SUPPORT_EMAIL} for a credit limit in USD." in page
    assert "Owed already" not in page


def nothing_done():
    assert not Order.objects.exists()
    assert not Entry.objects.exists()
    assert CartLine.objects.get().quantity == 1


@pytest.mark.parametrize("tamper", [lambda text: text[:-1], lambda text: f"x{text}", lambda text: text * 2])
def test_a_review_that_was_tampered_with_orders_nothing_and_is_shown_anew(browser, url, in_cart, tamper):
    shown = shown_by(browser.get(url))
    response = browser.post(url, {"reviewed": tamper(shown), "purchase_order_number": "PO-17"})
    assert "The review came back damaged. Look through it and place the order again." in words(response)
    assert 'value="PO-17"' in source_of(response)
    nothing_done()
    assert browser.post(url, {"reviewed": shown_by(response)}).status_code == 302


def test_a_review_of_another_partner_orders_nothing(browser, url, client_of, stranger, agent, in_cart):
    theirs = CustomerFactory(partner=stranger.partner)
    add_to_cart(theirs.tenant_id, in_cart.public_id, 1, actor=stranger)
    response = browser.post(url, {"reviewed": reviewed_now(stranger, theirs).signed()})
    assert response.status_code == 409
    assert "The cart was changed or ordered after this review was shown" in words(response)
    assert theirs.company_name not in words(response)
    assert not Order.objects.exists()
    their_url = reverse("orders:review", args=[theirs.tenant_id])
    assert browser.post(their_url, {"reviewed": shown_by(response)}).status_code == 404
    assert CartLine.objects.count() == 2


@pytest.mark.parametrize("typed", ["购" * 10_000, "주문" * 5_000, '"><script>' * 1_000, "\u202e" + "x" * 60])
def test_a_purchase_order_number_that_is_too_long_is_kept_for_correction(browser, url, in_cart, typed):
    shown = shown_by(browser.get(url))
    response = browser.post(url, {"reviewed": shown, "purchase_order_number": typed})
    assert "This is too long: give at most 50 characters." in words(response)
    kept = re.search(r'name="purchase_order_number" value="([^"]*)"', response.content.decode())[1]
    assert len(kept) >= len(typed)
    assert "<script>" not in kept
    nothing_done()


def test_fifty_chinese_characters_are_a_purchase_order_number(browser, url, in_cart):
    browser.post(url, {"reviewed": shown_by(browser.get(url)), "purchase_order_number": "购" * 50})
    order = Order.objects.get()
    assert order.purchase_order_number == "购" * 50
    assert "购" * 50 in words(browser.get(order.get_absolute_url()))


@pytest.mark.parametrize("typed", ["0", "-1", "1000000000", "ten", "1.5", "1e3", "٣", "9" * 10_000])
def test_a_quantity_that_is_none_is_told_and_kept(browser, customer, in_cart, typed):
    cart_url = reverse("orders:cart", args=[customer.tenant_id])
    response = browser.post(cart_url, {f"quantity-{in_cart.public_id}": typed, "then": "review"})
    assert response.status_code == 200
    assert re.search(r"A line holds at (least 1 unit|most 10,000 units)|Give the quantity as a whole", words(response))
    assert f'value="{typed}"' in source_of(response)
    nothing_done()
