"""Cancelling a whole line: C1 to C7 at the service."""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.test import Client
from django.utils import timezone

from activity.models import Action, Event
from cancellations.models import Cancellation
from cancellations.services import confirm_cancellation
from csp_portal.accounts.permissions import Role
from csp_portal.errors import Refusal
from orders.billing.models import Credit
from orders.models import OrderLine
from software.models import CancellationPolicy, DownloadLink, DownloadSession, Kind, ProductKey, SoftwarePurchase
from software.services import reveal_key, start_download
from tests.factories import UserFactory, buy_line, make_link, make_sku
from tests.helpers import in_threads, quote_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(clock, agent, customer):
    """A subscription of 1,200.00 USD, bought in the last second of 2020-01-24 (UTC), with one key."""
    clock.set("2020-01-24T23:59:59Z")
    return buy_line(agent, customer, make_sku("1200.00", keys=1))


def fresh(line):
    return OrderLine.objects.with_purchase().get(pk=line.pk)


def confirm(line, actor, *, quote=None, tick=True):
    signed = quote_of(line).signed() if quote is None else quote
    return confirm_cancellation(line.purchase.public_id, quote=signed, notice_accepted=tick, actor=actor)


def state_of(line):
    """All that a cancellation changes."""
    now = fresh(line)
    return (
        now.purchase.status,
        now.purchase.key_state,
        now.quantity_cancelled,
        now.credited_gross,
        list(ProductKey.objects.filter(purchase=now.purchase).values_list("status", "revoked_at")),
        list(DownloadLink.objects.filter(purchase=now.purchase).values_list("revoked_at", flat=True)),
        Cancellation.objects.count(),
        Credit.objects.count(),
    )


def rows_of(line):
    """Every column of a line and of all that hangs on its purchase."""
    purchase = line.purchase_id
    kept = [OrderLine.objects.filter(pk=line.pk), SoftwarePurchase.objects.filter(pk=purchase)]
    kept += [model.objects.filter(purchase=purchase) for model in (ProductKey, DownloadLink)]
    kept += [DownloadSession.objects.filter(link__purchase=purchase)]
    return [list(rows.order_by("pk").values()) for rows in kept]


def assert_refused(line, actor, code, **how):
    """Refused with this reason, logged with it, and nothing has changed."""
    before = state_of(line)
    logged = Event.objects.filter(action=Action.CANCEL_REFUSED, details__reason=code).count()
    with pytest.raises(Refusal) as refused:
        confirm(line, actor, **how)
    assert refused.value.code == code
    assert state_of(line) == before
    assert Event.objects.filter(action=Action.CANCEL_REFUSED, details__reason=code).count() == logged + 1
    return refused.value


# The window (C2)


@pytest.mark.parametrize("instant", ["2020-01-24T23:59:59Z", "2020-03-24T00:00:00Z", "2020-03-24T23:59:59.999999Z"])
def test_a_purchase_can_be_cancelled_until_the_end_of_the_sixtieth_day(clock, agent, line, instant):
    clock.set(instant)
    confirm(line, agent)
    assert not fresh(line).purchase.is_active


@pytest.mark.parametrize("instant", ["2020-03-25T00:00:00Z", "2020-03-25T00:00:01Z", "2021-01-01T00:00:00Z"])
def test_the_window_is_closed_from_the_first_instant_of_the_next_day(clock, agent, line, instant):
    clock.set(instant)
    refusal = assert_refused(line, agent, "window_closed")
    assert "24 March 2020 (UTC)" in refusal.message


def test_a_quote_of_the_last_minute_is_honoured_after_the_deadline(clock, agent, line):
    clock.set("2020-03-24T23:59:59Z")
    quote = quote_of(line).signed()
    clock.set("2020-03-25T00:14:58Z")
    assert confirm(line, agent, quote=quote).credit.gross == Decimal("1000.00")


# The quote (C5)


def test_a_quote_binds_its_amounts_across_midnight(clock, agent, line):
    clock.set("2020-02-02T23:50:00Z")
    quote = quote_of(line)
    clock.set("2020-02-03T00:04:59Z")
    credit = confirm(line, agent, quote=quote.signed()).credit
    assert (credit.gross, credit.days_used) == (Decimal("1167.21"), 10)


def test_a_quote_is_good_until_before_15_minutes_are_over(clock, agent, line):
    clock.set("2020-02-02T12:00:00Z")
    quote = quote_of(line).signed()
    clock.set("2020-02-02T12:15:00Z")
    assert_refused(line, agent, "quote_expired", quote=quote)
    clock.set("2020-02-02T12:14:59.999999Z")
    confirm(line, agent, quote=quote)


@pytest.mark.parametrize("quote", ["", "x", "a:b:c"])
def test_amounts_that_we_did_not_quote_are_refused(agent, line, quote):
    assert_refused(line, agent, "quote_not_valid", quote=quote)


def test_a_quote_of_another_order_is_refused(agent, customer, line):
    other = buy_line(agent, customer, make_sku("1.00", keys=1))
    assert_refused(line, agent, "quote_not_valid", quote=quote_of(other).signed())


def test_a_line_that_changed_since_the_quote_is_refused(agent, line):
    quote = quote_of(line).signed()
    OrderLine.objects.filter(pk=line.pk).update(credited_net=Decimal("0.01"), credited_gross=Decimal("0.01"))
    assert_refused(line, agent, "line_changed", quote=quote)


# The tick (C3)


def test_without_the_tick_nothing_is_cancelled(agent, line):
    refusal = assert_refused(line, agent, "notice_not_accepted", tick=False)
    assert refusal.status == 400


# The policies (C1)


@pytest.mark.parametrize(
    ("kind", "policy", "code"),
    [
        (Kind.LINUX_PLAN, CancellationPolicy.NEVER, "never_cancellable"),
        (Kind.PERPETUAL, CancellationPolicy.SUPPORT_ONLY, "support_request_only"),
        (Kind.RESERVATION, CancellationPolicy.SUPPORT_ONLY, "support_request_only"),
    ],
)
def test_what_is_not_for_self_service_is_refused(agent, customer, kind, policy, code):
    line = buy_line(agent, customer, make_sku(kind=kind, keys=1, cancellation_policy=policy))
    assert_refused(line, agent, code)


# The order of the checks (C4)


def test_the_role_comes_before_everything_else(clock, agent, global_admin, partner, line):
    confirm(line, agent)
    auditor = UserFactory(partner=partner, roles=[Role.AUDITOR])
    for actor in (global_admin, auditor):
        refusal = assert_refused(line, actor, "role_required", quote="x", tick=False)
        assert refusal.status == 403


def test_already_cancelled_comes_before_the_policy(agent, customer, clock):
    line = buy_line(agent, customer, make_sku(keys=1))
    confirm(line, agent)
    refusal = assert_refused(line, agent, "already_cancelled", quote="x", tick=False)
    assert agent.email in refusal.message
    assert line.order.number in refusal.message


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        (CancellationPolicy.NEVER, "never_cancellable"),
        (CancellationPolicy.SUPPORT_ONLY, "support_request_only"),
        (CancellationPolicy.SELF_SERVICE, "window_closed"),
    ],
)
def test_the_policy_comes_before_the_window_and_the_window_before_the_quote(clock, agent, customer, policy, code):
    line = buy_line(agent, customer, make_sku(keys=1, cancellation_policy=policy))
    clock.set("2020-06-01T00:00:00Z")
    assert_refused(line, agent, code, quote="x", tick=False)


def test_the_quote_comes_before_the_tick(clock, agent, line):
    quote = quote_of(line).signed()
    clock.set("2020-01-25T12:00:00Z")
    assert_refused(line, agent, "quote_expired", quote=quote, tick=False)


def test_an_expired_quote_comes_before_a_changed_line(clock, agent, line):
    quote = quote_of(line).signed()
    OrderLine.objects.filter(pk=line.pk).update(credited_net=Decimal("0.01"), credited_gross=Decimal("0.01"))
    clock.set("2020-01-25T12:00:00Z")
    assert_refused(line, agent, "quote_expired", quote=quote)


# What it does (C6)


def test_everything_is_revoked_and_the_next_request_sees_it(clock, agent, client_of, line):
    link = make_link(agent, line.purchase)
    session = start_download(link.token, user=None)
    key = line.purchase.keys.get()
    clock.set("2020-02-02T12:00:00Z")
    cancellation = confirm(line, agent)
    now = fresh(line)
    assert (now.purchase.status, now.purchase.key_state, now.quantity_cancelled) == ("cancelled", "revoked", 1)
    assert list(ProductKey.objects.filter(purchase=now.purchase).values_list("status", flat=True)) == ["revoked"]
    assert DownloadLink.objects.get().revoked_at == DownloadSession.objects.get().closed_at == timezone.now()
    assert (cancellation.keys_revoked, cancellation.links_revoked, cancellation.notice_version) == (1, 1, 1)
    stranger = Client()
    assert stranger.get(link.get_absolute_url()).status_code == 410
    assert stranger.post(link.get_absolute_url()).status_code == 410
    assert stranger.get(session.get_absolute_url()).status_code == 410
    with pytest.raises(Refusal) as refused:
        reveal_key(key.public_id, actor=agent)
    assert refused.value.code == "key_revoked"


def test_the_credit_is_fixed_with_how_it_was_computed(clock, agent, line):
    clock.set("2020-02-02T12:00:00Z")
    credit = confirm(line, agent).credit
    assert (credit.net, credit.tax, credit.gross) == (Decimal("1167.21"), Decimal(0), Decimal("1167.21"))
    assert (credit.charged, credit.term_days, credit.days_used) == (Decimal("1200.00"), 366, 10)
    assert credit.fixed_at == timezone.now()
    assert fresh(line).credited_gross == Decimal("1167.21")


def test_perpetual_software_is_credited_whole(clock, agent, customer):
    line = buy_line(agent, customer, make_sku("972.00", kind=Kind.PERPETUAL, keys=1))
    clock.set("2020-03-24T23:59:59Z")
    assert confirm(line, agent).credit.gross == Decimal("972.00")


def test_the_log_says_who_cancelled_what(agent, line):
    confirm(line, agent)
    event = Event.objects.get(action=Action.PURCHASE_CANCELLED)
    assert (event.actor_name, event.order_number) == (agent.email, line.order.number)
    assert event.details["credit"] == "1200.00"


def test_other_purchases_keep_their_keys_and_links(agent, customer, line):
    other = buy_line(agent, customer, make_sku(keys=1))
    start_download(make_link(agent, other.purchase).token, user=None)
    before = rows_of(other)
    confirm(line, agent)
    assert rows_of(other) == before


def test_another_partners_line_does_not_exist(stranger, line):
    before = state_of(line)
    with pytest.raises(OrderLine.DoesNotExist):
        confirm(line, stranger)
    assert state_of(line) == before


# Twice (C7)


def test_submitting_twice_answers_the_same_and_credits_once(clock, agent, line):
    quote = quote_of(line).signed()
    first = confirm(line, agent, quote=quote)
    clock.set("2020-01-25T12:00:00Z")
    assert confirm(line, agent, quote=quote) == first
    assert Cancellation.objects.count() == Credit.objects.count() == 1


def test_somebody_else_is_told_who_was_first_and_when(agent, partner, line):
    other = UserFactory(partner=partner, roles=[Role.ADMIN_AGENT])
    quote = quote_of(line).signed()
    confirm(line, agent, quote=quote)
    refusal = assert_refused(line, other, "already_cancelled", quote=quote)
    assert f"was cancelled by {agent.email} on 24 Jan 2020, 23:59 UTC" in refusal.message


@pytest.mark.django_db(transaction=True)
def test_of_two_people_at_once_one_wins_and_one_credit_stands(agent, partner, customer):
    line = buy_line(agent, customer, make_sku("1200.00", keys=1))
    people = [UserFactory(partner=partner, roles=[Role.ADMIN_AGENT]) for _person in range(6)]
    quote = quote_of(line).signed()
    outcomes = in_threads(*(partial(confirm, line, person, quote=quote) for person in people))
    assert outcomes.count("already_cancelled") == 5
    assert Cancellation.objects.get() in outcomes
    assert Credit.objects.count() == 1


def test_days_are_counted_in_utc(clock, agent, line):
    """Bought at 23:59:59 UTC, which is the 25th in Berlin; the 24th counts."""
    assert line.window_closes_at == datetime.fromisoformat("2020-03-25T00:00:00Z")
    assert line.days_left(timezone.now()) == 60
    assert line.days_left(line.window_closes_at - timedelta(seconds=1)) == 0


def test_a_second_tab_with_a_quote_of_its_own_gets_the_same_answer(clock, agent, customer):
    line = buy_line(agent, customer, make_sku(keys=1))
    first = quote_of(line).signed()
    clock.set("2020-01-24T12:01:00Z")
    second = quote_of(line).signed()
    sent = {"notice_accepted": True, "actor": agent}
    done = confirm_cancellation(line.purchase.public_id, quote=first, **sent)
    assert confirm_cancellation(line.purchase.public_id, quote=second, **sent).pk == done.pk
    assert Cancellation.objects.count() == Credit.objects.count() == 1
    assert not Event.objects.filter(action=Action.CANCEL_REFUSED).exists()
