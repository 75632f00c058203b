"""Closing and issuing twice at once, and killed with -9 at random points: the same invoices, without a gap (R4, R5)."""

import random
import signal

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from activity.models import Action, Event
from orders.billing.models import SUMMED, Credit, Entry, Invoice
from orders.billing.services import close_due_months, issue_due_invoices
from software.models import Kind
from tests.factories import CustomerFactory, UserFactory, buy_line, make_sku
from tests.helpers import cancel
from tests.processes import running

pytestmark = pytest.mark.django_db(transaction=True)

WHEN_DUE = "2020-04-08T00:10:00Z"
TIMES_KILLED = 5
PARTNERS = 6


@pytest.fixture
def months():
    """Six partners with orders of January to March, credits that were never posted, and a negative February."""
    sku, whole = make_sku("366.00"), make_sku("900.00", kind=Kind.PERPETUAL)
    for _number in range(PARTNERS):
        agent = UserFactory(roles=["admin_agent"])
        customer = CustomerFactory(partner=agent.partner)
        with time_machine.travel("2020-01-20T12:00:00Z", tick=False):
            bought = [buy_line(agent, customer, sku) for sku in (sku, whole)]
        with time_machine.travel("2020-02-10T12:00:00Z", tick=False):
            for line in bought:
                cancel(line, agent)
        with time_machine.travel("2020-03-10T12:00:00Z", tick=False):
            buy_line(agent, customer, sku)


def due():
    with time_machine.travel(WHEN_DUE, tick=False):
        return timezone.now()


def books():
    """Every invoice and every entry, without what says when a job ran and in which row it stands."""
    invoices = Invoice.objects.with_totals().order_by("month", "account")
    entries = Entry.objects.order_by("account", "month", "kind", "order_line")
    of_entry = ("account", "month", "kind", "order_line", "credit", "carried_from__month", "occurred_at", *SUMMED)
    return (
        list(invoices.values_list("account", "month", "number", *SUMMED)),
        list(entries.values_list(*of_entry)),
    )


def undisturbed():
    """The books as one run makes them, and how many statements that took; nothing of it stays."""
    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        close_due_months(due())
        issue_due_invoices(due())
        found = books()
        transaction.set_rollback(True)
    return found, len(captured)


def run(*, killed_at=0):
    return ["-m", "tests.close_and_issue", WHEN_DUE, str(killed_at)]


def assert_sound(expected):
    """The same as undisturbed: each month closed once, each credit posted once, numbers without a gap."""
    assert books() == expected
    assert Credit.objects.unposted().count() == 0
    numbers = list(Invoice.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, 3 * PARTNERS + 1))
    for action, times in ((Action.MONTH_CLOSED, 3), (Action.INVOICE_ISSUED, 3), (Action.CREDIT_POSTED, 2)):
        assert Event.objects.filter(action=action).count() == times * PARTNERS


def test_killed_at_five_random_points_and_then_left_alone(months):
    expected, statements = undisturbed()
    most = statements // (TIMES_KILLED + 1)  # so that there is work left for every one of them
    for _time in range(TIMES_KILLED):
        point = random.randint(1, most)
        with running(run(killed_at=point)) as (process,):
            code, said = process.finish()
        assert code == -signal.SIGKILL, f"killed at statement {point}: {said}"
    with running(run()) as (process,):
        assert process.finish() == (0, "")
    assert_sound(expected)


def test_two_processes_at_once(months):
    expected, _statements = undisturbed()
    with running(run(), run()) as processes:
        assert [process.finish() for process in processes] == [(0, "")] * 2
    assert_sound(expected)


def test_one_killed_while_another_runs(months):
    expected, statements = undisturbed()
    with running(run(killed_at=random.randint(1, statements // 2)), run()) as (killed, left):
        killed.finish()
        assert left.finish() == (0, "")
    with running(run()) as (process,):  # a row that the killed one held was waited for, none was passed by
        assert process.finish() == (0, "")
    assert_sound(expected)
