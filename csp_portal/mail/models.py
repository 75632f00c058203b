"""Mails to send and mails that were sent (X5)."""

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from csp_portal.mail.addresses import signed_address

LONGEST_SUBJECT = 300  # characters
MAIL_KEPT = timedelta(days=90)  # after it was sent or given up
GIVE_UP_AFTER = timedelta(days=3)  # a mail that no server takes until then is not sent


def give_up_at() -> datetime:
    """Until when a mail that is queued now is tried."""
    return timezone.now() + GIVE_UP_AFTER


class MailState(models.TextChoices):
    WAITING = "waiting", _("to be sent")
    SENT = "sent", _("sent")
    FAILED = "failed", _("not sent")

    @property
    def tone(self) -> str:
        """The colour of its badge."""
        return {MailState.SENT: "good", MailState.WAITING: "waiting"}.get(self, "bad")


class MailQuerySet(models.QuerySet["Mail"]):
    def due(self, now: datetime) -> Self:
        """Mails whose next try has come, the oldest first."""
        return self.filter(sent_at=None, next_try_at__lte=now).order_by("next_try_at", "pk")

    def failed(self) -> Self:
        """Mails that are not tried any more."""
        return self.filter(sent_at=None, next_try_at=None)

    def over(self, now: datetime) -> Self:
        """Mails that were sent, or given up, 90 days ago or earlier (X6); one that is being tried is not."""
        ended = now - MAIL_KEPT
        return self.filter(Q(sent_at__lte=ended) | Q(sent_at=None, next_try_at=None, give_up_at__lte=ended))

    def in_trouble(self) -> Self:
        """Mails that a try has failed for, whether another one comes or not."""
        return self.filter(sent_at=None).exclude(last_error="")

    def in_state(self, state: str) -> Self:
        """Mails in one of MailState; all of them for any other word."""
        conditions: dict[str, Q] = {
            MailState.SENT: Q(sent_at__isnull=False),
            MailState.WAITING: Q(next_try_at__isnull=False),
            MailState.FAILED: Q(sent_at=None, next_try_at=None),
        }
        return self.filter(conditions.get(state, Q()))


class Mail(models.Model):
    """One mail to one address; `cause` says why there is it, so that a cause that is handled twice mails once.

    The text holds no secret: an address that opens something by itself stands in it as LINK_MARK and is made when the
    mail is sent, from `signed_path`.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    cause = models.CharField(max_length=400, unique=True)
    to = models.EmailField(_("recipient"))
    subject = models.CharField(_("subject"), max_length=LONGEST_SUBJECT)
    text = models.TextField()
    signed_path = models.CharField(max_length=200, blank=True)
    queued_at = models.DateTimeField(_("queued"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_try_at = models.DateTimeField(_("next try"), null=True, default=timezone.now)
    give_up_at = models.DateTimeField(default=give_up_at)
    last_error = models.TextField(_("error"), blank=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ("-queued_at", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(sent_at=None) | Q(next_try_at=None), name="mail_sent_is_not_tried_again"
            ),
        )
        indexes = (models.Index("next_try_at", condition=Q(sent_at=None), name="mail_due"),)

    def __str__(self) -> str:
        return self.subject

    @property
    def state(self) -> MailState:
        if self.sent_at is not None:
            return MailState.SENT
        return MailState.FAILED if self.next_try_at is None else MailState.WAITING

    @property
    def text_without_address(self) -> str:
        """The text for those who keep the house: what opens something is for its reader alone."""
        return self.text.replace(LINK_MARK, gettext("(an address for the reader alone)"))

    @property
    def complete_text(self) -> str:
        """The text as it leaves, with the address that it may hold."""
        return self.text.replace(LINK_MARK, signed_address(self.signed_path)) if self.signed_path else self.text


LINK_MARK = "\N{OBJECT REPLACEMENT CHARACTER}"  # where the address of `signed_path` stands in a text
