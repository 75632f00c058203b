"""Placing orders: B4, B5."""

from decimal import Decimal

import pytest

from activity.models import Action, Event
from csp_portal.errors import Refusal
from customers.models import Customer
from orders.billing.models import Entry
from orders.models import Cart, Order, OrderLine
from orders.services import add_to_cart, place_order
from software.models import KeyState, Kind, ProductKey, SoftwarePurchase
from software.services import fill_pending
from tests.factories import CustomerFactory, add_keys, buy, buy_line, make_sku, place, reviewed_now

pytestmark = pytest.mark.django_db


def test_an_order_makes_a_purchase_with_its_window_key_and_charge(clock, agent, customer):
    clock.set("2020-01-24T23:59:59Z")
    line = buy_line(agent, customer, make_sku("1200.00", keys=1), quantity=2)
    assert (line.net, line.tax, line.gross) == (Decimal(2400), Decimal(0), Decimal(2400))
    assert line.window_closes_at.isoformat() == "2020-03-25T00:00:00+00:00"
    assert str(line.last_cancel_day) == "2020-03-24"
    assert (line.policy_version.policy, line.policy_version.version) == ("self_service", 1)
    assert line.purchase.key_state == KeyState.ALLOTTED
    assert line.purchase.keys.count() == 1
    entry = Entry.objects.get()
    assert (entry.gross, str(entry.month), entry.account.currency) == (Decimal(2400), "2020-01-01", "USD")
    assert Event.objects.filter(action=Action.ORDER_PLACED, order_number=line.order.number).count() == 1


def test_the_same_key_again_answers_the_same_order(agent, customer):
    add_to_cart(customer.tenant_id, make_sku(keys=1).public_id, 1, actor=agent)
    reviewed = reviewed_now(agent, customer)
    first = place_order(customer.tenant_id, reviewed=reviewed, actor=agent)
    assert place_order(customer.tenant_id, reviewed=reviewed, actor=agent) == first
    assert Order.objects.count() == OrderLine.objects.count() == Entry.objects.count() == 1


def test_a_line_is_filled_wholly_or_waits(agent, customer):
    sku = make_sku(key_issue="per_unit", keys=2)
    line = buy_line(agent, customer, sku, quantity=3)
    assert line.purchase.key_state == KeyState.PENDING
    assert ProductKey.objects.filter(status="available").count() == 2
    assert Event.objects.filter(action=Action.KEYS_PENDING).count() == 1


def test_a_new_line_waits_behind_older_ones_of_its_pool(agent, customer):
    sku = make_sku(key_issue="per_unit", keys=2)
    buy_line(agent, customer, sku, quantity=3)
    assert buy_line(agent, customer, sku, quantity=1).purchase.key_state == KeyState.PENDING


def test_a_stale_review_orders_nothing(agent, customer):
    sku = make_sku(keys=2)
    add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    reviewed = reviewed_now(agent, customer)
    add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    with pytest.raises(Refusal) as refused:
        place_order(customer.tenant_id, reviewed=reviewed, actor=agent)
    assert refused.value.code == "cart_changed"
    assert not Order.objects.exists()
    assert Event.objects.filter(action=Action.ORDER_REFUSED, details__reason="cart_changed").count() == 1


def test_never_cancellable_needs_its_own_tick(agent, customer):
    sku = make_sku(kind=Kind.LINUX_PLAN, cancellation_policy="never")
    add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    with pytest.raises(Refusal) as refused:
        place(agent, customer)
    assert refused.value.code == "never_cancellable_not_accepted"
    assert not SoftwarePurchase.objects.exists()
    order = place(agent, customer, never_accepted=[sku.public_id])
    line = order.lines.get()
    assert line.window_closes_at is None


@pytest.mark.parametrize(("market", "currency"), [("CN", "CNY"), ("GL", "DKK")])
def test_reservations_are_refused_in_restricted_markets_although_priced(agent, partner, market, currency):
    customer = CustomerFactory(partner=partner, market=market, currency=currency)
    sku = make_sku(kind=Kind.RESERVATION, market=market, currency=currency, cancellation_policy="support_only")
    with pytest.raises(Refusal) as refused:
        add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    assert refused.value.code == "reservation_not_sold_in_market"
    Cart.objects.create(customer=customer, user=agent).lines.create(sku=sku, quantity=1)  # past the first gate
    with pytest.raises(Refusal) as refused:
        place(agent, customer)
    assert refused.value.code == "reservation_not_sold_in_market"
    assert not Order.objects.exists()


def test_several_lines_are_charged_line_by_line(agent, customer):
    order = buy(agent, customer, make_sku("10.00"), make_sku("20.00"), quantity=3)
    assert [line.gross for line in order.lines.all()] == [Decimal(30), Decimal(60)]
    assert Entry.objects.filter(order_line__order=order).count() == 2


def test_keys_that_arrive_fill_what_waits(agent, customer):
    sku = make_sku()
    line = buy_line(agent, customer, sku)
    add_keys(sku, 1)
    assert fill_pending(sku.pk, actor=agent) == 1
    line.purchase.refresh_from_db()
    assert line.purchase.key_state == KeyState.ALLOTTED


def test_to_a_stranger_the_customer_does_not_exist(agent, stranger, customer):
    sku = make_sku(keys=1)
    add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    reviewed = reviewed_now(agent, customer)
    with pytest.raises(Customer.DoesNotExist):
        place_order(customer.tenant_id, reviewed=reviewed, actor=stranger)
    with pytest.raises(Customer.DoesNotExist):
        add_to_cart(customer.tenant_id, sku.public_id, 1, actor=stranger)
    assert not Order.objects.exists()
    assert Cart.objects.count() == 1
