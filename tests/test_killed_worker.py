"""kill -9 of the worker between a cancellation's commit and the posting of its credit: one entry stands (R4)."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import connection, connections, transaction

from activity.models import Action, Event
from csp_portal.celery import app
from csp_portal.embedded.processes import wait_until
from orders.billing import tasks
from orders.billing.models import Credit, Entry, EntryKind
from tests.factories import buy_line, make_sku
from tests.helpers import cancel
from tests.processes import running

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

POST_DUE_CREDITS = "orders.billing.tasks.post_due_credits"
PROMISED = timedelta(minutes=2)
LONG_ENOUGH = 60  # seconds for something that takes a few, on a machine with much to do
AS_ROOT = "You're running the worker with superuser"
WORKER = ["-m", "celery", "--quiet", "-A", "csp_portal.celery", "worker", "--pool", "prefork", "--concurrency", "1"]


def beat(folder):
    schedule = str(folder / "schedule")
    return ["-m", "celery", "--quiet", "-A", "tests.hurried_beat", "beat", "--pidfile", "", "--schedule", schedule]


@pytest.fixture
def line(agent, customer):
    with time_machine.travel("2020-01-24T12:00:00Z"):
        return buy_line(agent, customer, make_sku("1200.00", keys=1))


def cancel_in_february(line, agent):
    with time_machine.travel("2020-02-02T12:00:00Z"):
        return cancel(line, agent).credit


def somebody_waits_for_the_entries():
    """Whether the worker is inside post_credit, held up by the lock that the test holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees what it saw first
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%%billing_entry%%'"
        )
        return cursor.fetchone()[0] > 0


def posted():
    return Entry.objects.filter(kind=EntryKind.CREDIT).exists()


def assert_one_entry(credit):
    entry = Entry.objects.get(kind=EntryKind.CREDIT)
    assert (entry.credit, entry.gross, f"{entry.month:%Y-%m}") == (credit, -credit.gross, "2020-02")
    assert Event.objects.filter(action=Action.CREDIT_POSTED).count() == 1


def test_the_sweep_is_sent_often_enough_for_two_minutes():
    (sweep,) = [entry for entry in app.conf.beat_schedule.values() if entry["task"] == POST_DUE_CREDITS]
    assert timedelta(seconds=sweep["schedule"]) <= PROMISED / 2  # a beat that was killed too waits for one period


def test_killed_at_its_posting_the_credit_is_posted_once_by_what_is_started_again(agent, line, tmp_path):
    """The message in the worker's hands comes back after the visibility timeout only; the sweep is sooner."""
    assert settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] > PROMISED.total_seconds()
    with running(WORKER, beat(tmp_path), unheeded=AS_ROOT) as killed:
        with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
            cursor.execute("LOCK TABLE billing_entry IN EXCLUSIVE MODE")  # to read, and to cancel, needs none
            credit = cancel_in_february(line, agent)
            assert wait_until(somebody_waits_for_the_entries, LONG_ENOUGH)
            for process in killed:
                process.kill()
        assert Credit.objects.unposted().get() == credit
    with running(WORKER, beat(tmp_path), unheeded=AS_ROOT):
        assert wait_until(posted, LONG_ENOUGH)
    assert_one_entry(credit)
    assert tasks.post_credit(credit.pk) is False  # as when the message comes back
    assert_one_entry(credit)


def test_with_no_worker_there_the_credit_waits_in_the_queue_for_the_next_one(agent, line):
    credit = cancel_in_february(line, agent)
    with running(WORKER, unheeded=AS_ROOT):
        assert wait_until(posted, LONG_ENOUGH)
    assert_one_entry(credit)
