"""Seals over the log: each row's place in its chain, and the signed seals that make a chain of them (A5).

Rows of the log are never changed for it: place, salt and hash stand in a table of their own. One chain is a partner's,
and the one without a partner the operator's.
"""

from typing import Self

from django.db import models
from django.db.models import F, Q

OPERATOR = "operator"  # the name of the operator's chain; a partner's is its public id


class Epoch(models.Model):
    """A database server that the log was written on, and how far its rows are sealed.

    Transaction numbers are in order only on one and the same server; a restored one has another identifier.
    """

    system_identifier = models.BigIntegerField(unique=True)  # of pg_control_system()
    xid = models.BigIntegerField(default=0)  # the last row that was sealed: its transaction
    event_id = models.BigIntegerField(default=0)  # and its id

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return str(self.system_identifier)


class SealKey(models.Model):
    """An Ed25519 key that seals are signed with, introduced by the key before it and by itself."""

    append_only = True

    fingerprint = models.CharField(max_length=64, unique=True)  # SHA-256 of the public key, in hexadecimal
    public_key = models.BinaryField()
    previous = models.CharField(max_length=64, blank=True)  # fingerprint of the key before it; empty for the first
    introduced_at = models.DateTimeField()
    by_key = models.BinaryField()
    by_previous = models.BinaryField()  # empty where the key before it was no longer there to sign

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.fingerprint


class SealQuerySet(models.QuerySet["Seal"]):
    def of_chain(self, partner_id: int | None) -> Self:
        """The seals of a partner's chain, or of the operator's, from the first on."""
        return self.filter(partner=partner_id).order_by("number")

    def head_of(self, partner_id: int | None) -> "Seal | None":
        """The newest seal of a chain."""
        return self.filter(partner=partner_id).order_by("-number").first()


class Seal(models.Model):
    """A signed statement about the rows `first` to `last` of a chain, of one month (UTC), and the seal before it."""

    append_only = True

    partner = models.ForeignKey(
        "accounts.Partner", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    number = models.BigIntegerField()
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    month = models.DateField()  # its first day
    earliest = models.DateTimeField()
    latest = models.DateTimeField()
    rows = models.BinaryField()  # digest over their hashes
    previous = models.BinaryField()  # the hash of the seal before it
    sealed_at = models.DateTimeField()
    key = models.ForeignKey(SealKey, on_delete=models.PROTECT, to_field="fingerprint", related_name="+", db_index=False)
    hash = models.BinaryField()
    signature = models.BinaryField()

    objects = SealQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint("partner", "number", nulls_distinct=False, name="activity_seal_number"),
            models.UniqueConstraint("partner", "first", nulls_distinct=False, name="activity_seal_first"),
            models.CheckConstraint(condition=Q(last__gte=F("first"), first__gt=0), name="activity_seal_has_rows"),
            models.CheckConstraint(condition=Q(latest__gte=F("earliest")), name="activity_seal_times"),
        )

    def __str__(self) -> str:
        return f"{self.partner_id or OPERATOR} {self.number}"

    @property
    def head(self) -> str:
        """The seal's hash, in hexadecimal: the head of its chain while it is the newest."""
        return bytes(self.hash).hex()


class SealedRow(models.Model):
    """The place of an event in its chain, with the salt and the hash under which it was sealed.

    It stays when retention drops the event, and tells nothing of it: the salt is random.
    """

    append_only = True

    event_id = models.BigIntegerField(primary_key=True)
    occurred_at = models.DateTimeField()
    partner = models.ForeignKey(
        "accounts.Partner", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    position = models.BigIntegerField()
    salt = models.BinaryField()
    hash = models.BinaryField()

    class Meta:
        constraints = (
            models.UniqueConstraint("partner", "position", nulls_distinct=False, name="activity_position_once"),
        )

    def __str__(self) -> str:
        return f"{self.partner_id or OPERATOR} {self.position}"


class DroppedMonth(models.Model):
    """What retention dropped of a chain: the rows of a month, known by the seals that stay (A5)."""

    append_only = True

    partner = models.ForeignKey(
        "accounts.Partner", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    month = models.DateField()
    rows = models.BigIntegerField()
    digest = models.BinaryField()  # over the hashes of the month's seals, in their order
    dropped_at = models.DateTimeField()
    dropped_by = models.TextField()
    key = models.ForeignKey(SealKey, on_delete=models.PROTECT, to_field="fingerprint", related_name="+", db_index=False)
    signature = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint("partner", "month", nulls_distinct=False, name="activity_dropped_once"),)

    def __str__(self) -> str:
        return f"{self.partner_id or OPERATOR} {self.month:%Y-%m}"
