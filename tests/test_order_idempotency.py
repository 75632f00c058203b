"""One review makes one order, however often it is sent; with anything else in it, it is refused (B4)."""

import re
from dataclasses import replace
from functools import partial

import pytest
from django.urls import reverse

from activity.models import Action, Event
from csp_portal.errors import Refusal
from orders.billing.models import Entry
from orders.models import CartLine, Order, PaymentMethod
from orders.services import add_to_cart, place_order, remove_from_cart
from software.models import Kind
from tests.factories import CustomerFactory, UserFactory, buy, make_sku, reviewed_now
from tests.helpers import in_threads, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def filled(agent, customer):
    """A cart with one line that can be cancelled and one that never can; answers what places its order."""
    never = make_sku("920.00", kind=Kind.LINUX_PLAN, cancellation_policy="never")
    for sku in (make_sku("100.00", keys=5), never):
        add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    return {
        "reviewed": reviewed_now(agent, customer),
        "never_accepted": [never.public_id],
        "purchase_order_number": "PO-17",
    }


def order_it(actor, customer, sent):
    return place_order(customer.tenant_id, actor=actor, **sent)


def test_the_order_stores_how_it_is_paid_and_a_digest_of_what_was_asked_for(agent, customer, filled):
    order = order_it(agent, customer, filled)
    assert order.payment_method == PaymentMethod.ON_ACCOUNT
    assert re.fullmatch("[0-9a-f]{64}", order.body_digest)


def test_a_retry_after_the_cart_has_moved_on_answers_the_first_order(agent, customer, filled):
    first = order_it(agent, customer, filled)
    second = buy(agent, customer, make_sku())
    add_to_cart(customer.tenant_id, make_sku().public_id, 1, actor=agent)
    assert order_it(agent, customer, filled) == first != second
    assert Order.objects.count() == 2
    assert CartLine.objects.count() == 1


def test_ticks_in_another_order_are_the_same_body(agent, customer):
    skus = [make_sku(kind=Kind.LINUX_PLAN, cancellation_policy="never") for _sku in range(2)]
    for sku in skus:
        add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    ticks = [sku.public_id for sku in skus]
    sent = {"reviewed": reviewed_now(agent, customer)}
    first = order_it(agent, customer, {**sent, "never_accepted": ticks})
    assert order_it(agent, customer, {**sent, "never_accepted": ticks[::-1]}) == first


def _with_other_lines(reviewed):
    return replace(reviewed, lines=tuple(replace(line, quantity=line.quantity + 1) for line in reviewed.lines))


OTHER_BODIES = {
    "another purchase order number": lambda sent: {**sent, "purchase_order_number": "PO-18"},
    "fewer ticks": lambda sent: {**sent, "never_accepted": []},
    "other quantities": lambda sent: {**sent, "reviewed": _with_other_lines(sent["reviewed"])},
    "fewer lines": lambda sent: {**sent, "reviewed": replace(sent["reviewed"], lines=sent["reviewed"].lines[:1])},
    "another market": lambda sent: {**sent, "reviewed": replace(sent["reviewed"], market="CA")},
}


@pytest.mark.parametrize("change", OTHER_BODIES.values(), ids=OTHER_BODIES)
def test_the_same_key_with_another_body_is_refused(agent, customer, filled, change):
    first = order_it(agent, customer, filled)
    with pytest.raises(Refusal) as refused:
        order_it(agent, customer, change(filled))
    assert (refused.value.code, refused.value.status) == ("idempotency_key_reused", 409)
    assert first.number in refused.value.message
    assert Order.objects.get() == first
    assert Entry.objects.count() == 2
    event = Event.objects.get(action=Action.ORDER_REFUSED)
    assert (event.details["reason"], event.order_number) == ("idempotency_key_reused", first.number)


@pytest.mark.parametrize("change", [OTHER_BODIES["other quantities"], OTHER_BODIES["fewer lines"]])
def test_a_review_of_other_lines_orders_nothing(agent, customer, filled, change):
    with pytest.raises(Refusal) as refused:
        order_it(agent, customer, change(filled))
    assert refused.value.code == "cart_changed"
    assert not Order.objects.exists()


def test_a_cart_that_was_emptied_and_filled_again_needs_a_review_of_its_own(agent, customer):
    sku = make_sku()
    add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    sent = {"reviewed": reviewed_now(agent, customer)}
    remove_from_cart(customer.tenant_id, sku.public_id, actor=agent)
    add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    with pytest.raises(Refusal) as refused:
        order_it(agent, customer, sent)
    assert refused.value.code == "cart_changed"
    assert not Order.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_bodies_at_once_one_is_ordered_and_the_other_refused(agent, customer, filled):
    bodies = [{**filled, "purchase_order_number": f"PO-{number}"} for number in range(4)]
    answers = in_threads(*(partial(order_it, agent, customer, body) for body in bodies))
    assert answers.count("idempotency_key_reused") == 3
    assert Order.objects.get() in answers


@pytest.mark.django_db(transaction=True)
def test_many_retries_at_once_make_one_order(agent, customer, filled):
    answers = in_threads(*[partial(order_it, agent, customer, filled)] * 5)
    assert set(answers) == {Order.objects.get()}
    assert Entry.objects.count() == 2
    assert Event.objects.filter(action=Action.ORDER_PLACED).count() == 1


@pytest.fixture
def page(client_of, agent, customer):
    """The review's address, a browser, and what its form sends."""
    browser, url = client_of(agent), reverse("orders:review", args=[customer.tenant_id])

    def sent(**more):
        shown = re.search(r'name="reviewed" value="([^"]+)"', browser.get(url).content.decode())[1]
        return {"reviewed": shown, **more}

    return browser, url, sent


def test_a_retry_by_the_page_leads_to_the_first_order_whatever_lies_in_the_cart_now(page, agent, customer, filled):
    browser, url, sent = page
    (tick,) = (f"never-{sku_id}" for sku_id in filled["never_accepted"])
    pressed = sent(purchase_order_number="PO-17", **{tick: "on"})
    first = browser.post(url, pressed)
    assert first.status_code == 302
    never = make_sku(kind=Kind.LINUX_PLAN, cancellation_policy="never")  # would ask for a tick of its own
    add_to_cart(customer.tenant_id, never.public_id, 1, actor=agent)
    assert browser.post(url, pressed).url == first.url
    assert Order.objects.count() == CartLine.objects.count() == 1


def test_another_body_by_the_page_is_a_409_that_names_the_order(page, filled):
    browser, url, sent = page
    (tick,) = (f"never-{sku_id}" for sku_id in filled["never_accepted"])
    pressed = sent(purchase_order_number="PO-17", **{tick: "on"})
    browser.post(url, pressed)
    response = browser.post(url, {**pressed, "purchase_order_number": "PO-18"})
    assert response.status_code == 409
    assert f"This review was ordered already, as order {Order.objects.get().number}" in words_of(response)


def test_a_colleagues_key_places_nothing_from_ones_own_cart(agent, partner, customer, filled):
    colleague = UserFactory(partner=partner, roles=["admin_agent"])
    with pytest.raises(Refusal) as refused:
        order_it(colleague, customer, filled)
    assert refused.value.code == "cart_changed"
    assert not Order.objects.exists()


def test_a_key_counts_for_its_own_customer(agent, partner, customer, filled):
    order_it(agent, customer, filled)
    other = CustomerFactory(partner=partner)
    with pytest.raises(Refusal) as refused:
        order_it(agent, other, filled)
    assert refused.value.code == "cart_changed"
    assert Order.objects.count() == 1
