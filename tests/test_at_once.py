"""Two at the same moment: what the locks of buying and granting promise (B4, B5, K4)."""

from functools import partial

import pytest
import time_machine

from activity.models import Action, Event
from orders.billing.models import Entry
from orders.models import Cart, Order, OrderLine
from orders.services import add_to_cart, place_order
from software.models import KeyStatus, ProductKey, SoftwarePurchase
from software.services import grant_link
from tests.factories import CustomerFactory, buy_line, make_build, make_link, make_sku, reviewed_now
from tests.helpers import in_threads

pytestmark = pytest.mark.django_db(transaction=True)


def ready_cart(actor, customer, sku):
    """Put one unit into the actor's cart; answers how to order it."""
    add_to_cart(customer.tenant_id, sku.public_id, 1, actor=actor)
    return partial(place_order, customer.tenant_id, reviewed=reviewed_now(actor, customer), actor=actor)


def test_a_double_click_makes_one_order_and_one_charge(agent, customer):
    order_it = ready_cart(agent, customer, make_sku(keys=2))
    first, second = in_threads(order_it, order_it)
    assert first == second == Order.objects.get()
    assert OrderLine.objects.count() == SoftwarePurchase.objects.count() == Entry.objects.count() == 1
    assert ProductKey.objects.filter(status=KeyStatus.AVAILABLE).count() == 1
    assert Event.objects.filter(action=Action.ORDER_PLACED).count() == 1
    assert not Event.objects.filter(action=Action.ORDER_REFUSED).exists()


def test_two_that_add_the_same_product_at_once_make_one_line_of_both(agent, customer):
    sku = make_sku()
    add = partial(add_to_cart, customer.tenant_id, sku.public_id, actor=agent)
    add(1)
    in_threads(partial(add, 2), partial(add, 3))
    assert Cart.objects.get().lines.get().quantity == 6


def test_of_two_orders_for_the_last_key_one_gets_it_and_the_other_waits(agent, customer, partner):
    sku = make_sku(keys=1)
    others = CustomerFactory(partner=partner)
    orders = in_threads(ready_cart(agent, customer, sku), ready_cart(agent, others, sku))
    purchases = SoftwarePurchase.objects.filter(order_line__order__in=orders)
    assert sorted(purchase.key_state for purchase in purchases) == ["allotted", "pending"]
    assert ProductKey.objects.get().purchase.key_state == "allotted"
    assert Event.objects.filter(action=Action.KEYS_ALLOTTED).count() == 1
    assert Event.objects.filter(action=Action.KEYS_PENDING).count() == 1


def test_two_who_renew_at_once_make_one_renewal(agent, customer):
    with time_machine.travel("2020-01-24T12:00:00Z"):
        link = make_link(agent, buy_line(agent, customer, make_sku(keys=1)).purchase)
    with time_machine.travel("2020-02-07T13:00:00Z"):
        renew = partial(grant_link, link.purchase.public_id, link.build.public_id, grant_seen=1, actor=agent)
        shown = in_threads(renew, renew)
    assert [(granted.link.pk, granted.link.grant_number) for granted in shown] == [(link.pk, 2)] * 2
    assert sorted(granted.overtaken for granted in shown) == [False, True]
    link.refresh_from_db()
    assert (link.grant_number, link.used) == (2, 0)
    assert Event.objects.filter(action=Action.LINK_RENEWED).count() == 1


def test_two_who_ask_for_a_first_link_at_once_get_the_same(agent, customer):
    purchase = buy_line(agent, customer, make_sku(keys=1)).purchase
    build = make_build(purchase.sku.product)
    ask = partial(grant_link, purchase.public_id, build.public_id, grant_seen=0, actor=agent)
    first, *others = in_threads(*[ask] * 4)
    assert {granted.link for granted in (first, *others)} == {purchase.links.get()}
    assert Event.objects.filter(action=Action.LINK_GRANTED).count() == 1
