"""Making and revoking tokens of collectors, and noting that one is used (A3, A6)."""

from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from activity.feeds import secret_keys
from activity.feeds.models import LONGEST_NAME, MOST_TOKENS, USE_NOTED, FeedToken
from activity.feeds.reasons import FEED_GONE, FEED_NAME_TAKEN, FEED_WITHOUT_NAME, TOO_MANY_FEEDS
from activity.models import Action
from activity.services import record, refusals_recorded
from csp_portal.accounts.models import Partner, User
from csp_portal.accounts.permissions import Permission, require
from csp_portal.errors import Refusal
from csp_portal.typed_text import one_line


@refusals_recorded(Action.FEED_REFUSED)
@transaction.atomic
def make_token(name: str, *, actor: User) -> tuple[FeedToken, str]:
    """Make a token under a name that no other one has, at most MOST_TOKENS; answers it too, for the only time (A6).

    Raises Refusal (role, no name or too long, name taken, too many).
    """
    partner = hold_feeds(actor)
    kept, live = one_line(name), FeedToken.objects.visible_to(actor).live()
    if not 0 < len(kept) <= LONGEST_NAME:
        raise Refusal(FEED_WITHOUT_NAME, longest=LONGEST_NAME)
    if live.filter(name__iexact=kept).exists():
        raise Refusal(FEED_NAME_TAKEN, name=kept)
    if live.count() >= MOST_TOKENS:
        raise Refusal(TOO_MANY_FEEDS, limit=MOST_TOKENS)
    token = secret_keys.new_token()
    feed = FeedToken.objects.create(
        partner=partner,
        name=kept,
        hash=secret_keys.token_hash(token),
        made_by=actor.email,
        made_at=timezone.now(),
    )
    record(Action.FEED_CHANGED, actor=actor, details={"change": "token_made", "feed": kept})
    return feed, token


@refusals_recorded(Action.FEED_REFUSED)
@transaction.atomic
def revoke_token(feed_id: UUID, *, actor: User) -> FeedToken:
    """Revoke a token: the next request with it is refused. Raises Refusal (role, gone)."""
    hold_feeds(actor)
    feed = FeedToken.objects.visible_to(actor).live().select_for_update(of=("self",)).filter(public_id=feed_id).first()
    if feed is None:
        raise Refusal(FEED_GONE)
    feed.revoked_at = timezone.now()
    feed.save(update_fields=["revoked_at"])
    record(Action.FEED_CHANGED, actor=actor, details={"change": "token_revoked", "feed": feed.name})
    return feed


@transaction.atomic
def note_use(feed: FeedToken) -> None:
    """Note that a token is used, to the minute, and record its reading once in each hour (UTC), before a row is told.

    Two requests at once make one row: the database decides which of them came first.
    """
    now = timezone.now()
    this = FeedToken.objects.filter(pk=feed.pk)
    this.filter(Q(last_used_at=None) | Q(last_used_at__lte=now - USE_NOTED)).update(last_used_at=now)
    if this.filter(Q(logged_at=None) | Q(logged_at__lt=_hour_of(now))).update(logged_at=now):
        record(Action.LOG_READ, actor=feed.actor, details={"feed": feed.name})


def _hour_of(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def hold_feeds(actor: User) -> Partner:
    """Lock the actor's organisation, so that its feeds are changed one after the other. Raises Refusal for the role."""
    require(actor, Permission.MANAGE_FEEDS)
    assert actor.partner_id is not None  # only partners' roles may
    return Partner.objects.select_for_update(of=("self",), no_key=True).get(pk=actor.partner_id)
