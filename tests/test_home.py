"""The first page: what waits for each role (P2)."""

from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from cancellations.support.services.talking import reply_as_partner, reply_as_support
from cancellations.support.services.triage import claim
from csp_portal.accounts.permissions import Role
from orders.billing.services import close_due_months, post_due_credits
from software.models import KeyIssue
from software.services import fill_pending
from tests.factories import CustomerFactory, UserFactory, add_keys, buy_line, make_sku
from tests.helpers import cancel, words_of
from tests.support import file_refund

pytestmark = pytest.mark.django_db


@pytest.fixture
def see(client_of):
    """Sign in and open the page; answers its words."""

    def open_page(user):
        response = client_of(user).get("/")
        assert response.status_code == 200
        return words_of(response)

    return open_page


@pytest.fixture
def cards(client_of):
    """Sign in and open the page; answers what each card shows, by its title."""

    def open_page(user):
        shown = client_of(user).get("/").context["cards"]
        return {str(filled.card.title): list(filled.rows) for filled in shown}

    return open_page


CLOSING, ENDING, PENDING, WAITING, QUEUE, CREDITS, POOLS, MAILS = (
    "Cancellation windows closing in the next 7 days",
    "Terms ending in the next 90 days",
    "Keys pending",
    "Requests waiting for an answer",
    "Support requests",
    "Credits to come",
    "Key pools to fill",
    "Mails that were not sent",
)


@pytest.mark.parametrize("role", [Role.ADMIN_AGENT, Role.GLOBAL_ADMIN])
def test_who_sells_sees_windows_terms_keys_and_credits(cards, partner, role):
    assert list(cards(UserFactory(partner=partner, roles=[role]))) == [CLOSING, ENDING, PENDING, WAITING, CREDITS]


def test_an_empty_morning_says_what_will_stand_there(see, agent):
    page = see(agent)
    assert "No window closes in the next 7 days" in page
    assert "No term ends in the next 90 days" in page
    assert "No purchase waits for keys" in page
    assert "No credits on the next invoice" in page


def test_a_purchase_waits_until_its_keys_are_there(clock, see, cards, agent, customer):
    sku = make_sku()
    line = buy_line(agent, customer, sku, quantity=3)
    assert cards(agent)[PENDING] == [line.purchase]
    assert f"{sku.title} 3 for {customer.company_name} · {line.order.number}" in see(agent)
    cancel(line, agent)
    assert cards(agent)[PENDING] == []


def test_a_purchase_waits_for_the_keys_of_what_is_left_of_it(clock, see, agent, customer):
    sku = make_sku(key_issue=KeyIssue.PER_UNIT)
    line = buy_line(agent, customer, sku, quantity=3)
    cancel(line, agent, 1)
    assert f"{sku.title} 2 for {customer.company_name} · {line.order.number}" in see(agent)


def test_a_window_is_shown_from_seven_days_left_until_it_has_closed(clock, cards, agent, customer):
    line = buy_line(agent, customer, make_sku(keys=1))  # open until 2020-03-25T00:00:00Z
    shown = {}
    for instant in ("2020-03-16T23:59:59Z", "2020-03-17T00:00:00Z", "2020-03-24T23:59:59Z", "2020-03-25T00:00:00Z"):
        clock.set(instant)
        shown[instant[8:10]] = [window.line for window in cards(agent)[CLOSING]]
    assert shown == {"16": [], "17": [line], "24": [line], "25": []}


@pytest.mark.parametrize(
    ("instant", "words"),
    [
        ("2020-03-20T12:00:00Z", "4 days left"),
        ("2020-03-23T12:00:00Z", "1 day left"),
        ("2020-03-24T12:00:00Z", "today is the last day"),
    ],
)
def test_a_window_tells_the_days_left_and_its_last_day(clock, see, agent, customer, instant, words):
    buy_line(agent, customer, make_sku(keys=1))
    clock.set(instant)
    page = see(agent)
    assert words in page
    assert "until the end of 24 March 2020 (UTC)" in page


def test_what_goes_by_support_request_says_so_and_what_cannot_be_cancelled_is_not_here(
    clock, see, cards, agent, customer
):
    line = buy_line(agent, customer, make_sku(cancellation_policy="support_only", keys=1))
    buy_line(agent, customer, make_sku(cancellation_policy="never", keys=1))
    cancel(buy_line(agent, customer, make_sku(keys=1)), agent)
    clock.set("2020-03-24T12:00:00Z")
    assert [window.line for window in cards(agent)[CLOSING]] == [line]
    assert "until the end of 24 March 2020 (UTC) · only by support request" in see(agent)


def test_the_card_of_windows_leads_to_all_of_them(client_of, agent):
    page = client_of(agent).get("/").content.decode()
    assert '<a href="/windows/?days=7">Those of the next 7 days</a>' in page
    assert '<a href="/windows/">All open windows</a>' in page


def test_a_term_is_shown_from_ninety_days_before_its_end_until_it_is_over(clock, cards, agent, customer):
    line = buy_line(agent, customer, make_sku(keys=1))  # ends on 2021-01-24
    cancel(buy_line(agent, customer, make_sku(keys=1)), agent)
    shown = {}
    for instant in ("2020-10-25T23:59:59Z", "2020-10-26T00:00:00Z", "2021-01-23T23:59:59Z", "2021-01-24T00:00:00Z"):
        clock.set(instant)
        shown[instant[5:10]] = [window.line for window in cards(agent)[ENDING]]
    assert shown == {"10-25": [], "10-26": [line], "01-23": [line], "01-24": []}


def test_a_term_tells_its_end_and_leads_to_where_it_is_renewed(clock, see, client_of, agent, customer):
    line = buy_line(agent, customer, make_sku(keys=1), 2)
    clock.set("2020-12-25T12:00:00Z")
    told = f"2 for {customer.company_name} · {line.order.number} the term ends on 24 January 2021 (UTC) 30 days left"
    assert told in see(agent)
    assert f"&amp;purchase={line.purchase.public_id}" in client_of(agent).get("/").content.decode()


def test_a_credit_is_to_come_until_its_month_is_closed(clock, see, cards, agent, customer):
    line = buy_line(agent, customer, make_sku("1200.00", keys=1))
    clock.set("2020-02-02T12:00:00Z")
    credit = cancel(line, agent).credit
    assert "1,167.21 USD incl. tax to be posted" in see(agent)
    post_due_credits()
    assert "1,167.21 USD incl. tax on the invoice of February 2020" in see(agent)
    clock.set("2020-02-29T23:59:59Z")
    assert cards(agent)[CREDITS] == [credit]
    clock.set("2020-03-01T00:05:00Z")
    close_due_months(timezone.now())
    assert cards(agent)[CREDITS] == []


def test_five_rows_are_shown_and_that_there_are_more(clock, see, cards, agent, customer):
    sku = make_sku()
    lines = [buy_line(agent, customer, sku) for _order in range(6)]
    assert cards(agent)[PENDING] == [line.purchase for line in lines[:5]]
    assert "5 are shown; there are more." in see(agent)


def test_another_partners_morning_is_not_seen(clock, cards, agent, stranger, customer):
    line = buy_line(stranger, CustomerFactory(partner=stranger.partner), make_sku())
    cancel(buy_line(stranger, line.order.customer, make_sku(keys=1)), stranger)
    clock.set("2020-03-24T12:00:00Z")
    assert cards(agent) == {CLOSING: [], ENDING: [], PENDING: [], WAITING: [], CREDITS: []}


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ACCOUNT_ADMIN, Role.REFERRAL_ADMIN, Role.MARKETING_CONTENT_ADMIN])
def test_who_may_only_read_the_log_is_led_there_and_told_why_not_elsewhere(see, client_of, partner, role):
    user = UserFactory(partner=partner, roles=[role])
    page = see(user)
    assert "What your roles open Activity log Your roles open this." in page
    assert "Only these roles may see customers: Admin agent, Global admin. Yours: " in page
    assert 'href="/activity/"' in client_of(user).get("/").content.decode()
    assert client_of(user).get("/").context["cards"] == []


def test_a_support_agent_sees_no_partners_data(see, agent, customer):
    line = buy_line(agent, customer, make_sku())
    page = see(UserFactory(partner=None, roles=[Role.SUPPORT_AGENT]))
    assert line.order.number not in page
    assert customer.company_name not in page
    assert "Ask an Operator admin for the role" in page
    assert "of your organisation" not in page


def test_what_support_asked_stands_there_until_it_is_answered(
    clock, see, cards, agent, stranger, customer, support_agent
):
    asked = file_refund(agent, buy_line(agent, customer, make_sku()), title="订单重复")
    assert cards(agent)[WAITING] == []
    reply_as_support(asked.number, "Which one?", asks=True, actor=support_agent)
    assert cards(agent)[WAITING] == [asked]
    assert "订单重复" in see(agent)
    assert cards(stranger)[WAITING] == []
    reply_as_partner(asked.number, "The second.", draft_id=None, actor=agent)
    assert cards(agent)[WAITING] == []


def test_a_support_agent_sees_how_many_requests_wait(clock, see, agent, customer, support_agent, second_agent):
    mine, _other = (file_refund(agent, buy_line(agent, customer, make_sku())) for _request in range(2))
    claim(mine.number, actor=support_agent)
    clock.set("2020-02-24T12:00:00Z")
    file_refund(agent, buy_line(agent, customer, make_sku()))
    assert "Support requests Mine 1 Unassigned 2 Overdue 2" in see(support_agent)
    assert "Support requests Mine 0 Unassigned 2 Overdue 2" in see(second_agent)


def test_the_operator_sees_which_products_wait_for_keys_how_many_lines_and_since_when(
    clock, see, cards, agent, stranger, customer
):
    operator = UserFactory(partner=None, roles=[Role.OPERATOR_ADMIN])
    waiting, filled = make_sku(low_water=0), make_sku(keys=1, low_water=0)
    buy_line(agent, customer, waiting)
    buy_line(agent, customer, filled)
    clock.set("2020-01-26T12:00:00Z")
    buy_line(stranger, CustomerFactory(partner=stranger.partner), waiting)
    (row,) = cards(operator)[POOLS]
    assert (row, row.waiting, str(row.since)) == (waiting, 2, "2020-01-24 12:00:00+00:00")
    page = see(operator)
    assert f"{waiting.title} {waiting.catalogue_id} 0 keys left 2 lines wait since 24 Jan 2020, 12:00 UTC" in page
    assert customer.company_name not in page
    add_keys(waiting, 1)
    fill_pending(waiting.pk, actor=agent)
    (row,) = cards(operator)[POOLS]
    assert (row.waiting, str(row.since)) == (1, "2020-01-26 12:00:00+00:00")
    add_keys(waiting, 1)
    fill_pending(waiting.pk, actor=agent)
    assert cards(operator) == {POOLS: [], MAILS: []}


def test_the_operator_sees_low_pools_after_those_that_lines_wait_for_and_the_way_to_the_import(
    clock, see, cards, client_of, agent, customer
):
    operator = UserFactory(partner=None, roles=[Role.OPERATOR_ADMIN])
    low, waiting = make_sku(keys=3, low_water=3), make_sku(low_water=0)
    buy_line(agent, customer, low)
    buy_line(agent, customer, waiting)
    assert [(sku, sku.left) for sku in cards(operator)[POOLS]] == [(waiting, 0), (low, 2)]
    assert f"{low.title} {low.catalogue_id} 2 keys left runs low told below 3" in see(operator)
    page = client_of(operator).get("/").content.decode()
    assert '<a href="/operator/software/sku/?pool=to_fill">All pools to fill</a>' in page
    assert '<a href="/operator/software/productkey/import/">Import keys</a>' in page
    add_keys(low, 1)
    assert cards(operator)[POOLS] == [waiting]


def test_more_keys_and_lines_than_are_counted_are_told_as_more():
    pool = SimpleNamespace(pk=1, title="A pool", catalogue_id="P:1", left=10_001, waiting=10_001, since=None)
    page = render_to_string("home/pools_in_want.html", {"rows": [pool]})
    assert "more than 10,000 keys left" in page
    assert "more than 10,000 lines wait" in page
