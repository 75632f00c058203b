"""Download links and the sessions that are started with them (K3 to K7)."""

import uuid
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import User
from csp_portal.errors import Reason
from customers.models import Customer
from software import custody, reasons
from software.file_names import safe_name
from software.models.catalogue import Build
from software.models.purchases import SoftwarePurchase

LINK_LIFETIME = timedelta(days=14)  # 1,209,600 s (K3)
LINK_DOWNLOADS = 50
SESSION_LIFETIME = timedelta(hours=24)  # K7


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

    def from_token(self, token: str) -> "DownloadLink":
        """The link whose address holds `token`. Raises DownloadLink.DoesNotExist for a token we did not make."""
        link = self.get(public_id=custody.id_in_token(token))
        if not custody.token_is_genuine(token, link.public_id, link.token_key_id, "link"):
            raise DownloadLink.DoesNotExist
        return link

    def with_purchase(self) -> Self:
        return self.select_related(
            "build__product",
            "purchase__customer__partner",
            "purchase__sku__product",
            "purchase__order_line__order",
        )


class DownloadLink(models.Model):
    """A customer's way to one build: two weeks or 50 downloads, whichever comes first (K3)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    token_key_id = models.CharField(max_length=8, default=custody.newest_token_key_id)
    purchase = models.ForeignKey(SoftwarePurchase, on_delete=models.PROTECT, related_name="links")
    build = models.ForeignKey(Build, on_delete=models.PROTECT, related_name="links")
    label = models.CharField(max_length=100, blank=True)
    grant_number = models.PositiveIntegerField(default=1)
    granted_at = models.DateTimeField()
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    limit = models.PositiveSmallIntegerField(default=LINK_DOWNLOADS)
    used = models.PositiveSmallIntegerField(default=0)
    revoked_at = models.DateTimeField(null=True)

    objects = DownloadLinkQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                "purchase", "build", "label", condition=Q(revoked_at=None), name="software_link_one_live"
            ),
            models.CheckConstraint(condition=Q(used__lte=F("limit")), name="software_link_within_limit"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("granted_at")), name="software_link_expires_later"),
        )

    def __str__(self) -> str:
        return f"{self.build} {self.public_id}"

    def get_absolute_url(self) -> str:
        """The address that is copied; it works without signing in (K5)."""
        return reverse("software:landing", args=[self.token])

    @property
    def token(self) -> str:
        return custody.make_token(self.public_id, self.token_key_id, "link")

    @property
    def has_address(self) -> bool:
        """Whether its token can still be made: not once the key for it was retired, until the next grant."""
        return custody.knows_token_key(self.token_key_id)

    @property
    def left(self) -> int:
        """Downloads that may still start."""
        return self.limit - self.used

    def state(self, now: datetime) -> LinkState:
        """Judged at `now`, never by a job (K3, K9)."""
        if self.revoked_at is not None:
            return LinkState.REVOKED
        if now >= self.expires_at or not self.has_address:
            return LinkState.EXPIRED
        return LinkState.EXHAUSTED if self.used >= self.limit else LinkState.ACTIVE

    def reason_unusable(self, now: datetime) -> Reason | None:
        """Why no download can start at `now`; None if one can (K6)."""
        return {
            LinkState.ACTIVE: None,
            LinkState.EXPIRED: reasons.LINK_EXPIRED,
            LinkState.EXHAUSTED: reasons.LINK_USED_UP,
            LinkState.REVOKED: reasons.LINK_REVOKED,
        }[self.state(now)]

    def log_subject(self) -> dict[str, Any]:
        """What the activity log says of it."""
        return {
            **self.purchase.log_subject(),
            "link_id": self.public_id,
            "link_made_by": self.granted_by.email,
        }


class DownloadSessionQuerySet(models.QuerySet["DownloadSession"]):
    def from_token(self, token: str) -> "DownloadSession":
        """The session whose address holds `token`. Raises DownloadSession.DoesNotExist for one we did not make."""
        session = self.get(public_id=custody.id_in_token(token))
        if not custody.token_is_genuine(token, session.public_id, session.token_key_id, "session"):
            raise DownloadSession.DoesNotExist
        return session

    def with_link(self) -> Self:
        """With the file and whom to ask about it."""
        return self.select_related("link__build", "link__purchase__customer__partner")


class DownloadSession(models.Model):
    """One counted download: 24 hours in which its bytes may be fetched, resumed and probed (K7)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    token_key_id = models.CharField(max_length=8, default=custody.newest_token_key_id)
    link = models.ForeignKey(DownloadLink, on_delete=models.PROTECT, related_name="sessions")
    grant_number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    build_sha256 = models.CharField(max_length=64)
    revoked_at = models.DateTimeField(null=True)

    objects = DownloadSessionQuerySet.as_manager()

    class Meta:
        indexes = (models.Index("link", "grant_number", name="software_session_by_grant"),)

    def __str__(self) -> str:
        return f"{self.link} {self.started_at:%Y-%m-%dT%H:%M:%SZ}"

    def get_absolute_url(self) -> str:
        """Where its bytes are; the address ends in the file's name, by which some clients name what they save."""
        return reverse("software:session", args=[self.token, safe_name(self.link.build.file_name)])

    @property
    def token(self) -> str:
        return custody.make_token(self.public_id, self.token_key_id, "session")

    def reason_closed(self, now: datetime) -> Reason | None:
        """Why no byte is sent at `now`; None while the session is open (K7, C6)."""
        if self.revoked_at is not None:
            return reasons.LINK_REVOKED
        if now >= self.expires_at:
            return reasons.SESSION_OVER
        if self.build_sha256 != self.link.build.sha256:
            return reasons.FILE_REPLACED
        return None
