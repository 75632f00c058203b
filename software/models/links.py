"""Download links: two weeks or 50 downloads, whichever comes first (K3, K4)."""

import uuid
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.db.models.lookups import GreaterThanOrEqual
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import User
from csp_portal.calendar_utc import utc_day
from csp_portal.errors import Reason
from customers.models import Customer
from software import custody, reasons
from software.models.catalogue import Build
from software.models.purchases import SoftwarePurchase

LINK_LIFETIME = timedelta(days=14)  # 1,209,600 s (K3)
LINK_DOWNLOADS = 50
MOST_LINKS = 20  # with a label, to one build of a purchase, that are not revoked (K4)
LONGEST_LABEL = 100  # characters
SHORT_PERCENT = 80  # of the downloads used: whoever granted the link is told (K9)
ENDS_SOON = timedelta(hours=24)  # before its expiry: they are told as well (K9)


class LinkState(models.TextChoices):
    ACTIVE = "active", _("active")
    EXPIRED = "expired", _("expired")
    EXHAUSTED = "exhausted", _("used up")
    REVOKED = "revoked", _("revoked")

    @property
    def tone(self) -> str:
        """The colour of its badge."""
        return "good" if self == LinkState.ACTIVE else "bad"


class DownloadLinkQuerySet(models.QuerySet["DownloadLink"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(purchase__customer__in=Customer.objects.visible_to(user))

    def usable(self, now: datetime) -> Self:
        """Links with which a download may start at `now` (K3)."""
        return self.filter(revoked_at=None, expires_at__gt=now, used__lt=F("limit"))

    def to_note_expired(self, now: datetime) -> Self:
        """Links whose time is over and of which the log does not say so yet (K9)."""
        return self.filter(revoked_at=None, expired_at=None, expires_at__lte=now)

    def to_warn_of(self, now: datetime) -> Self:
        """Links in their time of which nobody was told yet that they are nearly used up, or will soon expire (K9)."""
        is_short = Q(GreaterThanOrEqual(F("used") * 100, F("limit") * SHORT_PERCENT), short_told_at=None)
        ends_soon = Q(end_told_at=None, expires_at__lte=now + ENDS_SOON, used__lt=F("limit"))
        return self.filter(is_short | ends_soon, revoked_at=None, expired_at=None, expires_at__gt=now)

    def from_token(self, token: str) -> "DownloadLink":
        """The link of which `token` is an address, or was one before it was replaced (`has_token` tells).

        Raises DownloadLink.DoesNotExist for a token we did not make.
        """
        claim = custody.read_token(token)
        if claim is None or not custody.is_genuine(claim, "link"):
            raise DownloadLink.DoesNotExist
        return self.get(public_id=claim.public_id)

    def with_names(self) -> Self:
        """With what `log_subject` reads, for where many are written at once."""
        names = models.Prefetch("purchase", SoftwarePurchase.objects.names())
        return self.select_related("granted_by").prefetch_related(names)

    def with_purchase(self) -> Self:
        """With all that a page shows of it."""
        return self.select_related(
            "build__product",
            "purchase__customer__partner",
            "purchase__sku__product",
            "purchase__order_line__order",
            "granted_by",
        )


class DownloadLink(models.Model):
    """A customer's way to one build: two weeks or 50 downloads, whichever comes first (K3)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    token_key_id = models.CharField(max_length=8, default=custody.newest_token_key_id)
    address_number = models.PositiveIntegerField(default=1)  # rises when the address is replaced
    purchase = models.ForeignKey(SoftwarePurchase, on_delete=models.PROTECT, related_name="links")
    build = models.ForeignKey(Build, on_delete=models.PROTECT, related_name="links")
    label = models.CharField(max_length=LONGEST_LABEL, blank=True)  # for the partner alone: it may name a person
    grant_number = models.PositiveIntegerField(default=1)
    granted_at = models.DateTimeField()
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    limit = models.PositiveSmallIntegerField(default=LINK_DOWNLOADS)
    used = models.PositiveSmallIntegerField(default=0)
    revoked_at = models.DateTimeField(null=True)
    # What jobs have done about the grant that stands; a new grant begins without (K9).
    expired_at = models.DateTimeField(null=True)
    short_told_at = models.DateTimeField(null=True)
    end_told_at = models.DateTimeField(null=True)

    objects = DownloadLinkQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(  # `iexact` compares by upper()
                "purchase", "build", Upper("label"), condition=Q(revoked_at=None), name="software_link_one_live"
            ),
            models.CheckConstraint(condition=Q(used__lte=F("limit")), name="software_link_within_limit"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("granted_at")), name="software_link_expires_later"),
        )
        indexes = (
            models.Index("expires_at", condition=Q(revoked_at=None, expired_at=None), name="software_link_by_expiry"),
        )

    def __str__(self) -> str:
        return f"{self.build} {self.public_id}"

    def get_absolute_url(self) -> str:
        """The address that is copied; it works without signing in (K5)."""
        return reverse("software:landing", args=[self.token])

    @property
    def token(self) -> str:
        return custody.make_token(self.public_id, self.token_key_id, "link", self.address_number)

    def has_token(self, token: str) -> bool:
        """Whether a token of it that we made is that of its address today, not of one that was replaced (K4)."""
        return self.has_address and token == self.token

    def replace_address(self) -> None:
        """Give it another address, unsaved; what was copied before opens nothing any more."""
        self.address_number += 1
        self.token_key_id = custody.newest_token_key_id()

    def new_attempt(self) -> str:
        """An id for one press of **Download**: a form that is sent again with it starts nothing anew (K5)."""
        return custody.make_token(uuid.uuid4(), self.token_key_id, self._attempt_purpose)

    def attempt_in(self, attempt: str) -> uuid.UUID | None:
        """The attempt that a form names; None if we did not make that for this link."""
        claim = custody.read_token(attempt)
        return claim.public_id if claim and custody.is_genuine(claim, self._attempt_purpose) else None

    @property
    def _attempt_purpose(self) -> str:
        return f"attempt {self.public_id}"

    @property
    def has_address(self) -> bool:
        """Whether its token can still be made: not once the key for it was retired, until the next grant."""
        return custody.knows_token_key(self.token_key_id)

    @property
    def left(self) -> int:
        """Downloads that may still start."""
        return self.limit - self.used

    @property
    def is_short(self) -> bool:
        """Whether it is nearly used up."""
        return self.used * 100 >= self.limit * SHORT_PERCENT

    def ends_soon(self, now: datetime) -> bool:
        """Whether it expires within a day, with downloads left."""
        return self.expires_at <= now + ENDS_SOON and self.left > 0

    def state(self, now: datetime) -> LinkState:
        """Judged at `now`, never by a job (K3, K9)."""
        if self.revoked_at is not None:
            return LinkState.REVOKED
        if now >= self.expires_at or not self.has_address:
            return LinkState.EXPIRED
        return LinkState.EXHAUSTED if self.used >= self.limit else LinkState.ACTIVE

    def reason_unusable(self, now: datetime) -> Reason | None:
        """Why no download can start at `now`; None if one can (K6)."""
        state = self.state(now)
        if state != LinkState.ACTIVE and self.purchase.is_active and self.purchase.has_ended(utc_day(now)):
            return reasons.LINK_TERM_OVER
        return {
            LinkState.ACTIVE: None,
            LinkState.EXPIRED: reasons.LINK_EXPIRED,
            LinkState.EXHAUSTED: reasons.LINK_USED_UP,
            LinkState.REVOKED: reasons.LINK_REVOKED,
        }[state]

    def log_subject(self) -> dict[str, Any]:
        """What the activity log says of it."""
        return {
            **self.purchase.log_subject(),
            "link_id": self.public_id,
            "link_made_by": self.granted_by.email,
            "details": {"label": self.label} if self.label else {},
        }


class Grant(models.Model):
    """One grant of a link: its first, or a renewal (K4). Never changed; the link itself holds the one that stands."""

    link = models.ForeignKey(DownloadLink, on_delete=models.PROTECT, related_name="grants")
    number = models.PositiveIntegerField()
    granted_at = models.DateTimeField()
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    limit = models.PositiveSmallIntegerField()
    address_number = models.PositiveIntegerField()  # of the address that stood with it

    class Meta:
        ordering = ("link", "number")
        constraints = (models.UniqueConstraint("link", "number", name="software_grant_once"),)

    def __str__(self) -> str:
        return f"{self.link} {self.number}"
