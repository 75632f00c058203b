"""Carts are kept for 30 days after their last change, and then emptied by a job (X6)."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction

from activity.models import Action, ActorKind, Event
from orders.models import Cart, CartLine
from orders.services import add_to_cart, keeping
from orders.tasks import empty_old_carts
from tests.factories import CustomerFactory, make_sku
from tests.helpers import in_threads, words_of

pytestmark = pytest.mark.django_db

CHANGED = "2020-01-24T12:00:00Z"
BEFORE = "2020-02-23T11:59:59Z"
OVER = "2020-02-23T12:00:00Z"


@pytest.fixture
def cart(clock, agent, customer):
    """A cart with two lines, changed on 2020-01-24 at noon."""
    return filled(agent, customer, make_sku(), make_sku())


def filled(agent, customer, *skus):
    for sku in skus:
        add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    return Cart.objects.get(customer=customer, user=agent)


def state():
    emptied = Event.objects.filter(action=Action.CART_EMPTIED).count()
    return list(Cart.objects.order_by("pk").values()), list(CartLine.objects.order_by("pk").values()), emptied


def test_a_cart_stays_a_second_before_30_days_are_over_and_is_emptied_at_that_second(clock, cart):
    before = state()
    clock.set(BEFORE)
    assert empty_old_carts() == 0
    assert state() == before
    clock.set(OVER)
    assert (empty_old_carts(), empty_old_carts()) == (1, 0)
    assert not cart.lines.exists()


def test_a_review_that_was_shown_of_it_has_another_key(clock, cart):
    key = cart.key
    clock.set(OVER)
    empty_old_carts()
    cart.refresh_from_db()
    assert cart.key != key


def test_it_is_logged_in_the_partners_chain(clock, cart, agent, customer, partner):
    clock.set(OVER)
    empty_old_carts()
    row = Event.objects.get(action=Action.CART_EMPTIED)
    assert (row.partner, row.customer_name) == (partner, customer.company_name)
    assert (row.actor_kind, row.actor_name) == (ActorKind.SYSTEM, "system:empty_old_carts")
    assert row.details == {"of": agent.email, "lines": 2, "changed_at": "2020-01-24T12:00:00+00:00"}


def test_a_change_begins_the_30_days_anew(clock, cart, agent, customer):
    clock.set(BEFORE)
    filled(agent, customer, make_sku())
    clock.set(OVER)
    assert empty_old_carts() == 0
    assert cart.lines.count() == 3


def test_the_page_of_an_empty_cart_tells_of_the_30_days(clock, cart, client_of, agent, customer):
    clock.set(OVER)
    empty_old_carts()
    words = words_of(client_of(agent).get(f"/customers/{customer.tenant_id}/cart/"))
    assert "A cart is emptied 30 days after its last change." in words


def test_more_carts_than_a_batch_are_all_emptied(clock, cart, agent, partner, monkeypatch):
    monkeypatch.setattr(keeping, "BATCH", 2)
    for _number in range(4):
        filled(agent, CustomerFactory(partner=partner), make_sku())
    clock.set(OVER)
    assert empty_old_carts() == 5
    assert not CartLine.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_cart_that_somebody_holds_is_passed_over(clock, cart):
    clock.set(OVER)
    before = state()
    with transaction.atomic():
        Cart.objects.select_for_update().get(pk=cart.pk)
        assert in_threads(empty_old_carts) == [0]
    assert state() == before
    assert empty_old_carts() == 1


def test_a_dry_run_says_what_would_go_and_changes_nothing(clock, cart, agent, customer, partner):
    clock.set(OVER)
    before, said = state(), StringIO()
    call_command("empty_old_carts", "--dry-run", stdout=said)
    assert said.getvalue().splitlines() == [
        "Carts last changed 30 days ago or earlier: 1",
        f"{agent.email} for {customer.company_name} of {partner.legal_name}, changed {CHANGED}: lines 2",
        "Nothing was emptied.",
    ]
    assert state() == before


def test_the_command_empties_what_it_tells_of(clock, cart, customer):
    clock.set(OVER)
    said = StringIO()
    call_command("empty_old_carts", stdout=said)
    assert customer.company_name in said.getvalue()
    assert said.getvalue().endswith("Carts that were emptied: 1\n")
    assert not cart.lines.exists()
