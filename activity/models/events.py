"""The activity log: who did what to which customer's software, append-only (A3, A4).

The table is partitioned by month and made by SQL in the first migration, which also holds the columns
that only PostgreSQL fills (`xid`, `server_epoch`, for sealing) and the triggers that refuse any change.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol, Self
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from activity.models.actions import KEYS_AND_DOWNLOADS, MADE_THE_LINK, SAW_THE_KEY, USED_THE_LINK, Action


class ActorKind(models.TextChoices):
    USER = "user", _("user")
    SYSTEM = "system", _("the portal")
    LINK_HOLDER = "link_holder", _("holder of the link")
    VISITOR = "visitor", _("visitor without sign-in")


class Reader(Protocol):
    """What the log needs of who reads it."""

    partner_id: int | None


class EventQuerySet(models.QuerySet["Event"]):
    def visible_to(self, reader: Reader) -> Self:
        """Rows of the reader's partner."""
        return self.of_partner(reader.partner_id)

    def of_partner(self, partner_id: int | None) -> Self:
        """Rows of one partner's chain; of nobody's where there is no partner."""
        return self.filter(partner_id=partner_id) if partner_id else self.none()

    def between(self, start: datetime, end: datetime) -> Self:
        """Rows from `start` until before `end`."""
        return self.filter(occurred_at__gte=start, occurred_at__lt=end)

    def keys_and_downloads(self) -> Self:
        return self.filter(action__in=KEYS_AND_DOWNLOADS)

    def of_purchase(self, purchase_id: UUID) -> Self:
        """Rows about one purchase, its keys and its links."""
        return self.filter(purchase_id=purchase_id)

    def about_key(self, key_id: UUID, *, last_five: str, key_hash: str, hash_key_id: str) -> Self:
        """Rows about the key with this public id.

        Those of earlier versions name no key. They are found by its hash, or by its last five characters where they
        were hashed with another hash key than it is now: those may be about another key of the purchase.
        """
        nameless = Q(details__key__isnull=True, key_last_five=last_five)
        return self.filter(
            Q(details__key=str(key_id)) | nameless & (Q(key_hash=key_hash) | ~Q(key_hash_key_id=hash_key_id))
        )

    def with_key_hash(self, hashes: Sequence[str]) -> Self:
        """Rows about the key that has one of these hashes, each made with another hash key."""
        return self.filter(key_hash__in=hashes)

    def by_user(self, name: str) -> Self:
        """Rows of who acted under `name`: an e-mail address, or a job's name."""
        return self.filter(actor_name__iexact=name)

    def of_customer(self, named: str) -> Self:
        """Rows about the customer with this tenant GUID, or about those that had this name then."""
        try:
            return self.filter(customer_id=UUID(named))
        except ValueError:
            return self.filter(customer_name__iexact=named)

    def newest_first(self) -> Self:
        return self.order_by("-occurred_at", "-id")


class Event(models.Model):
    """One row of the log: names as they then were beside public ids; only the partner is a foreign key (A4)."""

    append_only = True

    occurred_at = models.DateTimeField(default=timezone.now)
    partner = models.ForeignKey("accounts.Partner", on_delete=models.PROTECT, null=True, related_name="+")
    action = models.CharField(max_length=40)  # no choices: a new action is no migration
    actor_kind = models.CharField(max_length=12, choices=ActorKind.choices)
    actor_id = models.UUIDField(null=True)
    actor_name = models.TextField(default="")
    customer_id = models.UUIDField(null=True)
    customer_name = models.TextField(default="")
    product_id = models.TextField(default="")
    product_name = models.TextField(default="")
    order_number = models.TextField(default="")
    purchase_id = models.UUIDField(null=True)
    key_last_five = models.TextField(default="")
    key_hash = models.TextField(default="")
    key_hash_key_id = models.TextField(default="")
    link_id = models.UUIDField(null=True)
    link_made_by = models.TextField(default="")
    details = models.JSONField(default=dict)
    ip_commitment = models.BinaryField(default=b"")

    objects = EventQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "activity_event"

    def __str__(self) -> str:
        return f"{self.occurred_at:%Y-%m-%dT%H:%M:%SZ} {self.action} {self.actor_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the row; a row that stands is never saved again."""
        super().save(*args, **{**kwargs, "force_insert": True})

    @property
    def what(self) -> str:
        """The action as a reader is told."""
        return str(Action(self.action).label)

    @property
    def who(self) -> str:
        """The actor as a reader is told."""
        return self.actor_name or str(ActorKind(self.actor_kind).label)

    @property
    def link_short(self) -> str:
        """The start of the link's public id, enough to tell links apart on a page."""
        return str(self.link_id)[:8] if self.link_id else ""

    @property
    def saw_the_key(self) -> str:
        return self.who if self.action in SAW_THE_KEY else ""

    @property
    def made_the_link(self) -> str:
        return self.who if self.action in MADE_THE_LINK else self.link_made_by

    @property
    def used_the_link(self) -> str:
        return self.who if self.action in USED_THE_LINK else ""


class Address(models.Model):
    """The IP address of one event, apart from it so that it can be redacted; the event holds its salted commitment."""

    append_only = True

    event_id = models.BigIntegerField(primary_key=True)
    occurred_at = models.DateTimeField()
    address = models.GenericIPAddressField()
    salt = models.BinaryField()

    def __str__(self) -> str:
        return str(self.address)
