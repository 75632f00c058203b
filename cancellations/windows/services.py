"""What a reader sets: the calendar's address, made, replaced and revoked; the weekly mail, on and off (C10)."""

from django.db import transaction
from django.utils import timezone

from activity.models import Action
from activity.services import record, refusals_recorded
from cancellations.windows.models import CalendarFeed, WeeklyMail
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, require


@refusals_recorded(Action.ACCESS_REFUSED)
@transaction.atomic
def make_feed(*, actor: User) -> CalendarFeed:
    """Give the actor an address of the calendar; one that stands is left as it is. Raises Refusal for the role."""
    require(actor, Permission.SEE_ORDERS)
    now = timezone.now()
    made = {"made_at": now, "sessions_ended": actor.sessions_ended}
    _feed, is_new = CalendarFeed.objects.get_or_create(user=actor, defaults=made)
    feed = CalendarFeed.objects.select_for_update().get(user=actor)
    if is_new or not feed.is_live(actor):
        if not is_new:
            feed.new_address(actor, now)
            feed.save()
        record(Action.CALENDAR_MADE, actor=actor)
    return feed


@refusals_recorded(Action.ACCESS_REFUSED)
@transaction.atomic
def replace_feed(seen: int, *, actor: User) -> CalendarFeed | None:
    """Replace the address whose number is `seen`; the old one is dead at once.

    With another number, or without an address, nothing changes: pressed twice it is replaced once. Answers the feed
    with its new address, or None where nothing was replaced.
    """
    feed = _locked(actor)
    if feed is None or feed.address_number != seen:
        return None
    feed.new_address(actor, timezone.now())
    feed.save()
    record(Action.CALENDAR_REPLACED, actor=actor)
    return feed


@refusals_recorded(Action.ACCESS_REFUSED)
@transaction.atomic
def revoke_feed(*, actor: User) -> bool:
    """Revoke the actor's address; answers whether one stood."""
    feed = _locked(actor)
    if feed is None:
        return False
    feed.revoked_at = timezone.now()
    feed.save(update_fields=["revoked_at"])
    record(Action.CALENDAR_REVOKED, actor=actor)
    return True


@refusals_recorded(Action.ACCESS_REFUSED)
@transaction.atomic
def set_weekly_mail(is_wanted: bool, *, actor: User) -> None:
    """Switch the actor's weekly mail on or off. Raises Refusal for who is no Admin agent: only they get it."""
    require(actor, Permission.CANCEL)
    WeeklyMail.objects.get_or_create(user=actor)
    setting = WeeklyMail.objects.select_for_update().get(user=actor)
    if setting.is_wanted != is_wanted:
        setting.is_wanted = is_wanted
        setting.save(update_fields=["is_wanted"])
        record(Action.WEEKLY_MAIL_SET, actor=actor, details={"wanted": is_wanted})


def _locked(actor: User) -> CalendarFeed | None:
    """The actor's feed, if an address stands. Raises Refusal for the role."""
    require(actor, Permission.SEE_ORDERS)
    return CalendarFeed.objects.live().select_for_update(of=("self",)).filter(user=actor).first()
