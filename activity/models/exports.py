"""Exports of the log that a job makes: large ones, and sealed ones (A2, A5)."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any, Self
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from activity.models.events import Reader

EXPORT_LIFETIME = timedelta(days=7)  # of the file, once it is made
MOST_ATTEMPTS = 5  # at making a file: one that kills its worker must not do so for ever
MOST_OPEN_EXPORTS = 5  # of one user at a time
LOST_AFTER = timedelta(minutes=2)  # an export that waits for so long is queued again


class ExportFormat(models.TextChoices):
    CSV = "csv", _("CSV, for spreadsheets")
    JSON_LINES = "jsonl", _("JSON Lines, for programs")
    BUNDLE = "bundle", _("Sealed export, which proves itself")

    @property
    def ending(self) -> str:
        """Of the file's name."""
        return "zip" if self == ExportFormat.BUNDLE else self.value

    @property
    def content_type(self) -> str:
        types = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}
        return types.get(self.value, "application/zip")


class ExportState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("being made")
    READY = "ready", _("ready")
    EXPIRED = "expired", _("expired")
    FAILED = "failed", _("failed")

    @property
    def tone(self) -> str:
        """The colour of its badge."""
        return {"ready": "good", "failed": "bad", "expired": "neutral"}.get(self.value, "waiting")


def sees_whole_chain(reader: Reader) -> bool:
    """Whether nothing narrows what the reader sees of the partner's log."""
    scope = reader.log_scope
    return scope is not None and not scope.is_limited


class LogExportQuerySet(models.QuerySet["LogExport"]):
    def visible_to(self, reader: Any) -> Self:
        """Those of the reader's partner; who sees a part of the log only, their own made for this very part."""
        of_partner = self.filter(partner_id=reader.partner_id)
        if sees_whole_chain(reader):
            return of_partner
        if reader.log_scope is None:
            return of_partner.none()
        as_now = Q(scope=reader.log_scope.as_details()) | Q(done_at=None)
        return of_partner.filter(as_now, user_id=reader.pk)

    def unfinished(self) -> Self:
        return self.filter(done_at=None, failed_at=None)

    def lost(self, now: datetime) -> Self:
        """Those that nobody may be at work on: never queued, or begun by a worker that was killed."""
        return self.unfinished().filter(queued_at__lte=now - LOST_AFTER)

    def over(self, now: datetime) -> Self:
        """Those whose file has served its time and still lies there."""
        return self.filter(expires_at__lte=now).exclude(storage_name="")

    def newest_first(self) -> Self:
        return self.order_by("-asked_at", "-pk")


class LogExport(models.Model):
    """A file of rows of the log: asked for by somebody, made by a job, and there for seven days."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    partner = models.ForeignKey("accounts.Partner", on_delete=models.PROTECT, related_name="+")
    format = models.CharField(max_length=10, choices=ExportFormat.choices)
    query = models.JSONField()  # as the log noted it
    scope = models.JSONField(null=True)  # the part of the log that who asked could see when it was made
    asked_at = models.DateTimeField()
    queued_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    rows_done = models.BigIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    storage_name = models.CharField(max_length=200, blank=True)  # made by us, random; empty once the file is removed
    size = models.BigIntegerField(default=0)  # bytes
    sha256 = models.CharField(max_length=64, blank=True)

    objects = LogExportQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(done_at=None, expires_at=None, storage_name="")
                | Q(done_at__isnull=False, expires_at__isnull=False, failed_at=None),
                name="activity_export_file_when_done",
            ),
        )
        indexes = (
            models.Index("queued_at", condition=Q(done_at=None, failed_at=None), name="activity_export_unfinished"),
            models.Index("expires_at", condition=~Q(storage_name=""), name="activity_export_file"),
            models.Index(fields=["partner", "-asked_at"], name="activity_export_of_partner"),
        )

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        return reverse("activity:exported", args=[self.public_id])

    def log_subject(self) -> dict[str, Any]:
        """What the activity log says of it."""
        details = {**self.query, "format": self.format, "export": str(self.public_id)}
        return {"partner_id": self.partner_id, "details": details}

    @property
    def state(self) -> ExportState:
        """Worked out from the time, so that no late job keeps a file alive."""
        if self.failed_at:
            return ExportState.FAILED
        if self.expires_at:
            return ExportState.READY if timezone.now() < self.expires_at else ExportState.EXPIRED
        return ExportState.RUNNING if self.attempts else ExportState.WAITING

    @property
    def is_unfinished(self) -> bool:
        return self.state in (ExportState.WAITING, ExportState.RUNNING)

    @property
    def is_ready(self) -> bool:
        return self.state == ExportState.READY

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day of it, in the zone of who asked."""
        return date.fromisoformat(self.query["from"]), date.fromisoformat(self.query["to"])

    @property
    def asked_again(self) -> str:
        """The same query, as it stands in an address."""
        return urlencode({name: value for name, value in self.query.items() if name != "zone"})

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which its days were meant."""
        return ZoneInfo(self.query["zone"])

    @property
    def file_name(self) -> str:
        """What the file is called where it is kept: by its days, who asked for it, and its kind."""
        return file_name(self.query, self.user.email, ExportFormat(self.format))


def file_name(query: dict[str, str], made_by: str, file_format: ExportFormat) -> str:
    """`activity-2020-01-01-to-2020-01-31-auditor@partner.example.csv`."""
    who = "".join(sign if sign.isalnum() or sign in "@.-_+" else "_" for sign in made_by)
    return f"activity-{query['from']}-to-{query['to']}-{who}.{file_format.ending}"
