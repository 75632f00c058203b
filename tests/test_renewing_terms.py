"""Renew puts what is left of a purchase into the cart for a new term; nothing renews by itself (B6)."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.urls import reverse

from activity.models import Action, Event
from csp_portal.accounts.permissions import Role
from csp_portal.errors import Refusal
from orders.models import CartLine, Order
from orders.services import remove_from_cart, renew_purchase
from software.models import DownloadLink, Kind, MarketRestriction, Price, SoftwarePurchase
from software.services import grant_link
from software.tasks import expire_links
from tests.factories import CustomerFactory, UserFactory, buy_line, make_build, make_link, make_sku, place
from tests.helpers import cancel, in_threads, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(clock, agent, customer):
    """Two bought at 2020-01-24 12:00 UTC for a year: the term ends on 2021-01-24."""
    return buy_line(agent, customer, make_sku(keys=9, title="Windows Server Standard - 1 year"), 2)


@pytest.fixture
def software_page(client_of, agent, customer):
    """The words of the Software tab, opened at a line."""

    def see(line, user=agent):
        page = reverse("cancellations:software", args=[customer.tenant_id])
        return words_of(client_of(user).get(f"{page}?sku={line.purchase.sku.public_id}"))

    return see


@pytest.fixture
def order_page(client_of, agent):
    return lambda line, user=agent: words_of(client_of(user).get(line.order.get_absolute_url()))


def renew_url(line):
    return reverse("orders:renew", args=[line.order.customer.tenant_id, line.purchase.public_id])


def in_cart():
    return list(CartLine.objects.values_list("sku", "quantity"))


# The button


def test_renew_leads_to_a_cart_with_the_same_product_and_quantity_and_orders_nothing(
    clock, client_of, agent, customer, line
):
    clock.set("2021-01-20T12:00:00Z")
    response = client_of(agent).post(renew_url(line), follow=True)
    assert response.redirect_chain == [(reverse("orders:cart", args=[customer.tenant_id]), 302)]
    told = "The cart holds 2 × Windows Server Standard - 1 year for a new term. Nothing is ordered yet."
    assert told in words_of(response)
    assert in_cart() == [(line.purchase.sku_id, 2)]
    assert Order.objects.count() == 1


def test_what_is_ordered_then_has_a_term_and_a_window_of_its_own(clock, agent, customer, line):
    clock.set("2021-01-20T12:00:00Z")
    renew_purchase(line.purchase.public_id, actor=agent)
    renewed = place(agent, customer).lines.get()
    assert renewed.purchase != line.purchase
    assert str(renewed.purchase.term_start) == "2021-01-20"
    assert str(renewed.purchase.term_end) == "2022-01-20"
    assert str(renewed.last_cancel_day) == "2021-03-21"
    before = SoftwarePurchase.objects.get(pk=line.purchase.pk)
    assert str(before.term_end) == "2021-01-24"


def test_pressed_again_it_changes_nothing_while_the_line_stands_in_the_cart(clock, agent, customer, line):
    clock.set("2021-01-20T12:00:00Z")
    assert [renew_purchase(line.purchase.public_id, actor=agent).quantity for _press in range(2)] == [2, 2]
    remove_from_cart(customer.tenant_id, line.purchase.sku.public_id, actor=agent)
    assert renew_purchase(line.purchase.public_id, actor=agent).quantity == 2


@pytest.mark.django_db(transaction=True)
def test_pressed_twice_at_once_it_is_one_renewal(agent, customer):
    line = buy_line(agent, customer, make_sku(keys=2), 2)
    works = [lambda: renew_purchase(line.purchase.public_id, actor=agent).quantity] * 4
    assert in_threads(*works) == [2, 2, 2, 2]
    assert in_cart() == [(line.purchase.sku_id, 2)]


def test_two_purchases_of_one_product_are_renewed_together(clock, agent, customer, line):
    other = buy_line(agent, customer, line.purchase.sku, 3)
    for each in (line, other):
        renew_purchase(each.purchase.public_id, actor=agent)
    assert in_cart() == [(line.purchase.sku_id, 5)]


def test_what_is_left_of_it_is_renewed_not_what_was_cancelled(clock, agent, line):
    line.quantity_cancelled = 1
    line.save(update_fields=["quantity_cancelled"])
    assert renew_purchase(line.purchase.public_id, actor=agent).quantity == 1


def test_a_cancelled_purchase_and_one_without_a_term_are_not_renewed(clock, client_of, agent, customer, line):
    cancel(line, agent)
    forever = buy_line(agent, customer, make_sku(kind=Kind.PERPETUAL, keys=1))
    for each in (line, forever):
        with pytest.raises(Refusal) as refused:
            renew_purchase(each.purchase.public_id, actor=agent)
        assert refused.value.code == "nothing_to_renew"
        assert "cannot be renewed" in words_of(client_of(agent).post(renew_url(each)))
    assert Event.objects.filter(action=Action.ORDER_REFUSED).count() == 4
    assert in_cart() == []


def test_who_may_not_buy_renews_nothing_and_a_stranger_finds_nothing(client_of, partner, stranger, line):
    auditor = UserFactory(partner=partner, roles=[Role.AUDITOR])
    assert client_of(auditor).post(renew_url(line)).status_code == 403
    with pytest.raises(Refusal, match="Only these roles may buy"):
        renew_purchase(line.purchase.public_id, actor=auditor)
    assert client_of(stranger).post(renew_url(line)).status_code == 404
    with pytest.raises(SoftwarePurchase.DoesNotExist):
        renew_purchase(line.purchase.public_id, actor=stranger)
    assert in_cart() == []


def test_a_purchase_is_renewed_below_its_own_customer_only(client_of, agent, line):
    other = CustomerFactory(partner=agent.partner)
    address = reverse("orders:renew", args=[other.tenant_id, line.purchase.public_id])
    assert client_of(agent).post(address).status_code == 404
    assert in_cart() == []


def test_a_global_admin_may_renew(client_of, global_admin, line):
    assert client_of(global_admin).post(renew_url(line)).status_code == 302
    assert in_cart() == [(line.purchase.sku_id, 2)]


# Where it stands


@pytest.mark.parametrize(
    ("now", "told", "offered"),
    [
        ("2020-10-25T23:59:59Z", "term ends on 24 January 2021 (UTC)", False),
        ("2020-10-26T00:00:00Z", "term ends on 24 January 2021 (UTC) ends in 90 days", True),
        ("2021-01-23T23:59:59Z", "term ends on 24 January 2021 (UTC) ends in 1 day", True),
        ("2021-01-24T00:00:00Z", "term ended on 24 January 2021 (UTC)", True),
    ],
)
def test_both_pages_say_when_the_term_ends_and_offer_to_renew_it(
    clock, client_of, agent, software_page, order_page, line, now, told, offered
):
    clock.set(now)
    for page in (software_page(line), order_page(line)):
        assert told in page
    button = f'action="{renew_url(line)}"'
    assert (button in client_of(agent).get(line.order.get_absolute_url()).content.decode()) == offered


def test_what_is_sold_no_longer_cannot_be_renewed_and_says_why(
    clock, client_of, agent, software_page, order_page, line
):
    Price.objects.update(effective_end=datetime(2021, 1, 1, tzinfo=UTC))
    clock.set("2021-01-20T12:00:00Z")
    reason = "Windows Server Standard - 1 year has no price in force for 2 in United States in USD."
    for page in (software_page(line), order_page(line)):
        assert f"Renew Not available. Why? {reason}" in page
    assert renew_url(line) not in client_of(agent).get(line.order.get_absolute_url()).content.decode()
    with pytest.raises(Refusal) as refused:
        renew_purchase(line.purchase.public_id, actor=agent)
    assert refused.value.code == "not_priced_in_market"
    assert in_cart() == []


def test_a_quantity_that_no_tier_holds_cannot_be_renewed(clock, software_page, line):
    Price.objects.update(tier_min=3)
    clock.set("2021-01-20T12:00:00Z")
    assert "has no price in force for 2" in software_page(line)
    Price.objects.update(tier_min=1, tier_max=2, unit_price=Decimal(1))
    assert "has no price in force" not in software_page(line)


def test_a_reservation_is_not_renewed_once_its_market_is_restricted(clock, agent, customer, software_page, line):
    reservation = buy_line(agent, customer, make_sku(kind=Kind.RESERVATION))
    MarketRestriction.objects.create(market="US", valid_from="2020-06-01")
    clock.set("2021-01-20T12:00:00Z")
    assert "Azure reservations are not sold to customers in United States." in software_page(reservation)
    assert "Azure reservations are not sold" not in software_page(line)


def test_a_cancelled_line_says_nothing_of_its_term_and_offers_nothing(clock, client_of, agent, software_page, line):
    cancel(line, agent)
    clock.set("2021-01-20T12:00:00Z")
    assert "term ends on" not in software_page(line)
    assert renew_url(line) not in client_of(agent).get(line.order.get_absolute_url()).content.decode()


# Ended


def test_an_ended_purchase_is_listed_as_ended_with_no_new_link_and_its_links_revoked(
    clock, client_of, agent, customer, software_page, order_page, line
):
    clock.set("2021-01-20T12:00:00Z")
    build = make_build(line.purchase.sku.product)
    link = make_link(agent, line.purchase, build)
    clock.set("2021-01-24T00:00:00Z")
    expire_links()
    assert DownloadLink.objects.get(pk=link.pk).revoked_at is not None
    with pytest.raises(Refusal) as refused:
        grant_link(line.purchase.public_id, build.public_id, grant_seen=0, actor=agent)
    assert refused.value.code == "term_over"
    listed = words_of(client_of(agent).get(reverse("cancellations:software", args=[customer.tenant_id])))
    assert "ended the term ended on 24 January 2021 (UTC)" in listed
    assert "ended" in order_page(line)
    assert "Renew" in software_page(line)
