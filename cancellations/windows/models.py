"""What a reader has set about windows: the calendar's address, and whether the weekly mail is wanted (C10)."""

import uuid
from datetime import date, datetime

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from csp_portal.accounts.models import User
from software import custody

_PURPOSE = "calendar"  # of its tokens: no token of anything else opens one


class CalendarFeedQuerySet(models.QuerySet["CalendarFeed"]):
    def live(self) -> "CalendarFeedQuerySet":
        """Those whose address stands: neither revoked, nor from before all sessions of its user were ended."""
        return self.filter(revoked_at=None, sessions_ended=F("user__sessions_ended"))

    def from_token(self, token: str) -> "CalendarFeed":
        """The feed of which `token` is the address today.

        Raises CalendarFeed.DoesNotExist for a token that we did not make, without asking the database, and for one that
        was replaced or revoked.
        """
        claim = custody.read_token(token)
        if claim is None or not custody.is_genuine(claim, _PURPOSE):
            raise CalendarFeed.DoesNotExist
        return self.live().select_related("user").get(public_id=claim.public_id, address_number=claim.number)


class CalendarFeed(models.Model):
    """A user's address of the open windows as a calendar; nothing stored here opens it.

    It works without signing in, until it is revoked or replaced, or its user's account is switched off: that ends it
    for good, as it ends sessions. And it works only while its user may see orders.
    """

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="calendar_feed")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    token_key_id = models.CharField(max_length=8, default=custody.newest_token_key_id)
    address_number = models.PositiveIntegerField(default=1)  # rises with each new address
    sessions_ended = models.PositiveIntegerField(default=0)  # the user's, when the address was made
    made_at = models.DateTimeField()  # the address that stands
    revoked_at = models.DateTimeField(null=True)

    objects = CalendarFeedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.user}: {self.public_id}"

    def get_absolute_url(self) -> str:
        return reverse("windows:calendar", args=[self.token])

    @property
    def token(self) -> str:
        return custody.make_token(self.public_id, self.token_key_id, _PURPOSE, self.address_number)

    def is_live(self, user: User) -> bool:
        """Whether the address of `user`, whose feed this is, stands."""
        return self.revoked_at is None and self.sessions_ended == user.sessions_ended

    @property
    def has_address(self) -> bool:
        """Whether its token can still be made: not once the key for it was retired, until it is replaced."""
        return custody.knows_token_key(self.token_key_id)

    def new_address(self, user: User, now: datetime) -> None:
        """Give its user another address, unsaved; the one before opens nothing any more."""
        self.sessions_ended = user.sessions_ended
        self.address_number += 1
        self.token_key_id = custody.newest_token_key_id()
        self.made_at, self.revoked_at = now, None


class WeeklyMailQuerySet(models.QuerySet["WeeklyMail"]):
    def to_see_to(self, week: date) -> "WeeklyMailQuerySet":
        """Those for which nothing was done yet about the week that begins on `week`."""
        return self.filter(Q(week=None) | Q(week__lt=week))

    def is_wanted_by(self, user: User) -> bool:
        """Whether a user gets the mail; who has said nothing does."""
        return not self.filter(user=user, is_wanted=False).exists()


class WeeklyMail(models.Model):
    """The mail of Monday about windows that close: whether its user wants it, and the last week that was seen to."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="weekly_mail")
    is_wanted = models.BooleanField(default=True)
    week = models.DateField(null=True)  # its Monday

    objects = WeeklyMailQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.user}: {self.week}"
