"""Sending webhooks: a batch of sealed rows after the other, each until it is delivered or given up (A6).

No lock and no transaction waits for a receiver: an open one would hold up the sealer. Who sends first puts off the
webhook's next try, so that nobody else takes it. Who is killed before the answer is written down leaves it due a little
later, and the same delivery is sent again: at least once, with the same webhook-id.
"""

import json
import time
from datetime import datetime, timedelta
from typing import Any

from celery import signature
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from activity.feeds.models import MOST_ITEMS, WAITS, DeliveryState, Wanted, Webhook, WebhookDelivery
from activity.feeds.posting import Answer, post
from activity.feeds.rows import head_position, item_of
from activity.models import KEYS_AND_DOWNLOADS
from activity.seals.contents import chain_name
from activity.seals.rows import sealed_lines
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission
from csp_portal.mail.addresses import site_address
from csp_portal.mail.services import queue_mail

SEND_WEBHOOK = "activity.feeds.tasks.send_webhook"  # by name: the task calls this module
CLAIM = timedelta(minutes=2)  # a sender has a webhook for itself; far longer than one delivery may take
TURN_SECONDS = 45  # after which a webhook with a long queue leaves the rest to the next sweep
WINDOW = 2000  # positions that are looked at in one go
MOST_WINDOWS = 20  # in one turn, where nothing in them is wanted
SECRET_RETIRED = "The key behind the webhook's secret was retired. Make another secret."  # noqa: S105 - a sentence

_WANTED = """
    SELECT sealed.position FROM activity_sealedrow sealed
    JOIN activity_event event ON event.id = sealed.event_id AND event.occurred_at = sealed.occurred_at
    WHERE sealed.partner_id = %s AND sealed.position BETWEEN %s AND %s AND (%s OR event.action = ANY (%s))
    ORDER BY sealed.position LIMIT %s
"""


def queue_due_webhooks() -> int:
    """Have each webhook sent for which something is due, each by a task of its own; answers how many."""
    due = list(Webhook.objects.due(timezone.now()).order_by("next_attempt_at").values_list("pk", flat=True))
    for pk in due:
        queue_webhook(pk)
    return len(due)


def queue_webhook(pk: int) -> None:
    """Have a webhook sent after the commit; the sweep finds what was never queued, or was lost on the way."""
    transaction.on_commit(signature(SEND_WEBHOOK, args=(pk,)).delay, robust=True)


def send_webhook(pk: int) -> int:
    """Send what is due to one webhook, one delivery after the other, until one is not taken; answers how many were."""
    stop_at, sent = time.monotonic() + TURN_SECONDS, 0
    while time.monotonic() < stop_at and (delivery := _claim(pk)) is not None:
        if not _write_down(delivery, _try_once(delivery)):
            break
        sent += 1
    return sent


@transaction.atomic
def _claim(pk: int) -> WebhookDelivery | None:
    """The delivery whose turn it is, if the webhook is due; nobody else finds it due for the length of a claim."""
    now = timezone.now()
    if not Webhook.objects.due(now).filter(pk=pk).update(next_attempt_at=now + CLAIM):
        return None
    webhook = Webhook.objects.select_related("partner").get(pk=pk)
    delivery = webhook.deliveries.waiting().order_by("sequence").first() or _next_delivery(webhook)
    if delivery is None:
        webhook.next_attempt_at = now
        webhook.save(update_fields=["next_attempt_at"])
        return None
    delivery.webhook = webhook
    return delivery


def _next_delivery(webhook: Webhook) -> WebhookDelivery | None:
    """A new delivery behind the last one, of the next rows that are wanted; None where there are none yet."""
    head = head_position(webhook.partner_id)
    for _window in range(MOST_WINDOWS):
        last = min(webhook.looked_to + WINDOW, head)
        wanted = _wanted(webhook, webhook.looked_to + 1, last)
        full = len(wanted) == MOST_ITEMS
        webhook.looked_to = wanted[-1] if full else max(last, webhook.looked_to)
        if wanted:
            return _new_delivery(webhook)
        if webhook.looked_to >= head:
            break
    webhook.save(update_fields=["looked_to"])
    return None


def _wanted(webhook: Webhook, first: int, last: int) -> list[int]:
    """The first positions of that stretch whose rows the webhook is sent."""
    everything, actions = webhook.wanted == Wanted.ALL, [action.value for action in KEYS_AND_DOWNLOADS]
    with connection.cursor() as cursor:
        cursor.execute(_WANTED, [webhook.partner_id, first, last, everything, actions, MOST_ITEMS])
        return [position for (position,) in cursor.fetchall()]


def _new_delivery(webhook: Webhook) -> WebhookDelivery:
    """A delivery that covers all from the last one to where was looked."""
    webhook.sequence += 1
    delivery = WebhookDelivery.objects.create(
        webhook=webhook,
        sequence=webhook.sequence,
        wanted=webhook.wanted,
        first=webhook.position + 1,
        last=webhook.looked_to,
        made_at=timezone.now(),
    )
    webhook.position = webhook.looked_to
    webhook.save(update_fields=["sequence", "position", "looked_to"])
    return delivery


def body_of(delivery: WebhookDelivery) -> bytes:
    """What is sent. All that is wanted of a delivery lies in the last window of its positions."""
    webhook, first = delivery.webhook, max(delivery.first, delivery.last - WINDOW + 1)
    items = [item_of(line) for line in sealed_lines(webhook.partner_id, first, delivery.last)]
    content = {
        "webhook": str(webhook.public_id),
        "sequence": delivery.sequence,
        "chain": chain_name(webhook.partner),
        "first": delivery.first,
        "last": delivery.last,
        "items": [item for item in items if _is_wanted(delivery, item)],
    }
    return json.dumps(content, ensure_ascii=False).encode()


def _is_wanted(delivery: WebhookDelivery, item: dict[str, Any]) -> bool:
    return delivery.wanted == Wanted.ALL or item.get("action") in KEYS_AND_DOWNLOADS


def _try_once(delivery: WebhookDelivery) -> Answer:
    if not delivery.webhook.has_secret:
        return Answer(False, SECRET_RETIRED)
    webhook = delivery.webhook
    return post(webhook.url, delivery.message_id, body_of(delivery), webhook.secret)


@transaction.atomic
def _write_down(tried: WebhookDelivery, answer: Answer) -> bool:
    """What came of a try; whether the next delivery may follow at once. What another sender has settled stays."""
    now = timezone.now()
    webhook = Webhook.objects.select_for_update().get(pk=tried.webhook_id)
    delivery = WebhookDelivery.objects.select_for_update().get(pk=tried.pk)
    if delivery.state != DeliveryState.WAITING or delivery.attempts != tried.attempts:
        return False
    delivery.attempts += 1
    delivery.last_answer, delivery.tried_at = answer.words, now
    if answer.is_taken:
        delivery.state, delivery.delivered_at = DeliveryState.DELIVERED, now
        webhook.failures, webhook.next_attempt_at = 0, now
    else:
        webhook.failures += 1
        webhook.next_attempt_at = _after_failure(delivery, webhook)
    delivery.save(update_fields=["attempts", "last_answer", "tried_at", "state", "delivered_at"])
    webhook.save(update_fields=["failures", "next_attempt_at"])
    return answer.is_taken


def _after_failure(delivery: WebhookDelivery, webhook: Webhook) -> datetime:
    """When the webhook is tried next. After the last wait the delivery is dead, and the one behind it has its turn."""
    now = timezone.now()
    if delivery.attempts <= len(WAITS):
        return now + WAITS[delivery.attempts - 1]
    delivery.state = DeliveryState.DEAD
    _mail_death(delivery, webhook)
    return now


def _mail_death(delivery: WebhookDelivery, webhook: Webhook) -> None:
    """Tell those who manage feeds, once for each delivery."""
    told = User.objects.filter(partner_id=webhook.partner_id).who_may(Permission.MANAGE_FEEDS).order_by("pk")
    for user in told:
        queue_mail(
            user.email,
            "webhook_dead",
            cause=f"webhook_dead:{webhook.public_id}:{delivery.sequence}",
            host=webhook.host,
            sequence=delivery.sequence,
            answer=delivery.last_answer,
            page=site_address(reverse("feeds:webhook", args=[webhook.public_id])),
        )
