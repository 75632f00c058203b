"""Ways for other programs to read the log: tokens of collectors, webhooks and what is sent to them (A6)."""

import uuid
from datetime import datetime, timedelta
from typing import Any, Self
from urllib.parse import urlsplit

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from activity.feeds import secret_keys
from activity.models import ActorKind, SealedRow
from activity.services import Actor
from csp_portal.versions import version_of
from software import custody

MOST_TOKENS = 10  # of one partner that are not revoked
MOST_WEBHOOKS = 10  # of one partner
LONGEST_NAME = 60  # characters
LONGEST_URL = 500  # characters
MOST_ITEMS = 100  # rows in one delivery
USE_NOTED = timedelta(minutes=1)  # the last use of a token is this exact
# How long after each failed try the next one comes; the last one that fails makes a delivery a dead one.
WAITS = (
    *(timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30)),
    *(timedelta(hours=2), timedelta(hours=6), timedelta(hours=12), timedelta(hours=24)),
)


class FeedTokenQuerySet(models.QuerySet["FeedToken"]):
    def visible_to(self, user: Any) -> Self:
        """Those of the user's partner; the operator has none."""
        return self.filter(partner_id=user.partner_id) if user.partner_id else self.none()

    def live(self) -> Self:
        return self.filter(revoked_at=None)

    def from_token(self, token: str) -> "FeedToken | None":
        """The feed that `token` opens; an unknown token and a revoked one cost the same query."""
        return self.live().filter(hash__in=secret_keys.token_hashes(token)).select_related("partner").first()


class FeedToken(models.Model):
    """What a collector shows to read its partner's log. It is the organisation's, and works until it is revoked."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    partner = models.ForeignKey("accounts.Partner", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=LONGEST_NAME)
    hash = models.CharField(max_length=64, unique=True)  # keyed; the token itself is nowhere
    made_by = models.CharField(max_length=254)
    made_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    logged_at = models.DateTimeField(null=True)  # when its reading was last recorded
    revoked_at = models.DateTimeField(null=True)

    objects = FeedTokenQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                "partner", Upper("name"), condition=Q(revoked_at=None), name="feeds_token_name_once"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def actor(self) -> Actor:
        """Who reads, as the log names it."""
        return Actor(ActorKind.VISITOR, f"feed:{self.name}", self.public_id, self.partner_id)


class Wanted(models.TextChoices):
    """Which rows a webhook is sent."""

    ALL = "all", _("All actions")
    KEYS_AND_DOWNLOADS = "keys_and_downloads", _("Keys and downloads only")


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def visible_to(self, user: Any) -> Self:
        """Those of the user's partner; the operator has none."""
        return self.filter(partner_id=user.partner_id) if user.partner_id else self.none()

    def due(self, now: datetime) -> Self:
        """Those that are on, whose time has come, and for which something waits or there are rows to look at."""
        rows = SealedRow.objects.filter(partner=OuterRef("partner"), position__gt=OuterRef("looked_to"))
        waiting = WebhookDelivery.objects.waiting().filter(webhook=OuterRef("pk"))
        return self.filter(Exists(waiting) | Exists(rows), is_on=True, next_attempt_at__lte=now)

    def with_dead(self) -> Self:
        """With the number of deliveries that were given up."""
        dead = models.Count("deliveries", filter=Q(deliveries__state=DeliveryState.DEAD))
        return self.annotate(dead=dead).order_by("made_at", "pk")


class Webhook(models.Model):
    """An address to which the rows of a partner's log are sent, in the order of their positions."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    partner = models.ForeignKey("accounts.Partner", on_delete=models.PROTECT, related_name="+")
    url = models.CharField(max_length=LONGEST_URL)
    wanted = models.CharField(max_length=20, choices=Wanted.choices, default=Wanted.ALL)
    is_on = models.BooleanField(default=True)
    secret_key_id = models.CharField(max_length=8, default=custody.newest_token_key_id)
    secret_number = models.PositiveIntegerField(default=1)  # rises with each new secret
    made_by = models.CharField(max_length=254)
    made_at = models.DateTimeField()
    position = models.BigIntegerField()  # the last one that a delivery covers
    looked_to = models.BigIntegerField()  # no row after `position` and up to here is wanted
    sequence = models.PositiveBigIntegerField(default=0)  # of the last delivery
    next_attempt_at = models.DateTimeField()
    failures = models.PositiveIntegerField(default=0)  # one after the other

    objects = WebhookQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(wanted__in=Wanted.values), name="feeds_webhook_wanted_known"),
            models.CheckConstraint(condition=Q(looked_to__gte=F("position")), name="feeds_webhook_looked_on"),
        )

    def __str__(self) -> str:
        return self.url

    def get_absolute_url(self) -> str:
        return reverse("feeds:webhook", args=[self.public_id])

    @property
    def host(self) -> str:
        """Where it is sent, without what may be a secret in its address."""
        return urlsplit(self.url).hostname or ""

    @property
    def version(self) -> str:
        """What a Global admin has set, as a text that is another one after each change."""
        return version_of((self.url, str(self.wanted), self.is_on))

    @property
    def waits_until(self) -> datetime | None:
        """When it is tried next; None where it is off, or its turn has come."""
        return self.next_attempt_at if self.is_on and self.next_attempt_at > timezone.now() else None

    @property
    def secret(self) -> bytes:
        """What signs its deliveries. Raises LookupError where the key behind it was retired."""
        return secret_keys.webhook_secret(self.public_id, self.secret_key_id, self.secret_number)

    @property
    def has_secret(self) -> bool:
        """Whether its secret can still be made: not once the key for it was retired, until it is replaced."""
        return custody.knows_token_key(self.secret_key_id)

    def new_secret(self) -> None:
        """Give it another secret, unsaved."""
        self.secret_number += 1
        self.secret_key_id = custody.newest_token_key_id()


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    DELIVERED = "delivered", _("delivered")
    DEAD = "dead", _("given up")

    @property
    def tone(self) -> str:
        """The colour of its badge."""
        return {DeliveryState.DELIVERED: "good", DeliveryState.WAITING: "waiting"}.get(self, "bad")


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def waiting(self) -> Self:
        return self.filter(state=DeliveryState.WAITING)

    def newest_first(self) -> Self:
        return self.order_by("-sequence")


class WebhookDelivery(models.Model):
    """A batch of rows for one webhook: those wanted of the positions `first` to `last`.

    It is numbered without a gap, and begins behind the one before it: a receiver sees if one is missing. The rows are
    read when it is sent.
    """

    webhook = models.ForeignKey(Webhook, on_delete=models.PROTECT, related_name="deliveries")
    sequence = models.PositiveBigIntegerField()
    wanted = models.CharField(max_length=20, choices=Wanted.choices)  # the webhook's when it was made
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    attempts = models.PositiveIntegerField(default=0)  # since it was made, or sent again
    last_answer = models.CharField(max_length=500, blank=True)  # of the receiver, or why there was none, in words
    made_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint("webhook", "sequence", name="feeds_delivery_sequence_once"),
            models.UniqueConstraint("webhook", "first", name="feeds_delivery_first_once"),
            models.CheckConstraint(condition=Q(wanted__in=Wanted.values), name="feeds_delivery_wanted_known"),
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="feeds_delivery_state_known"),
            models.CheckConstraint(condition=Q(last__gte=F("first"), sequence__gt=0), name="feeds_delivery_has_rows"),
            models.CheckConstraint(
                condition=Q(state=DeliveryState.DELIVERED, delivered_at__isnull=False)
                | (~Q(state=DeliveryState.DELIVERED) & Q(delivered_at=None)),
                name="feeds_delivery_delivered_at",
            ),
        )

    def __str__(self) -> str:
        return self.message_id

    @property
    def message_id(self) -> str:
        """What a receiver knows it by, at every try the same."""
        return f"{self.webhook.public_id}-{self.sequence}"

    @property
    def status(self) -> DeliveryState:
        return DeliveryState(self.state)

    @property
    def is_dead(self) -> bool:
        return self.state == DeliveryState.DEAD
