"""Drafts of requests, and files that were added to them (S1, S3)."""

import uuid
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cancellations.support.models.requests import SupportRequest
from cancellations.support.models.timeline import RequestEvent
from csp_portal.accounts.models import User

DRAFT_KEPT = timedelta(days=7)  # after its last change
LONGEST_FILE_NAME = 255  # characters


class DraftQuerySet(models.QuerySet["Draft"]):
    def visible_to(self, user: User) -> Self:
        """A draft is its author's alone."""
        return self.filter(user=user)

    def over(self, now: datetime) -> Self:
        """Those that nobody has gone on with for a week."""
        return self.filter(changed_at__lte=now - DRAFT_KEPT)


class Draft(models.Model):
    """A request, or a reply to one, that is being written: what was typed, and the files that wait for it."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="support_drafts")
    typed = models.JSONField(default=dict)  # the form's fields as they were sent, by name
    changed_at = models.DateTimeField()

    objects = DraftQuerySet.as_manager()

    class Meta:
        ordering = ("-changed_at", "-pk")
        indexes = (models.Index("changed_at", name="support_draft_by_change"),)

    def __str__(self) -> str:
        return str(self.public_id)


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def visible_to(self, user: User) -> Self:
        """Those of requests that the user may see, and of the user's own drafts."""
        return self.filter(Q(draft__user=user) | Q(request__in=SupportRequest.objects.visible_to(user)))

    def of_request(self, request: SupportRequest) -> Self:
        return self.filter(request=request)


class Attachment(models.Model):
    """A file of a draft or, once that is sent, of a request. Its name is shown and sent, and never a path (S3)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    draft = models.ForeignKey(Draft, on_delete=models.PROTECT, null=True, related_name="attachments")
    request = models.ForeignKey(SupportRequest, on_delete=models.PROTECT, null=True, related_name="attachments")
    event = models.ForeignKey(RequestEvent, on_delete=models.PROTECT, null=True, related_name="attachments")
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    name = models.CharField(_("name"), max_length=LONGEST_FILE_NAME)
    content_type = models.CharField(max_length=100)  # judged by content
    size = models.PositiveBigIntegerField()  # bytes
    sha256 = models.CharField(max_length=64)
    storage_name = models.CharField(max_length=200, unique=True)  # made by us, random

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        ordering = ("uploaded_at", "pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(draft__isnull=False, request=None, event=None)
                | Q(draft=None, request__isnull=False, event__isnull=False),
                name="support_file_of_draft_or_request",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("support:file", args=[self.public_id])

    def log_subject(self) -> dict[str, Any]:
        """What the activity log says of it."""
        own = {"partner_id": self.uploaded_by.partner_id}
        subject: dict[str, Any] = self.request.log_subject() if self.request else own
        return {**subject, "details": {**subject.get("details", {}), "file": self.name, "sha256": self.sha256}}
