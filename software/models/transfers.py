"""Transfers: the answers that send bytes of a session's file (K7, K8)."""

import uuid
from typing import Self

from django.db import models
from django.db.models import F, Q

from software.ranges import ByteRange


class TransferQuerySet(models.QuerySet["Transfer"]):
    def running(self) -> Self:
        """Those of which is not known yet how much they sent."""
        return self.filter(ended_at=None, by_storage=False)


class Transfer(models.Model):
    """One answer to a `GET` in a session: the bytes that were charged for, and how many of them were sent (K7, K8).

    Who sends the bytes tells when it is over: the development server's stream at its end, nginx by its access log. An
    object storage tells nothing.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    session = models.ForeignKey("software.DownloadSession", on_delete=models.PROTECT, related_name="transfers")
    by_storage = models.BooleanField(default=False)
    started_at = models.DateTimeField()
    first = models.BigIntegerField()  # byte of the file, from 0
    length = models.BigIntegerField()  # bytes
    ended_at = models.DateTimeField(null=True)
    sent = models.BigIntegerField(default=0)  # bytes, from `first` on

    objects = TransferQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(first__gte=0, length__gte=0), name="software_transfer_range"),
            models.CheckConstraint(condition=Q(sent__gte=0, sent__lte=F("length")), name="software_transfer_sent"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=False) | Q(sent=0), name="software_transfer_sent_when_ended"
            ),
        )
        indexes = (models.Index("session", "first", name="software_transfer_by_session"),)

    def __str__(self) -> str:
        return f"{self.session} {self.first}+{self.length}"

    @property
    def part(self) -> ByteRange:
        """The bytes of the file that were asked for."""
        return ByteRange(self.first, self.first + self.length - 1)


class TransferLog(models.Model):
    """How far a file of nginx's access log has been read (K8)."""

    name = models.CharField(max_length=255, unique=True)  # in its folder
    read_to = models.BigIntegerField(default=0)  # bytes from its start

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(read_to__gte=0), name="software_transfer_log_read_to"),)

    def __str__(self) -> str:
        return f"{self.name}: {self.read_to}"
