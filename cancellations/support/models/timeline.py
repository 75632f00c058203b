"""What happened to a support request, and what the operator's staff noted about it (S4, S5)."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from cancellations.support.models.requests import LONGEST_TEXT, RequestStatus, SupportRequest
from csp_portal.accounts.models import User


class EventKind(models.TextChoices):
    FILED = "filed", _("Filed")
    PARTNER_REPLIED = "partner_replied", _("The partner replied")
    REPLIED = "replied", _("Support replied")
    ASKED = "asked", _("Support asked")
    TAKEN_UP = "taken_up", _("Taken up")
    ASSIGNED = "assigned", _("Assigned")
    RELEASED = "released", _("Given back to the queue")
    APPROVED_FIRST = "approved_first", _("Approved by the first of two")
    APPROVAL_WITHDRAWN = "approval_withdrawn", _("First approval withdrawn")
    APPROVED = "approved", _("Approved")
    DENIED = "denied", _("Denied")
    CLOSED = "closed", _("Closed")


# Who works on it, and how an approval comes about, are the operator's own matter.
PARTNERS_SEE = (
    EventKind.FILED,
    EventKind.PARTNER_REPLIED,
    EventKind.REPLIED,
    EventKind.ASKED,
    EventKind.TAKEN_UP,
    EventKind.APPROVED,
    EventKind.DENIED,
    EventKind.CLOSED,
)


class RequestEventQuerySet(models.QuerySet["RequestEvent"]):
    def for_partner(self) -> Self:
        """What the partner's timeline shows."""
        return self.filter(kind__in=PARTNERS_SEE)

    def with_actor(self) -> Self:
        return self.select_related("actor")


class RequestEvent(models.Model):
    """One step of a request: who did what when, the words that both sides read, and the status after it."""

    append_only = True

    request = models.ForeignKey(SupportRequest, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    kind = models.CharField(max_length=20, choices=EventKind.choices)
    status = models.CharField(max_length=20, choices=RequestStatus.choices)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(max_length=LONGEST_TEXT, blank=True)
    details = models.JSONField(default=dict)

    objects = RequestEventQuerySet.as_manager()

    class Meta:
        ordering = ("at", "pk")
        indexes = (models.Index(fields=["request", "at"], name="support_event_by_request"),)

    def __str__(self) -> str:
        return f"{self.request_id}: {self.kind} {self.at:%Y-%m-%dT%H:%M:%SZ}"

    @property
    def what(self) -> str:
        """The step as a reader is told."""
        return str(EventKind(self.kind).label)

    @property
    def status_after(self) -> RequestStatus:
        return RequestStatus(self.status)

    @property
    def is_of_partner(self) -> bool:
        """Whether the partner's side did it."""
        return self.actor.partner_id is not None


class InternalNote(models.Model):
    """What the operator's staff tell each other about a request. In a table of its own: no partner page reads it."""

    append_only = True

    request = models.ForeignKey(SupportRequest, on_delete=models.PROTECT, related_name="internal_notes")
    at = models.DateTimeField()
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(_("internal note"), max_length=LONGEST_TEXT)

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.request_id}: {self.at:%Y-%m-%dT%H:%M:%SZ}"
