"""Feeds of the log: tokens of collectors, webhooks (A6)."""

from functools import partial

from django.utils import timezone

from activity.feeds.models import DeliveryState, Wanted, Webhook, WebhookDelivery
from activity.feeds.services import tokens, webhooks
from activity.models import Action
from tests.recorded.registry import Call, Row, record_nothing, records
from tests.recorded.world import GLOBAL_ADMIN, World

TOKENS = "activity.feeds.services.tokens"
WEBHOOKS = "activity.feeds.services.webhooks"
CHANGED = Row(Action.FEED_CHANGED, GLOBAL_ADMIN)


@records(f"{TOKENS}.make_token", rows=[CHANGED])
def _make_token(world: World) -> Call:
    return partial(tokens.make_token, "본부 SIEM", actor=world.global_admin)


@records(f"{TOKENS}.revoke_token", rows=[CHANGED])
def _revoke_token(world: World) -> Call:
    feed, _token = tokens.make_token("본부 SIEM", actor=world.global_admin)
    return partial(tokens.revoke_token, feed.public_id, actor=world.global_admin)


@records(f"{TOKENS}.note_use", rows=[Row(Action.LOG_READ, "feed:본부 SIEM")])
def _read(world: World) -> Call:
    feed, _token = tokens.make_token("본부 SIEM", actor=world.global_admin)
    return partial(tokens.note_use, feed)


def _webhook(world: World) -> Webhook:
    world.settings.WEBHOOK_PRIVATE_TARGETS = True
    return webhooks.make_webhook("http://127.0.0.1:9/hook", Wanted.ALL, actor=world.global_admin)


@records(f"{WEBHOOKS}.make_webhook", rows=[CHANGED])
def _make_webhook(world: World) -> Call:
    world.settings.WEBHOOK_PRIVATE_TARGETS = True
    return partial(webhooks.make_webhook, "http://127.0.0.1:9/hook", Wanted.ALL, actor=world.global_admin)


@records(f"{WEBHOOKS}.change_webhook", rows=[CHANGED])
def _change_webhook(world: World) -> Call:
    changed = {"url": "http://127.0.0.1:9/other", "wanted": Wanted.KEYS_AND_DOWNLOADS}
    return partial(webhooks.change_webhook, _webhook(world).public_id, **changed, actor=world.global_admin)


@records(f"{WEBHOOKS}.replace_secret", rows=[CHANGED])
def _replace_secret(world: World) -> Call:
    return partial(webhooks.replace_secret, _webhook(world).public_id, actor=world.global_admin)


@records(f"{WEBHOOKS}.ping_webhook", rows=[CHANGED])
def _ping_webhook(world: World) -> Call:
    return partial(webhooks.ping_webhook, _webhook(world).public_id, actor=world.global_admin)


@records(f"{WEBHOOKS}.replay_delivery", rows=[Row(Action.WEBHOOK_REPLAYED, GLOBAL_ADMIN)])
def _replay_delivery(world: World) -> Call:
    webhook, now = _webhook(world), timezone.now()
    WebhookDelivery.objects.create(
        webhook=webhook, sequence=1, wanted=Wanted.ALL, first=1, last=1, state=DeliveryState.DEAD, made_at=now
    )
    return partial(webhooks.replay_delivery, webhook.public_id, 1, actor=world.global_admin)


record_nothing("takes a lock for those that change something", f"{TOKENS}.hold_feeds")
record_nothing(
    "sends rows that stand in the log already; a row for each would be sent again, without an end",
    "activity.feeds.tasks.send_due_webhooks",
    "activity.feeds.tasks.send_webhook",
)
