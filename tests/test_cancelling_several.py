"""Several lines cancelled in one go: one tick, and for each line a transaction and a result of its own (C8)."""

import re
from functools import partial

import pytest
from django.urls import reverse

from activity.models import Action, Event
from cancellations.models import Cancellation
from cancellations.several.services import MOST_LINES, cancel_several
from csp_portal.accounts.permissions import Role
from csp_portal.errors import Refusal
from orders.billing.models import Credit
from orders.models import OrderLine
from software.models import CancellationPolicy, KeyIssue, Kind
from tests.factories import CustomerFactory, UserFactory, buy, buy_line, make_sku
from tests.helpers import cancel, in_threads, queries_of, quote_of, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def lines(clock, agent, customer):
    """Three orders: 1,200.00 USD, five units of 10.00 USD with a key each, 300.00 USD once and for all."""
    by_unit = make_sku("10.00", keys=5, key_issue=KeyIssue.PER_UNIT, title="Five units")
    skus = (make_sku("1200.00", keys=1, title="A year"), by_unit, make_sku("300.00", kind=Kind.PERPETUAL, title="Once"))
    return [buy_line(agent, customer, sku, quantity) for sku, quantity in zip(skus, (1, 5, 1), strict=True)]


def address_of(customer, *lines, **units):
    query = "&".join(f"purchase={line.purchase.public_id}" for line in lines)
    typed = "".join(f"&units-{line.purchase.public_id}={units['units']}" for line in lines if units)
    return f"{reverse('cancellations:several', args=[customer.tenant_id])}?{query}{typed}"


def quotes_in(response):
    return re.findall(r'name="quote" value="([^"]+)"', response.content.decode())


def is_active(line):
    return OrderLine.objects.select_related("purchase").get(pk=line.pk).purchase.is_active


def customer_id(lines):
    return lines[0].order.customer.tenant_id


def signed(*lines):
    return [quote_of(line).signed() for line in lines]


# The service


def test_each_line_has_its_cancellation_and_its_credit(agent, lines):
    outcomes = cancel_several(customer_id(lines), signed(*lines), notice_accepted=True, actor=agent)
    assert [outcome.line for outcome in outcomes] == lines
    assert [outcome.cancellation.order_line for outcome in outcomes] == lines
    assert [is_active(line) for line in lines] == [False, False, False]
    assert Event.objects.filter(action=Action.PURCHASE_CANCELLED).count() == 3


def test_a_line_that_is_refused_holds_up_no_other(agent, partner, lines):
    quotes = signed(*lines)
    cancel(lines[1], UserFactory(partner=partner, roles=[Role.ADMIN_AGENT]))
    outcomes = cancel_several(customer_id(lines), quotes, notice_accepted=True, actor=agent)
    assert [outcome.refusal and outcome.refusal.code for outcome in outcomes] == [None, "already_cancelled", None]
    assert Cancellation.objects.count() == 3
    refused = Event.objects.get(action=Action.CANCEL_REFUSED)
    assert (refused.details["reason"], refused.order_number) == ("already_cancelled", lines[1].order.number)


def test_sent_again_it_answers_the_same(agent, lines):
    quotes = signed(*lines)
    first = cancel_several(customer_id(lines), quotes, notice_accepted=True, actor=agent)
    again = cancel_several(customer_id(lines), quotes, notice_accepted=True, actor=agent)
    assert again == first
    assert Credit.objects.count() == 3


def test_the_same_line_twice_in_one_go_is_cancelled_once(agent, lines):
    outcomes = cancel_several(customer_id(lines), signed(lines[0], lines[0]), notice_accepted=True, actor=agent)
    assert outcomes[0] == outcomes[1]
    assert Credit.objects.count() == 1


def test_without_the_tick_no_line_is_cancelled(agent, lines):
    with pytest.raises(Refusal) as refused:
        cancel_several(customer_id(lines), signed(*lines), notice_accepted=False, actor=agent)
    assert refused.value.code == "notice_not_accepted"
    assert not Credit.objects.exists()
    assert Event.objects.filter(action=Action.CANCEL_REFUSED).count() == 1


def test_the_role_comes_first(global_admin, lines):
    with pytest.raises(Refusal) as refused:
        cancel_several(customer_id(lines), ["x"], notice_accepted=False, actor=global_admin)
    assert refused.value.code == "role_required"
    assert Event.objects.get(action=Action.CANCEL_REFUSED).details["reason"] == "role_required"


def test_a_line_of_another_customer_is_not_cancelled_with_these(agent, partner, lines):
    other = buy_line(agent, CustomerFactory(partner=partner), make_sku("5.00"))
    outcomes = cancel_several(customer_id(lines), signed(other), notice_accepted=True, actor=agent)
    assert [outcome.refusal.code for outcome in outcomes] == ["quote_unreadable"]
    assert is_active(other)


def test_more_than_100_lines_are_refused_before_any_is_cancelled(agent, lines):
    with pytest.raises(Refusal) as refused:
        cancel_several(customer_id(lines), signed(lines[0]) * (MOST_LINES + 1), notice_accepted=True, actor=agent)
    assert refused.value.code == "too_many_lines"
    assert is_active(lines[0])
    assert Event.objects.get(action=Action.CANCEL_REFUSED).details["reason"] == "too_many_lines"


def test_100_lines_are_cancelled_in_one_go(clock, agent, customer):
    bought = []
    for _number in range(4):
        order = buy(agent, customer, *[make_sku("10.00", key_issue=KeyIssue.NONE) for _sku in range(25)])
        bought += list(order.lines.with_purchase())
    outcomes = cancel_several(customer.tenant_id, signed(*bought), notice_accepted=True, actor=agent)
    assert sum(outcome.cancellation is not None for outcome in outcomes) == MOST_LINES


def test_a_quote_that_is_none_or_of_another_partner_is_told_and_holds_up_no_other(agent, stranger, lines):
    foreign = buy_line(stranger, CustomerFactory(partner=stranger.partner), make_sku("5.00"))
    outcomes = cancel_several(customer_id(lines), ["x", *signed(foreign, lines[0])], notice_accepted=True, actor=agent)
    codes = [outcome.refusal and outcome.refusal.code for outcome in outcomes]
    assert codes == ["quote_unreadable", "quote_unreadable", None]
    logged = Event.objects.filter(action=Action.CANCEL_REFUSED, details__reason="quote_unreadable")
    assert logged.count() == 2
    assert is_active(foreign)


@pytest.mark.django_db(transaction=True)
def test_two_people_with_the_same_lines_in_opposite_order_do_not_deadlock(agent, partner, customer):
    bought = [buy_line(agent, customer, make_sku("10.00")) for _line in range(6)]
    colleague = UserFactory(partner=partner, roles=[Role.ADMIN_AGENT])
    quotes = signed(*bought)
    both = in_threads(
        partial(cancel_several, customer.tenant_id, quotes, notice_accepted=True, actor=agent),
        partial(cancel_several, customer.tenant_id, quotes[::-1], notice_accepted=True, actor=colleague),
    )
    done = [outcome for outcomes in both for outcome in outcomes if outcome.cancellation]
    assert sorted(outcome.line.pk for outcome in done) == [line.pk for line in bought]
    assert Credit.objects.count() == len(bought)


# The page


def test_it_lists_what_can_be_cancelled_and_shows_what_the_chosen_come_to(clock, agent, client_of, customer, lines):
    clock.set("2020-02-02T12:00:00Z")
    browser = client_of(agent)
    listed = words_of(browser.get(address_of(customer)))
    assert all(line.sku_title in listed for line in lines)
    assert "Submit" not in listed
    shown = words_of(browser.get(address_of(customer, lines[0], lines[2])))
    assert "2 lines will be cancelled" in shown
    assert "Credit, net 1,467.21 USD" in shown
    assert "It comes on the February 2020 invoice." in shown


def test_submit_cancels_the_chosen_lines_and_says_what_became_of_each(agent, client_of, customer, lines):
    browser, address = client_of(agent), address_of(customer, lines[0], lines[2])
    quotes = quotes_in(browser.get(address))
    response = browser.post(address, {"quote": quotes, "notice_accepted": "on"})
    told = words_of(response)
    assert "2 of 2 lines." in told
    assert "1 unit, credit 300.00 USD incl. tax" in told
    assert [is_active(line) for line in lines] == [False, True, False]
    again = browser.post(address, {"quote": quotes, "notice_accepted": "on"})
    assert words_of(again) == told
    assert Credit.objects.count() == 2


def test_a_part_of_a_line_is_typed_beside_it(agent, client_of, customer, lines):
    browser, address = client_of(agent), address_of(customer, lines[1], units=2)
    page = browser.get(address)
    assert "Credit, gross 20.00 USD" in words_of(page)
    assert "Of the cancelled units the keys are revoked at once" in words_of(page)
    browser.post(address, {"quote": quotes_in(page), "notice_accepted": "on"})
    lines[1].refresh_from_db()
    assert lines[1].quantity_cancelled == 2


@pytest.mark.parametrize("typed", ["0", "6", "-1", "2.5", "many", "9999999999"])
def test_a_quantity_that_is_not_left_is_told_beside_it_and_stays(agent, client_of, customer, lines, typed):
    page = client_of(agent).get(address_of(customer, lines[1], units=typed))
    assert "has 5 units of Five units left to cancel." in words_of(page)
    assert f'value="{typed}"' in page.content.decode()
    assert quotes_in(page) == []


def test_without_the_tick_the_choice_stays_and_nothing_is_cancelled(agent, client_of, customer, lines):
    browser, address = client_of(agent), address_of(customer, lines[1], units=2)
    response = browser.post(address, {"quote": quotes_in(browser.get(address))})
    assert response.status_code == 400
    assert "The Important message has not been accepted" in words_of(response)
    assert len(quotes_in(response)) == 1
    assert f"units-{lines[1].purchase.public_id}=2" in response.content.decode()
    assert not Credit.objects.exists()


def test_a_whole_order_is_chosen_by_its_number(agent, client_of, customer):
    order = buy(agent, customer, make_sku("10.00", title="One"), make_sku("20.00", title="Two"))
    never = make_sku("5.00", kind=Kind.LINUX_PLAN, cancellation_policy=CancellationPolicy.NEVER, title="SUSE Server")
    mixed = buy(agent, customer, make_sku("30.00", title="Three"), never)
    browser = client_of(agent)
    order_page = browser.get(order.get_absolute_url()).content.decode()
    address = f"{reverse('cancellations:several', args=[customer.tenant_id])}?order={order.number}"
    assert f'href="{address}"' in order_page
    assert "2 lines will be cancelled" in words_of(browser.get(address))
    told = words_of(browser.get(address.replace(order.number, mixed.number)))
    assert "1 line will be cancelled" in told
    assert "SUSE Server can never be cancelled or exchanged." in told


@pytest.mark.parametrize(
    "query", ["purchase=x&purchase=%00", "order=%00", "units-x=1", "order=0000000000", "purchase="]
)
def test_an_address_that_chooses_nothing_is_the_list(agent, client_of, customer, lines, query):
    response = client_of(agent).get(f"{address_of(customer)}{query}")
    assert response.status_code == 200
    assert quotes_in(response) == []


def test_another_partners_line_in_the_address_is_not_there(agent, stranger, client_of, customer, lines):
    foreign = buy_line(stranger, CustomerFactory(partner=stranger.partner), make_sku("5.00", title="Foreign"))
    page = client_of(agent).get(address_of(customer, foreign))
    assert "Foreign" not in words_of(page)
    assert client_of(stranger).get(address_of(customer)).status_code == 404


def test_beyond_100_lines_the_page_says_that_there_are_more(clock, agent, client_of, customer, lines):
    for _order in range(4):
        buy(agent, customer, *[make_sku("10.00", key_issue=KeyIssue.NONE) for _sku in range(25)])
    assert "Only 100 lines are shown." in words_of(client_of(agent).get(address_of(customer)))


def test_a_global_admin_is_refused(global_admin, client_of, customer, lines):
    response = client_of(global_admin).post(address_of(customer), {"quote": signed(lines[0]), "notice_accepted": "on"})
    assert response.status_code == 403
    assert is_active(lines[0])


def test_100_lines_cost_as_many_queries_as_three(clock, agent, client_of, customer, lines):
    browser = client_of(agent)
    few = len(queries_of(browser, address_of(customer, *lines)))
    for _order in range(4):
        buy(agent, customer, *[make_sku("10.00", key_issue=KeyIssue.NONE) for _sku in range(25)])
    bought = list(OrderLine.objects.filter(order__customer=customer).with_purchase())
    address = address_of(customer, *bought[:100])
    assert len(queries_of(browser, address)) == few <= 12
    assert len(quotes_in(browser.get(address))) == MOST_LINES
