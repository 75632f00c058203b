"""Feeds of the log: tokens of collectors, webhooks (A6)."""

from functools import partial

from activity.feeds.services import tokens
from activity.models import Action
from tests.recorded.registry import Call, Row, record_nothing, records
from tests.recorded.world import GLOBAL_ADMIN, World

TOKENS = "activity.feeds.services.tokens"
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


record_nothing("takes a lock for those that change something", f"{TOKENS}.hold_feeds")
