"""The activity log: who did what to which customer's software, append-only (A3, A4).

The table is partitioned by month and made by SQL in the first migration, which also holds the columns
that only PostgreSQL fills (`xid`, `server_epoch`, for sealing) and the triggers that refuse any change.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol, Self
from uuid import UUID

from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from activity.models.actions import KEYS_AND_DOWNLOADS, MADE_THE_LINK, SAW_THE_KEY, USED_THE_LINK, Action
from activity.models.scope import LogScope

# `ProductId:SkuId`, or the ProductId alone; all else is a name.
_PRODUCT_ID = re.compile(r"[0-9A-Z]+:[0-9A-Z]+|(?=[A-Z]*[0-9])[0-9A-Z]{12}", re.IGNORECASE)


class ActorKind(models.TextChoices):
    USER = "user", _("user")
    SYSTEM = "system", _("the portal")
    LINK_HOLDER = "link_holder", _("holder of the link")
    VISITOR = "visitor", _("visitor without sign-in")
    API_CLIENT = "api_client", _("API client")


class Reader(Protocol):
    """What the log needs of who reads it."""

    partner_id: int | None

    @property
    def log_scope(self) -> LogScope | None:
        """Which part of the partner's log is theirs to read; None: no part of it."""


_PLACE = Tuple(F("occurred_at"), F("id"))  # of a row in the list
_TEXT = models.TextField()
_PRODUCT = Upper(Func("product_id", Value(":"), Value(1), function="split_part", output_field=_TEXT))  # as indexed


class EventQuerySet(models.QuerySet["Event"]):
    def visible_to(self, reader: Reader) -> Self:
        """Rows of the reader's partner, as far as their roles of today reach; every reading of the log starts here."""
        scope = reader.log_scope
        return self.of_partner(reader.partner_id).within(scope) if scope else self.none()

    def within(self, scope: LogScope) -> Self:
        """Rows of the customers and days of `scope`."""
        rows = self.filter(customer_id__in=scope.customers) if scope.customers else self
        rows = rows.filter(occurred_at__gte=scope.begin) if scope.begin else rows
        return rows.filter(occurred_at__lt=scope.end) if scope.end else rows

    def of_partner(self, partner_id: int | None) -> Self:
        """Rows of one partner's chain; of nobody's where there is no partner."""
        return self.filter(partner_id=partner_id) if partner_id else self.none()

    def between(self, start: Any, end: Any) -> Self:
        """Rows from `start` until before `end`."""
        return self._limited(occurred_at__gte=start, occurred_at__lt=end)

    def in_span(self, start: Any, end: Any) -> Self:
        """Rows of a span that PostgreSQL does not know yet when it plans.

        Where addresses are asked for they alone are limited: with limits in both tables it supposes so few rows that
        it goes through all of the span's to find those of the address.
        """
        return self.filter(**{f"{self._time}__gte": start, f"{self._time}__lt": end})

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

    def by_kind(self, kind: ActorKind) -> Self:
        """Rows of those who have no name: whoever held a link, or came without sign-in."""
        return self.filter(actor_kind=kind, actor_name__iexact="")

    def of_product(self, named: str) -> Self:
        """Rows about the product with this id, with or without its SKU's, or about those that had this name then."""
        if not _PRODUCT_ID.fullmatch(named):
            return self.filter(product_name__iexact=named).exclude(product_name="")
        rows = self.filter(product_id__iexact=named) if ":" in named else self
        product_id = named.partition(":")[0].upper()
        return rows.alias(product=_PRODUCT).filter(product=product_id).exclude(product_id="")

    def of_order(self, number: str) -> Self:
        return self.filter(order_number=number).exclude(order_number="")

    def with_action(self, action: str) -> Self:
        return self.filter(action=action)

    def of_link(self, link_id: str) -> Self:
        """Rows about the link with this public id, or about those whose ids start with these eight signs."""
        try:
            return self.filter(link_id=UUID(link_id))
        except ValueError:
            first, last = (UUID(f"{link_id}{sign * 24}") for sign in "0f")
            return self.filter(link_id__range=(first, last))

    def from_address(self, address: str) -> Self:
        """Rows that came from this IP address; limits of time and the order are set after it.

        The time and the partner stand in both tables: the index of addresses then answers in the order of the log.
        That the times are equal is said by two limits. Said as an equality, beside that of the ids, PostgreSQL supposes
        one row in all, and reads every row of the partner's to sort it.
        """
        same_time = {"address__occurred_at__gte": F("occurred_at"), "address__occurred_at__lte": F("occurred_at")}
        return self.filter(address__address=address, address__partner_id=F("partner_id"), **same_time)

    def newest_first(self) -> Self:
        return self.order_by(f"-{self._time}", "-id")

    def oldest_first(self) -> Self:
        return self.order_by(self._time, "id")

    def older_than(self, occurred_at: datetime, event_id: int) -> Self:
        """Rows after that place in the list of the newest first; the day alone lets partitions be passed over."""
        older: Any = TupleLessThan(_PLACE, (occurred_at, event_id))
        return self._limited(occurred_at__lte=occurred_at).filter(older)

    def newer_than(self, occurred_at: datetime, event_id: int) -> Self:
        """Rows before that place in the list of the newest first."""
        newer: Any = TupleGreaterThan(_PLACE, (occurred_at, event_id))
        return self._limited(occurred_at__gte=occurred_at).filter(newer)

    def _limited(self, **limits: Any) -> Self:
        """Rows within limits of time, also of their addresses where those are asked for.

        PostgreSQL carries over from one table to the other that times are equal, not that they are within limits.
        """
        if self._has_addresses:
            limits |= {f"address__{limit}": value for limit, value in limits.items()}
        return self.filter(**limits)

    @property
    def _time(self) -> str:
        """The column of time whose index has the rows: of the addresses where those are asked for."""
        return "address__occurred_at" if self._has_addresses else "occurred_at"

    @property
    def _has_addresses(self) -> bool:
        """Whether rows are asked for by their address."""
        return Address._meta.db_table in self.query.alias_map


class Event(models.Model):
    """One row of the log: names as they then were beside public ids; only the partner is a foreign key (A4)."""

    append_only = True
    filled_by_database = ("id", "xid", "server_epoch")  # seals go by them: who writes a row has no say in them

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

    event = models.OneToOneField(
        Event, on_delete=models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="address"
    )
    partner_id = models.BigIntegerField(null=True)  # as in the event's row, which holds the foreign key
    occurred_at = models.DateTimeField()
    address = models.GenericIPAddressField()
    salt = models.BinaryField()

    def __str__(self) -> str:
        return str(self.address)
