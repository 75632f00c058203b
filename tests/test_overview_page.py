"""A customer's overview: U3, M2, M3, C2."""

import pytest
from django.urls import reverse

from csp_portal.accounts.permissions import Role
from orders.services import add_to_cart
from software.models import Kind, TaxRate
from tests.factories import CustomerFactory, UserFactory, buy, buy_line, make_sku
from tests.helpers import cancel, source_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def page_of(client_of, agent):
    """The overview of a customer as the agent reads it, its white space evened out."""

    def read(customer):
        response = client_of(agent).get(customer.get_absolute_url())
        assert response.status_code == 200
        return source_of(response)

    return read


def test_the_profile_and_the_tabs_stand_there(page_of, customer):
    page = page_of(customer)
    assert customer.address_line in page
    assert str(customer.tenant_id) in page
    for tab in ("orders:overview", "cancellations:software", "orders:history"):
        assert f'href="{reverse(tab, args=[customer.tenant_id])}"' in page


def test_a_market_whose_prices_include_tax_says_so_with_name_and_rate(page_of, partner):
    TaxRate.objects.create(market="AU", name="GST", rate="0.1", included_in_price=True, valid_from="2000-07-01")
    assert "prices include tax: GST, 10 %." in page_of(CustomerFactory(partner=partner, market="AU", currency="AUD"))


def test_a_market_whose_prices_exclude_tax_says_so_with_name_and_rate(page_of, partner):
    TaxRate.objects.create(market="DE", name="VAT", rate="0.19", included_in_price=False, valid_from="2007-01-01")
    assert "prices exclude tax: VAT, 19 %, is added." in page_of(
        CustomerFactory(partner=partner, market="DE", currency="EUR")
    )


def test_a_market_without_reservations_says_so_and_why(page_of, partner, customer):
    greenland = page_of(CustomerFactory(partner=partner, market="GL", currency="DKK"))
    assert "Azure reservations are not sold to customers in Greenland." in greenland
    assert "not sold" not in page_of(customer)


def test_open_windows_stand_soonest_first_with_their_days(clock, page_of, agent, customer):
    clock.set("2020-01-24T12:00:00Z")
    buy_line(agent, customer, make_sku(title="Older"))
    clock.set("2020-01-25T12:00:00Z")
    buy_line(agent, customer, make_sku(title="Newer"))
    clock.set("2020-03-24T12:00:00Z")
    page = page_of(customer)
    assert page.index("Older") < page.index("Newer")
    assert "today is the last day" in page
    assert "1 day left" in page
    assert '<time class="text-nowrap" datetime="2020-03-24">24 March 2020 (UTC)</time>' in page


def test_what_is_left_of_a_line_is_what_can_still_be_cancelled(page_of, agent, customer):
    line = buy_line(agent, customer, make_sku(key_issue="none"), quantity=5)
    cancel(line, agent, 2)
    assert f'Order <span class="id">{line.order.number}</span>, quantity 3</div>' in page_of(customer)


def test_a_closed_window_and_one_that_never_opens_are_not_listed(clock, page_of, agent, customer):
    clock.set("2020-01-24T12:00:00Z")
    buy_line(agent, customer, make_sku(title="Closed"))
    buy_line(agent, customer, make_sku(title="Suse", kind=Kind.LINUX_PLAN, cancellation_policy="never"))
    clock.set("2020-03-25T00:00:00Z")
    page = page_of(customer)
    assert "Closed" not in page
    assert "Suse" not in page


def test_the_software_is_counted_by_what_has_become_of_it(page_of, agent, customer):
    buy(agent, customer, make_sku(), make_sku(keys=1), make_sku(kind=Kind.LINUX_PLAN))
    page = page_of(customer)
    assert "<dt>Active purchases</dt><dd>3</dd>" in page
    assert '<dt>Waiting for keys</dt><dd class="is-waiting">1</dd>' in page


def test_what_has_ended_waits_neither_for_keys_nor_for_its_window_to_close(clock, page_of, agent, customer):
    clock.set("2020-01-24T12:00:00Z")
    buy_line(agent, customer, make_sku(title="Monthly", term="P1M"))
    clock.set("2020-02-23T23:59:59Z")
    page = page_of(customer)
    assert "Monthly" in page
    assert '<dt>Waiting for keys</dt><dd class="is-waiting">1</dd>' in page
    clock.set("2020-02-24T00:00:00Z")
    page = page_of(customer)
    assert "Monthly" not in page
    assert "<dt>Waiting for keys</dt><dd>0</dd>" in page


def test_recent_orders_and_the_cart_that_waits_are_linked(page_of, agent, customer):
    order = buy_line(agent, customer, make_sku()).order
    add_to_cart(customer.tenant_id, make_sku().public_id, 1, actor=agent)
    page = page_of(customer)
    assert f'href="{order.get_absolute_url()}"' in page
    assert "Cart, 1 line" in page


def test_the_cart_of_a_colleague_is_not_counted(page_of, global_admin, customer):
    add_to_cart(customer.tenant_id, make_sku().public_id, 1, actor=global_admin)
    assert "Cart, 1 line" not in page_of(customer)


@pytest.mark.parametrize("name", ["orders:overview", "orders:history", "orders:add", "orders:cart", "orders:review"])
def test_a_stranger_finds_no_page_of_the_customer(client_of, stranger, customer, name):
    assert client_of(stranger).get(reverse(name, args=[customer.tenant_id])).status_code == 404


@pytest.mark.parametrize("name", ["orders:overview", "orders:history", "orders:add", "orders:cart", "orders:review"])
def test_an_auditor_is_refused_every_page_of_the_customer(client_of, partner, customer, name):
    auditor = UserFactory(partner=partner, roles=[Role.AUDITOR])
    assert client_of(auditor).get(reverse(name, args=[customer.tenant_id])).status_code == 403
