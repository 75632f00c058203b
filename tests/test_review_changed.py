"""A review binds: what is not as it was shown orders nothing and is shown anew, with what changed (B4)."""

import csv
import re
import threading
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial

import pytest
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from activity.models import Action, Event
from activity.services import Actor
from csp_portal.money import format_money
from customers.models import Customer
from orders.billing.models import Entry
from orders.models import CartLine, Order
from orders.services import add_to_cart, place_order
from software.models import Kind, MarketRestriction, PolicyVersion, Price, SoftwarePurchase, TaxRate
from software.services import import_price_list
from tests.factories import CustomerFactory, PriceFactory, make_sku, reviewed_now
from tests.helpers import in_threads, source_of, until_somebody_waits, words_of

pytestmark = pytest.mark.django_db
PRICES = settings.BASE_DIR / "software" / "data" / "software_price_list.csv"
OPERATOR = Actor.system("test")
CHANGED = "What changed since the review was shown"


class Buyer:
    """Somebody who looks at the review in a browser and presses *Place order* later."""

    def __init__(self, browser, customer):
        self.browser, self.customer = browser, customer
        self.url = reverse("orders:review", args=[customer.tenant_id])
        self.shown = None
        self.look()

    def look(self):
        self.keep(self.browser.get(self.url))

    def keep(self, response):
        """Take what the page's form carries."""
        self.shown = re.search(r'name="reviewed" value="([^"]+)"', response.content.decode())[1]

    def press(self, **more):
        """Place the order; what is shown instead is the review that the next press answers."""
        response = self.browser.post(self.url, {"reviewed": self.shown, "purchase_order_number": "PO-17", **more})
        if response.status_code != 302:
            self.keep(response)
        return response


@pytest.fixture
def buyer(client_of, agent):
    """Makes a buyer for what lies in the agent's cart."""
    return lambda customer: Buyer(client_of(agent), customer)


def refused(buyer, reason="review_changed", **more):
    """The press ordered nothing, says what changed and keeps what was typed; answers the page's words."""
    lines = CartLine.objects.count()
    response = buyer.press(**more)
    assert response.status_code == 409
    assert not Order.objects.exists()
    assert not SoftwarePurchase.objects.exists()
    assert not Entry.objects.exists()
    assert CartLine.objects.count() == lines
    assert Event.objects.filter(action=Action.ORDER_REFUSED, details__reason=reason).count() == 1
    assert 'value="PO-17"' in source_of(response)
    words = words_of(response).replace("\N{NO-BREAK SPACE}", " ")
    assert CHANGED in words
    return words


def then_orders(buyer, **more):
    """The new review, which has been seen by now, places the order."""
    assert buyer.press(**more).status_code == 302
    return Order.objects.get()


def test_a_price_list_loaded_in_between(clock, tmp_path, buyer, agent, customer):
    import_price_list(PRICES, actor=OPERATOR)
    in_the_us = Price.objects.filter(market="US", tier_min=1, tier_max=None, sku__product__kind="subscription")
    price = in_the_us.select_related("sku")[0]
    add_to_cart(customer.tenant_id, price.sku.public_id, 2, actor=agent)
    waiting = buyer(customer)
    with PRICES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["UnitPrice"] = str(Decimal(row["UnitPrice"]) + 50)
    path = tmp_path / "prices.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    import_price_list(path, actor=OPERATOR)
    words = refused(waiting)
    before, now = (
        format_money(amount, "USD").replace("\N{NO-BREAK SPACE}", " ")
        for amount in (price.unit_price, price.unit_price + 50)
    )
    assert "This has changed since the review was shown: prices. Nothing has been ordered." in words
    assert f"{price.sku.title} Price per unit {before} excl. tax {now} excl. tax" in words
    assert then_orders(waiting).lines.get().net == 2 * (price.unit_price + 50)


def test_a_tax_rate_that_counts_from_today(clock, buyer, agent, partner):
    rate = partial(TaxRate.objects.create, market="DE", name="VAT", included_in_price=False)
    rate(rate="0.19", valid_from="2007-01-01")
    rate(rate="0.16", valid_from="2020-01-25")
    customer = CustomerFactory(partner=partner, market="DE", currency="EUR")
    sku = make_sku("100.00", market="DE", currency="EUR", kind=Kind.PERPETUAL, cancellation_policy="support_only")
    add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    clock.set("2020-01-24T23:59:59Z")
    waiting = buyer(customer)
    clock.set("2020-01-25T00:00:00Z")
    words = refused(waiting)
    assert "This has changed since the review was shown: tax." in words
    assert f"{sku.title} Tax VAT, 19 %, added to the price VAT, 16 %, added to the price" in words
    assert "Total 119.00 EUR incl. tax 116.00 EUR incl. tax" in words
    assert then_orders(waiting).lines.get().gross == 116


def test_a_new_version_of_the_policy(clock, buyer, agent, customer):
    sku = make_sku()
    add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    waiting = buyer(customer)
    PolicyVersion.objects.create(policy="self_service", version=2, window_days=60, valid_from="2020-01-24")
    words = refused(waiting)
    assert "This has changed since the review was shown: cancellation terms." in words
    assert "terms, version 1 can be cancelled until the end of 24 March 2020 (UTC) terms, version 2" in words
    assert then_orders(waiting).lines.get().policy_version.version == 2


def test_a_policy_that_becomes_never_asks_for_its_tick_and_says_why(clock, buyer, agent, customer):
    sku = make_sku(kind=Kind.LINUX_PLAN, title="SUSE Server")
    add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    waiting = buyer(customer)
    type(sku).objects.update(cancellation_policy="never")
    response = waiting.press()
    words = words_of(response)
    assert CHANGED in words
    assert "can be cancelled until the end of 24 March 2020 (UTC)" in words
    assert "Tick the box for SUSE Server, or take it out of the cart." in words
    assert not Order.objects.exists()
    assert then_orders(waiting, **{f"never-{sku.public_id}": "on"}).lines.get().policy == "never"


def test_the_last_day_to_cancel_moves_at_midnight_utc(clock, buyer, agent, customer):
    add_to_cart(customer.tenant_id, make_sku().public_id, 1, actor=agent)
    clock.set("2020-01-24T23:59:59Z")
    waiting = buyer(customer)
    clock.set("2020-01-25T00:00:00Z")
    words = refused(waiting)
    assert "until the end of 24 March 2020 (UTC) can be cancelled until the end of 25 March 2020 (UTC)" in words
    assert "Total" not in words[words.index(CHANGED) : words.index("Payment")].split("As it is now")[1].split("Net")[0]
    assert str(then_orders(waiting).lines.get().last_cancel_day) == "2020-03-25"


def test_a_second_before_midnight_is_the_same_day(clock, buyer, agent, customer):
    add_to_cart(customer.tenant_id, make_sku().public_id, 1, actor=agent)
    clock.set("2020-01-24T12:00:00Z")
    waiting = buyer(customer)
    clock.set("2020-01-24T23:59:59Z")
    assert str(then_orders(waiting).lines.get().last_cancel_day) == "2020-03-24"


def test_terms_without_a_day_do_not_change_at_midnight(clock, buyer, agent, customer):
    for policy, kind in (("never", Kind.LINUX_PLAN), ("support_only", Kind.RESERVATION)):
        sku = make_sku(kind=kind, cancellation_policy=policy)
        add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    clock.set("2020-01-24T23:59:59Z")
    waiting = buyer(customer)
    clock.set("2020-01-25T00:00:00Z")
    never = CartLine.objects.get(sku__cancellation_policy="never").sku
    assert then_orders(waiting, **{f"never-{never.public_id}": "on"}).lines.count() == 2


def test_a_restriction_of_the_market_that_starts_at_midnight(clock, buyer, agent, customer):
    MarketRestriction.objects.create(market="US", valid_from="2020-01-25")
    sku = make_sku("500.00", kind=Kind.RESERVATION, cancellation_policy="support_only", title="Reserved VM")
    add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    clock.set("2020-01-24T23:59:59Z")
    waiting = buyer(customer)
    clock.set("2020-01-25T00:00:00Z")
    words = refused(waiting, reason="reservation_not_sold_in_market")
    assert "Azure reservations are not sold to customers in United States." in words
    assert "Reserved VM Price per unit 500.00 USD excl. tax not sold" in words


def test_a_price_that_ended_in_between(clock, buyer, agent, customer):
    add_to_cart(customer.tenant_id, make_sku("500.00", title="Old server").public_id, 1, actor=agent)
    waiting = buyer(customer)
    Price.objects.update(effective_end=datetime(2020, 1, 24, tzinfo=UTC))
    words = refused(waiting, reason="not_priced_in_market")
    assert "Old server Price per unit 500.00 USD excl. tax not sold" in words


def test_the_customers_market_edited_in_between(clock, buyer, agent, partner, customer):
    CustomerFactory(partner=partner, market="DE", currency="EUR")  # a credit limit in euros
    sku = make_sku("1200.00", title="Server")
    PriceFactory(sku=sku, market="DE", currency="EUR", unit_price="1100.00")
    add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    waiting = buyer(customer)
    Customer.objects.filter(pk=customer.pk).update(market="DE", currency="EUR")
    words = refused(waiting)
    assert "the customer's market or currency, prices" in words
    assert "The customer's market United States Germany" in words
    assert "The customer's currency USD EUR" in words
    assert "Server Price per unit 1,200.00 USD excl. tax 1,100.00 EUR excl. tax" in words
    order = then_orders(waiting)
    assert (order.market, order.currency) == ("DE", "EUR")


def test_the_ticks_are_kept(clock, buyer, agent, customer):
    sku = make_sku("920.00", kind=Kind.LINUX_PLAN, cancellation_policy="never")
    add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    waiting = buyer(customer)
    Price.objects.update(unit_price="930.00")
    tick = {f"never-{sku.public_id}": "on"}
    response = waiting.press(**tick)
    assert response.status_code == 409
    assert re.search(rf'name="never-{sku.public_id}"[^>]*checked', source_of(response))


def test_nothing_is_said_to_have_changed_where_nothing_has(buyer, agent, customer):
    sku = make_sku(kind=Kind.LINUX_PLAN, cancellation_policy="never")
    add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    assert CHANGED not in words_of(buyer(customer).press())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_again", range(3))
def test_an_order_is_never_in_another_market_than_its_customer(agent, partner, customer, _again):
    """Whoever edits a customer without orders and whoever orders for it wait for each other."""
    CustomerFactory(partner=partner, market="DE", currency="EUR")
    sku = make_sku("1200.00")
    PriceFactory(sku=sku, market="DE", currency="EUR", unit_price="1100.00")
    add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)

    def edit():
        with transaction.atomic():
            if not Customer.objects.select_for_update().get(pk=customer.pk).orders.exists():
                Customer.objects.filter(pk=customer.pk).update(market="DE", currency="EUR")

    order_it = partial(place_order, customer.tenant_id, reviewed=reviewed_now(agent, customer), actor=agent)
    in_threads(order_it, edit)
    customer.refresh_from_db()
    for order in Order.objects.all():
        assert (order.market, order.currency) == (customer.market, customer.currency)


@pytest.mark.django_db(transaction=True)
def test_an_order_waits_for_whoever_is_editing_the_customer(agent, partner, customer):
    CustomerFactory(partner=partner, market="DE", currency="EUR")
    sku = make_sku("1200.00")
    PriceFactory(sku=sku, market="DE", currency="EUR", unit_price="1100.00")
    add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    order_it = partial(place_order, customer.tenant_id, reviewed=reviewed_now(agent, customer), actor=agent)
    edited = threading.Event()

    def edit():
        with transaction.atomic():
            Customer.objects.select_for_update().get(pk=customer.pk)
            Customer.objects.filter(pk=customer.pk).update(market="DE", currency="EUR")
            edited.set()
            until_somebody_waits()

    def order_after_the_edit_began():
        edited.wait()
        return order_it()

    assert in_threads(edit, order_after_the_edit_began)[1] == "review_changed"
    assert not Order.objects.exists()
