"""In which month an entry falls: that of its cause, or the next if that was closed meanwhile (R5)."""

from datetime import date
from decimal import Decimal
from functools import partial

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from cancellations.services import confirm_cancellation
from csp_portal.embedded.processes import wait_until
from csp_portal.errors import Refusal
from orders.billing.models import Account, Credit, Entry, Invoice
from orders.billing.services import (
    close_due_months,
    issue_due_invoices,
    month_of_credit,
    post_credit,
    post_due_credits,
)
from software.models import Kind
from tests.factories import buy_line, make_sku
from tests.held_open import Other, held_open
from tests.helpers import cancel, in_threads, quote_of

JANUARY, FEBRUARY, MARCH = date(2020, 1, 1), date(2020, 2, 1), date(2020, 3, 1)


def close():
    return close_due_months(timezone.now())


def entries():
    """Kind, month and instant of every entry, in the order of their instants."""
    found = Entry.objects.of_orders().order_by("occurred_at", "pk")
    return [(entry.kind, entry.month, f"{entry.occurred_at:%d %b %H:%M:%S}") for entry in found]


def totals():
    found = Invoice.objects.with_totals().order_by("month")
    return [(invoice.month, invoice.gross, invoice.payable) for invoice in found]


# On both sides of a month's end


@pytest.mark.django_db
def test_bought_in_januarys_last_second_and_cancelled_in_februarys_first_instant(clock, agent, customer):
    clock.set("2020-01-31T23:59:59Z")
    line = buy_line(agent, customer, make_sku("366.00"))
    clock.set("2020-02-01T00:00:00Z")
    credit = cancel(line, agent).credit
    assert (credit.days_used, credit.gross) == (2, Decimal("364.00"))  # 31 January and 1 February were begun
    post_due_credits()
    assert entries() == [("charge", JANUARY, "31 Jan 23:59:59"), ("credit", FEBRUARY, "01 Feb 00:00:00")]
    clock.set("2020-03-01T00:05:00Z")
    close()
    assert totals() == [(JANUARY, 366, 366), (FEBRUARY, -364, 0)]


@pytest.mark.django_db
def test_bought_and_cancelled_in_januarys_last_second(clock, agent, customer):
    clock.set("2020-01-31T23:59:59Z")
    cancel(buy_line(agent, customer, make_sku("366.00")), agent)
    clock.set("2020-02-01T00:00:00Z")
    close()
    assert entries() == [("charge", JANUARY, "31 Jan 23:59:59"), ("credit", JANUARY, "31 Jan 23:59:59")]
    assert totals() == [(JANUARY, 0, 0)]


@pytest.mark.django_db
@pytest.mark.parametrize("posted_first", [True, False])
def test_cancelled_on_3_february_while_januarys_close_is_late(clock, agent, customer, posted_first):
    line = buy_line(agent, customer, make_sku("900.00", kind=Kind.PERPETUAL))
    clock.set("2020-02-03T12:00:00Z")
    cancel(line, agent)
    if posted_first:
        post_due_credits()
    clock.set("2020-02-05T08:00:00Z")
    assert close() == 1
    post_due_credits()
    assert entries() == [("charge", JANUARY, "24 Jan 12:00:00"), ("credit", FEBRUARY, "03 Feb 12:00:00")]
    assert totals() == [(JANUARY, 900, 900)]


@pytest.mark.django_db
def test_a_late_close_takes_exactly_the_entries_of_its_month(clock, agent, customer):
    """January is closed on 20 March: what was charged and credited in February is on February's invoice."""
    line = buy_line(agent, customer, make_sku("900.00", kind=Kind.PERPETUAL))
    for instant, price in (("2020-02-20T12:00:00Z", "1000.00"), ("2020-03-20T08:00:00Z", "70.00")):
        clock.set(instant)
        buy_line(agent, customer, make_sku(price))
    clock.set("2020-02-29T23:59:59Z")
    cancel(line, agent)
    clock.set("2020-03-20T09:00:00Z")
    assert close() == 2
    assert totals() == [(JANUARY, 900, 900), (FEBRUARY, 100, 100)]
    assert [month for _kind, month, _instant in entries()] == [JANUARY, FEBRUARY, FEBRUARY, MARCH]


@pytest.mark.django_db
def test_cancelled_while_january_is_closed_but_not_issued(clock, agent, customer):
    line = buy_line(agent, customer, make_sku("900.00", kind=Kind.PERPETUAL))
    clock.set("2020-02-01T00:05:00Z")
    close()
    clock.set("2020-02-03T12:00:00Z")
    assert Invoice.objects.get().number is None
    credit = cancel(line, agent).credit
    assert month_of_credit(credit) == FEBRUARY  # told before it is posted
    post_due_credits()
    assert entries() == [("charge", JANUARY, "24 Jan 12:00:00"), ("credit", FEBRUARY, "03 Feb 12:00:00")]
    clock.set("2020-02-08T00:35:00Z")
    assert issue_due_invoices(timezone.now()) == 1
    assert totals() == [(JANUARY, 900, 900)]
    clock.set("2020-03-01T00:05:00Z")
    close()
    assert totals() == [(JANUARY, 900, 900), (FEBRUARY, -900, 0)]


# A clock that was set back: a cause of a month that is closed


@pytest.mark.django_db
@pytest.mark.parametrize("back", ["2019-12-31T23:59:59Z", "2020-01-31T23:59:59Z", "2020-02-29T23:59:59Z"])
def test_closing_by_a_clock_that_was_set_back_closes_nothing_and_breaks_nothing(clock, agent, customer, back):
    buy_line(agent, customer, make_sku("10.00"))
    clock.set("2020-02-20T12:00:00Z")
    buy_line(agent, customer, make_sku("20.00"))
    clock.set("2020-03-01T00:05:00Z")
    assert close() == 2
    buy_line(agent, customer, make_sku("40.00"))
    stood = list(Invoice.objects.order_by("pk").values()), list(Entry.objects.order_by("pk").values())
    clock.set(back)
    assert close() == 0
    assert stood == (list(Invoice.objects.order_by("pk").values()), list(Entry.objects.order_by("pk").values()))
    assert Account.objects.get().closed_through == FEBRUARY
    clock.set("2020-04-01T00:05:00Z")
    assert close() == 1
    assert totals() == [(JANUARY, 10, 10), (FEBRUARY, 20, 20), (MARCH, 40, 40)]


@pytest.mark.django_db
def test_nothing_is_issued_earlier_by_a_clock_that_was_set_back(clock, agent, customer):
    buy_line(agent, customer, make_sku("10.00"))
    clock.set("2020-02-01T00:05:00Z")
    close()
    clock.set("2020-01-20T00:35:00Z")
    assert issue_due_invoices(timezone.now()) == 0
    clock.set("2020-02-08T00:35:00Z")
    assert issue_due_invoices(timezone.now()) == 1
    clock.set("2020-01-20T00:35:00Z")
    assert issue_due_invoices(timezone.now()) == 0
    assert Invoice.objects.get().issued_at.isoformat() == "2020-02-08T00:35:00+00:00"


@pytest.mark.django_db
def test_a_quote_of_before_the_clock_was_set_back_is_of_a_time_to_come(clock, agent, customer):
    line = buy_line(agent, customer, make_sku("10.00"))
    clock.set("2020-02-01T00:05:00Z")
    quote = quote_of(line)
    clock.set("2020-01-31T23:59:59Z")
    with pytest.raises(Refusal) as refused:
        confirm_cancellation(line.purchase.public_id, quote=quote.signed(), notice_accepted=True, actor=agent)
    assert refused.value.code == "quote_not_valid"
    assert not Credit.objects.exists()


@pytest.mark.django_db
def test_an_order_of_a_closed_month_is_charged_to_the_next(clock, agent, customer):
    buy_line(agent, customer, make_sku("10.00"))
    clock.set("2020-02-01T00:05:00Z")
    close()
    clock.set("2020-01-31T23:59:30Z")
    buy_line(agent, customer, make_sku("20.00"))
    assert entries()[1:] == [("charge", FEBRUARY, "31 Jan 23:59:30")]
    assert totals() == [(JANUARY, 10, 10)]


@pytest.mark.django_db
def test_a_cancellation_of_a_closed_month_is_credited_in_the_next(clock, agent, customer):
    line = buy_line(agent, customer, make_sku("10.00", kind=Kind.PERPETUAL))
    clock.set("2020-02-01T00:05:00Z")
    close()
    clock.set("2020-01-31T23:59:30Z")
    cancel(line, agent)
    post_due_credits()
    assert entries()[1:] == [("credit", FEBRUARY, "31 Jan 23:59:30")]
    assert totals() == [(JANUARY, 10, 10)]
    clock.set("2020-03-01T00:05:00Z")
    close()
    assert totals() == [(JANUARY, 10, 10), (FEBRUARY, -10, 0)]


@pytest.mark.django_db
def test_after_several_closed_months_it_is_the_first_open_one(clock, agent, customer):
    buy_line(agent, customer, make_sku("10.00"))
    clock.set("2020-05-01T00:05:00Z")
    close()
    clock.set("2020-02-10T12:00:00Z")
    buy_line(agent, customer, make_sku("20.00"))
    assert entries()[1:] == [("charge", date(2020, 5, 1), "10 Feb 12:00:00")]


# Stamped before midnight, committed after


def somebody_waits():
    """Whether a connection to this database waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone()[0] > 0


@pytest.fixture
def midnight():
    """The clock stands at January's last second; `set` moves it."""
    with time_machine.travel("2020-01-31T23:59:59Z", tick=False) as traveller:
        yield traveller


def close_once_the_other_commits(midnight, other):
    """Start closing after midnight, see that it waits for the other's lock, and let the other commit."""
    midnight.move_to("2020-02-01T00:05:00Z", tick=False)
    closing = Other(close)
    closing.may_commit.set()
    closing.thread.start()
    assert wait_until(somebody_waits, 30)
    assert not Invoice.objects.exists()
    other.commit()
    closing.thread.join()


@pytest.mark.django_db(transaction=True)
def test_a_charge_that_holds_the_account_over_midnight_is_on_januarys_invoice(midnight, agent, customer):
    buy_line(agent, customer, make_sku("10.00"))
    sku = make_sku("20.00")
    with held_open(partial(buy_line, agent, customer, sku)) as other:
        close_once_the_other_commits(midnight, other)
    assert totals() == [(JANUARY, 30, 30)]
    assert {month for _kind, month, _instant in entries()} == {JANUARY}


@pytest.mark.django_db(transaction=True)
def test_a_posting_that_holds_the_account_over_midnight_is_on_januarys_invoice_once(midnight, agent, customer):
    credit = cancel(buy_line(agent, customer, make_sku("10.00")), agent).credit
    with held_open(partial(post_credit, credit.pk)) as other:
        close_once_the_other_commits(midnight, other)
    assert totals() == [(JANUARY, 0, 0)]
    assert Entry.objects.get(credit=credit).month == JANUARY
    assert post_credit(credit.pk) is False


@pytest.mark.django_db(transaction=True)
def test_a_cancellation_that_holds_the_account_over_midnight_is_on_januarys_invoice(midnight, agent, customer):
    """Its certificate says January, and the close waits to have it so."""
    line = buy_line(agent, customer, make_sku("10.00"))
    with held_open(partial(cancel, line, agent)) as other:
        close_once_the_other_commits(midnight, other)
    assert entries() == [("charge", JANUARY, "31 Jan 23:59:59"), ("credit", JANUARY, "31 Jan 23:59:59")]
    assert totals() == [(JANUARY, 0, 0)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("work", ["order", "cancellation"])
def test_what_waits_for_the_account_while_it_is_closed_falls_into_february(midnight, agent, customer, work):
    """Stamped in January, but closing came first to the lock."""
    line = buy_line(agent, customer, make_sku("10.00"))
    sku = make_sku("20.00")

    def close_and_hold():
        Account.objects.select_for_update().get()
        midnight.move_to("2020-02-01T00:05:00Z", tick=False)
        close()
        midnight.move_to("2020-01-31T23:59:59Z", tick=False)  # of the other, whose clock is behind

    with held_open(close_and_hold) as closing:
        if work == "order":
            late = Other(partial(buy_line, agent, customer, sku))
        else:
            late = Other(partial(cancel, line, agent))
        late.may_commit.set()
        late.thread.start()
        assert wait_until(somebody_waits, 30)
        closing.commit()
        late.thread.join()
    post_due_credits()
    assert entries()[0][1] == JANUARY
    assert entries()[1][1:] == (FEBRUARY, "31 Jan 23:59:59")
    assert totals() == [(JANUARY, 10, 10)]


@pytest.mark.django_db(transaction=True)
def test_closing_and_posting_at_once_put_the_credit_into_one_month(agent, customer):
    """Whoever comes first to the lock: the credit is of January, and of January's invoice."""
    with time_machine.travel("2020-01-24T12:00:00Z", tick=False):
        credit = cancel(buy_line(agent, customer, make_sku("10.00")), agent).credit
    with time_machine.travel("2020-02-01T00:05:00Z", tick=False):
        in_threads(close, partial(post_credit, credit.pk), post_due_credits, close)
    assert Entry.objects.get(credit=credit).month == JANUARY
    assert totals() == [(JANUARY, 0, 0)]
