"""Looking back at orders: B4, B5, C2, R4."""

import pytest
from django.urls import reverse
from django.utils import timezone

from csp_portal.accounts.permissions import Role
from csp_portal.calendar_utc import utc_day
from orders.billing.services import post_due_credits
from orders.models import Order, OrderState
from software.models import Kind, TaxRate
from tests.factories import CustomerFactory, UserFactory, buy, buy_line, make_sku
from tests.helpers import cancel, source_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def read(client_of, agent):
    """A page as the agent reads it, its white space evened out."""

    def page(url, user=agent):
        response = client_of(user).get(url)
        assert response.status_code == 200
        return source_of(response)

    return page


def _state(order):
    return Order.objects.with_summary(utc_day(timezone.now())).get(pk=order.pk).state


def test_an_order_shows_its_money_by_line_with_tax_labels_and_who_placed_it(clock, read, agent, partner):
    TaxRate.objects.create(market="DE", name="VAT", rate="0.19", included_in_price=False, valid_from="2007-01-01")
    customer = CustomerFactory(partner=partner, market="DE", currency="EUR")
    order = buy_line(agent, customer, make_sku("100.00", market="DE", currency="EUR"), quantity=2).order
    page = read(order.get_absolute_url())
    assert f"Placed by {agent.name}" in page
    assert "payment: on account" in page
    assert "24 Jan 2020, 12:00 UTC" in page
    assert '100.00 EUR</span> <span class="tax-label">excl. tax' in page
    assert "38.00 EUR" in page
    assert '238.00 EUR</span> <span class="tax-label">incl. tax' in page


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ("2020-03-14T12:00:00Z", "10 days left"),
        ("2020-03-24T23:59:59Z", "today is the last day"),
        ("2020-03-25T00:00:00Z", "could be cancelled until the end of"),
    ],
)
def test_a_line_s_window_is_told_in_words(clock, read, agent, customer, now, words):
    order = buy_line(agent, customer, make_sku()).order
    clock.set(now)
    page = read(order.get_absolute_url())
    assert words in page
    assert "24 March 2020 (UTC)" in page


def test_what_self_service_cannot_cancel_is_told_in_words(clock, read, agent, customer):
    suse = make_sku(kind=Kind.LINUX_PLAN, cancellation_policy="never")
    reserved = make_sku(kind=Kind.RESERVATION, cancellation_policy="support_only")
    page = read(buy(agent, customer, suse, reserved).get_absolute_url())
    assert '<div class="window"> never </div>' in page
    assert "only by support request" in page


def test_keys_that_wait_and_what_has_none_is_told(read, agent, customer):
    page = read(buy(agent, customer, make_sku(), make_sku(kind=Kind.LINUX_PLAN)).get_absolute_url())
    assert "keys pending" in page
    assert "no keys" in page


def test_a_credit_is_to_be_posted_until_its_entry_stands(clock, read, agent, customer):
    line = buy_line(agent, customer, make_sku("1200.00"))
    clock.set("2020-02-02T12:00:00Z")
    cancel(line, agent)
    page = read(line.order.get_absolute_url())
    assert "-1,167.21 USD" in page
    assert "to be posted" in page
    assert f"Cancelled by {agent.email}" in page
    post_due_credits()
    page = read(line.order.get_absolute_url())
    assert "-1,167.21 USD" in page
    assert "to be posted" not in page
    assert "February 2020</time>, not issued yet" in page


def test_the_state_of_an_order_follows_from_its_lines(agent, customer):
    first, second = make_sku(keys=1), make_sku(keys=1)
    order = buy(agent, customer, first, second)
    assert _state(order) == OrderState.ACTIVE
    one, other = order.lines.all()
    cancel(one, agent)
    assert _state(order) == OrderState.PARTLY_CANCELLED
    cancel(other, agent)
    assert _state(order) == OrderState.CANCELLED
    assert _state(buy(agent, customer, make_sku())) == OrderState.WAITING


def test_an_order_of_which_units_were_cancelled_is_partly_cancelled(clock, agent, customer):
    parted, whole = make_sku(key_issue="per_unit", keys=3), make_sku(term="P1M", keys=3)
    order = buy(agent, customer, parted, whole, quantity=3)
    line = order.lines.get(purchase__sku=parted)
    cancel(line, agent, 1)
    assert _state(order) == OrderState.PARTLY_CANCELLED
    clock.set("2020-02-24T00:00:00Z")  # the other's term is over
    assert _state(order) == OrderState.PARTLY_CANCELLED
    cancel(line, agent)
    assert _state(order) == OrderState.ENDED


def test_an_order_waits_for_keys_though_units_of_it_were_cancelled(clock, agent, customer):
    line = buy_line(agent, customer, make_sku(key_issue="per_unit"), quantity=3)
    cancel(line, agent, 1)
    assert _state(line.order) == OrderState.WAITING


def test_an_order_whose_terms_are_over_is_ended(clock, agent, customer):
    monthly, yearly = make_sku(term="P1M", keys=2), make_sku(keys=2)
    short, both = buy(agent, customer, monthly), buy(agent, customer, monthly, yearly)
    clock.set("2020-02-23T23:59:59Z")
    assert (_state(short), _state(both)) == (OrderState.ACTIVE, OrderState.ACTIVE)
    clock.set("2020-02-24T00:00:00Z")
    assert (_state(short), _state(both)) == (OrderState.ENDED, OrderState.PARTLY_ENDED)
    cancel(both.lines.get(purchase__sku=yearly), agent)
    assert _state(both) == OrderState.ENDED


def test_what_was_cancelled_tells_more_than_what_has_ended(clock, agent, customer):
    monthly, yearly, perpetual = make_sku(term="P1M", keys=1), make_sku(keys=1), make_sku(kind=Kind.PERPETUAL, keys=1)
    order = buy(agent, customer, monthly, yearly, perpetual)
    cancel(order.lines.get(purchase__sku=yearly), agent)
    clock.set("2020-02-24T00:00:00Z")
    assert _state(order) == OrderState.PARTLY_CANCELLED


def test_a_line_that_ended_without_its_keys_keeps_no_order_waiting(clock, read, agent, customer):
    order = buy(agent, customer, make_sku(term="P1M"))
    assert _state(order) == OrderState.WAITING
    clock.set("2020-02-24T00:00:00Z")
    assert _state(order) == OrderState.ENDED
    assert 'status-dot"></span>ended</span>' in read(order.get_absolute_url())


def test_the_lists_show_number_customer_lines_and_gross_newest_first(clock, read, agent, partner, customer):
    older = buy(agent, customer, make_sku("10.00"), make_sku("20.00"))
    clock.set("2020-01-25T12:00:00Z")
    other_customer = CustomerFactory(partner=partner)
    newer = buy(agent, other_customer, make_sku())
    page = read(reverse("orders:list"))
    assert page.index(newer.number) < page.index(older.number)
    assert '<td class="text-end" data-label="Lines">2</td>' in page
    assert '30.00 USD</span> <span class="tax-label">incl. tax' in page
    history = read(reverse("orders:history", args=[customer.tenant_id]))
    assert older.number in history
    assert newer.number not in history


def test_before_the_first_order_the_lists_offer_the_first_step(read, customer):
    assert reverse("customers:list") in read(reverse("orders:list"))
    history = read(reverse("orders:history", args=[customer.tenant_id]))
    assert "No orders yet" in history
    assert reverse("orders:add", args=[customer.tenant_id]) in history


def test_who_may_not_get_keys_meets_the_next_step_with_its_reason(read, agent, global_admin, customer):
    order = buy_line(agent, customer, make_sku()).order
    assert "Only these roles may see keys and downloads: Admin agent." in read(order.get_absolute_url(), global_admin)


def test_an_order_without_keys_and_downloads_does_not_offer_them(read, agent, customer):
    order = buy(agent, customer, make_sku(kind=Kind.LINUX_PLAN))
    assert "Get keys and downloads" not in read(order.get_absolute_url())


def test_a_stranger_finds_no_order(client_of, stranger, agent, customer):
    order = buy_line(agent, customer, make_sku()).order
    browser = client_of(stranger)
    assert browser.get(order.get_absolute_url()).status_code == 404
    assert order.number not in browser.get(reverse("orders:list")).content.decode()
    assert browser.get("/orders/0000000000/").status_code == 404


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.OPERATOR_ADMIN])
def test_who_may_not_see_orders_is_refused(client_of, partner, agent, customer, role):
    order = buy_line(agent, customer, make_sku()).order
    browser = client_of(UserFactory(partner=partner, roles=[role]))
    for url in (order.get_absolute_url(), reverse("orders:list")):
        assert browser.get(url).status_code == 403
