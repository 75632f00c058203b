"""Making and changing webhooks, sending a ping, and sending again what was given up (A6). Each is recorded (A3)."""

import json
import secrets
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from activity.feeds.delivering import SECRET_RETIRED, queue_webhook
from activity.feeds.models import MOST_WEBHOOKS, DeliveryState, Wanted, Webhook
from activity.feeds.posting import Answer, post
from activity.feeds.reasons import (
    DELIVERY_NOT_DEAD,
    TOO_MANY_WEBHOOKS,
    WEBHOOK_CHANGED_MEANWHILE,
    WEBHOOK_GONE,
    WEBHOOK_OFF,
)
from activity.feeds.rows import head_position
from activity.feeds.services.tokens import hold_feeds
from activity.feeds.targets import checked_target
from activity.models import Action
from activity.services import record, refusals_recorded
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, require
from csp_portal.errors import Refusal


@refusals_recorded(Action.FEED_REFUSED)
def make_webhook(url: str, wanted: Wanted, *, actor: User) -> Webhook:
    """Have the rows that are sealed from now on sent to an address, at most MOST_WEBHOOKS of them.

    Raises Refusal (role, address that may not be sent to, too many).
    """
    require(actor, Permission.MANAGE_FEEDS)
    checked_target(url)  # asks the DNS: before the lock
    return _made(url, wanted, actor)


@transaction.atomic
def _made(url: str, wanted: Wanted, actor: User) -> Webhook:
    partner, now = hold_feeds(actor), timezone.now()
    if Webhook.objects.visible_to(actor).count() >= MOST_WEBHOOKS:
        raise Refusal(TOO_MANY_WEBHOOKS, limit=MOST_WEBHOOKS)
    head = head_position(partner.pk)
    webhook = Webhook.objects.create(
        partner=partner,
        url=url,
        wanted=wanted,
        made_by=actor.email,
        made_at=now,
        position=head,
        looked_to=head,
        next_attempt_at=now,
    )
    _record(webhook, "webhook_made", actor, wanted=wanted.value)
    return webhook


@refusals_recorded(Action.FEED_REFUSED)
def change_webhook(
    webhook_id: UUID,
    *,
    url: str | None = None,
    wanted: Wanted | None = None,
    is_on: bool | None = None,
    seen: str | None = None,
    actor: User,
) -> Webhook:
    """Change what is given of address, rows and whether it is on, all or nothing; the rest stays as it stands.

    It counts from the next delivery on; switched on again it goes on where it stopped. What it is already changes
    nothing. `seen` is the `Webhook.version` that the actor saw: if it has another one by now, nothing changes.
    Raises Refusal (role, gone, address that may not be sent to, changed meanwhile).
    """
    require(actor, Permission.MANAGE_FEEDS)
    if url is not None:
        checked_target(url)  # asks the DNS: before the lock
    asked = {"url": url, "wanted": wanted.value if wanted else None, "is_on": is_on}
    return _changed(webhook_id, {name: value for name, value in asked.items() if value is not None}, seen, actor)


@transaction.atomic
def _changed(webhook_id: UUID, asked: dict[str, Any], seen: str | None, actor: User) -> Webhook:
    webhook = _held(webhook_id, actor)
    changes = {name: value for name, value in asked.items() if value != getattr(webhook, name)}
    if not changes:
        return webhook
    if seen not in (None, webhook.version):
        raise Refusal(WEBHOOK_CHANGED_MEANWHILE, host=webhook.host)
    was = {"host": webhook.host, "wanted": webhook.wanted}
    for name, value in {**changes, "next_attempt_at": timezone.now()}.items():
        setattr(webhook, name, value)
    webhook.save(update_fields=[*changes, "next_attempt_at"])
    if changes.keys() & {"url", "wanted"}:
        _record(webhook, "webhook_changed", actor, wanted=webhook.wanted, was=was)
    if "is_on" in changes:
        _record(webhook, "webhook_switched_on" if webhook.is_on else "webhook_switched_off", actor)
    queue_webhook(webhook.pk)
    return webhook


@refusals_recorded(Action.FEED_REFUSED)
@transaction.atomic
def replace_secret(webhook_id: UUID, *, actor: User) -> Webhook:
    """Give a webhook another secret; what is sent from now on is signed with it. Raises Refusal (role, gone)."""
    webhook = _held(webhook_id, actor)
    webhook.new_secret()
    webhook.save(update_fields=["secret_number", "secret_key_id"])
    _record(webhook, "webhook_secret_replaced", actor)
    return webhook


@refusals_recorded(Action.FEED_REFUSED)
@transaction.atomic
def replay_delivery(webhook_id: UUID, sequence: int, *, actor: User) -> Webhook:
    """Send a delivery again that was given up, before those behind it; its number and its rows are the same.

    Raises Refusal (role, gone, switched off, not given up).
    """
    webhook = _held(webhook_id, actor)
    delivery = webhook.deliveries.select_for_update(of=("self",)).filter(sequence=sequence).first()
    if delivery is None or not delivery.is_dead:
        raise Refusal(DELIVERY_NOT_DEAD, sequence=sequence)
    if not webhook.is_on:
        raise Refusal(WEBHOOK_OFF, url=webhook.url)
    delivery.state, delivery.attempts = DeliveryState.WAITING, 0
    delivery.save(update_fields=["state", "attempts"])
    webhook.next_attempt_at = timezone.now()
    webhook.save(update_fields=["next_attempt_at"])
    details = {"webhook": str(webhook.public_id), "host": webhook.host, "sequence": sequence}
    record(Action.WEBHOOK_REPLAYED, actor=actor, details=details)
    queue_webhook(webhook.pk)
    return webhook


@refusals_recorded(Action.FEED_REFUSED)
def ping_webhook(webhook_id: UUID, *, actor: User) -> Answer:
    """Send a signed message without rows, recorded before it leaves; answers what became of it.

    Raises Refusal (role, gone).
    """
    webhook = _pinged(webhook_id, actor)
    if not webhook.has_secret:
        return Answer(False, SECRET_RETIRED)
    body = {"webhook": str(webhook.public_id), "chain": str(webhook.partner.public_id), "ping": True}
    message_id = f"{webhook.public_id}-ping-{secrets.token_hex(8)}"
    return post(webhook.url, message_id, json.dumps(body).encode(), webhook.secret)


@transaction.atomic
def _pinged(webhook_id: UUID, actor: User) -> Webhook:
    webhook = _held(webhook_id, actor)
    _record(webhook, "webhook_pinged", actor)
    return webhook


def _held(webhook_id: UUID, actor: User) -> Webhook:
    """The webhook, locked. Raises Refusal (role, gone)."""
    hold_feeds(actor)
    held = Webhook.objects.visible_to(actor).select_related("partner").select_for_update(of=("self",))
    webhook = held.filter(public_id=webhook_id).first()
    if webhook is None:
        raise Refusal(WEBHOOK_GONE)
    return webhook


def _record(webhook: Webhook, change: str, actor: User, **more: Any) -> None:
    """Of the address only the host: receivers put secrets into the rest."""
    details = {"change": change, "webhook": str(webhook.public_id), "host": webhook.host, **more}
    record(Action.FEED_CHANGED, actor=actor, details=details)
