"""Webhooks by real workers: found by the sweep, sent by a task, and sent again when one is killed on the way (A6)."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from activity.feeds.delivering import CLAIM, queue_due_webhooks, send_webhook
from activity.feeds.models import DeliveryState, Wanted, WebhookDelivery
from activity.feeds.services.webhooks import make_webhook
from activity.models import Action, SealedRow
from activity.services import Actor, record_each
from csp_portal.celery import app
from csp_portal.embedded.processes import wait_until
from tests.processes import running
from tests.receiver import receiver_running
from tests.sealing import seal_everything
from tests.test_killed_worker import AS_ROOT, LONG_ENOUGH, WORKER

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def receiver(settings, monkeypatch):
    settings.WEBHOOK_PRIVATE_TARGETS = True
    monkeypatch.setenv("WEBHOOK_PRIVATE_TARGETS", "true")  # for the workers
    with receiver_running() as receiver:
        yield receiver


@pytest.fixture
def webhook(receiver, global_admin):
    return make_webhook(receiver.url, Wanted.ALL, actor=global_admin)


def write(partner):
    record_each(Action.LINK_EXPIRED, actor=Actor.visitor(), on=[partner] * 3)
    seal_everything()


def test_the_sweep_comes_every_minute():
    sweep = app.conf.beat_schedule["send-due-webhooks"]
    assert (sweep["task"], sweep["schedule"]) == ("activity.feeds.tasks.send_due_webhooks", 60.0)


def test_a_worker_sends_what_the_sweep_finds(webhook, receiver, partner, worker):
    write(partner)
    assert queue_due_webhooks() == 1
    with worker():
        assert wait_until(lambda: WebhookDelivery.objects.exclude(delivered_at=None).exists(), LONG_ENOUGH)
    assert receiver.positions == list(range(1, SealedRow.objects.filter(partner=partner).count() + 1))


def test_a_worker_killed_before_the_answer_is_written_down_leaves_the_same_to_be_sent(webhook, receiver, partner):
    """The receiver has it by then: it comes a second time, with the same webhook-id."""
    write(partner)
    with running(WORKER, unheeded=AS_ROOT) as (victim,):
        receiver.when_taken = victim.kill
        queue_due_webhooks()
        assert wait_until(lambda: victim.process.returncode is not None, LONG_ENOUGH)
    receiver.when_taken = lambda: None
    assert send_webhook(webhook.pk) == 0  # its claim stands
    assert len(receiver.messages) == 1
    with time_machine.travel(timezone.now() + CLAIM + timedelta(seconds=1)):
        assert send_webhook(webhook.pk) == 1
    first, second = receiver.messages
    assert (first.id, first.body) == (second.id, second.body)
    assert WebhookDelivery.objects.get().state == DeliveryState.DELIVERED
