"""Download sessions: what a counted download may fetch, and for how long (K7)."""

import uuid
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from csp_portal.calendar_utc import months_before
from csp_portal.errors import Reason
from software import custody, reasons
from software.file_names import safe_name
from software.models.links import DownloadLink
from software.models.transfers import Transfer

SESSION_LIFETIME = timedelta(hours=24)  # K7
SESSIONS_KEPT_MONTHS = 13  # after their start (X6)
SPARE_BYTES = 64 * 1024 * 1024  # beyond twice the file: what restarts and probes may ask for (K7)
LONGEST_USER_AGENT = 200  # characters that are kept of it
TOLD_WITHIN = timedelta(hours=24)  # of a session's end: what its transfers have sent, unless nginx's line was lost
FIRST_BYTE_WITHIN = timedelta(minutes=15)  # of the start; else the download is not counted (K8)


class SessionEnd(models.TextChoices):
    OVER = "over", _("over after 24 hours")
    REVOKED = "revoked", _("revoked")
    FILE_REPLACED = "file_replaced", _("closed: its file was replaced")
    OVER_BUDGET = "over_budget", _("closed: too many bytes were asked for")
    NOTHING_SENT = "nothing_sent", _("closed: nothing was sent within 15 minutes")
    FAULT = "fault", _("closed: the fault was ours")

    @property
    def reason(self) -> Reason:
        """Why nothing is sent any more."""
        return {
            SessionEnd.OVER: reasons.SESSION_OVER,
            SessionEnd.REVOKED: reasons.LINK_REVOKED,
            SessionEnd.FILE_REPLACED: reasons.FILE_REPLACED,
            SessionEnd.OVER_BUDGET: reasons.SESSION_OVER_BUDGET,
            SessionEnd.NOTHING_SENT: reasons.NOTHING_SENT,
            SessionEnd.FAULT: reasons.SESSION_FAULT,
        }[self]


class DownloadSessionQuerySet(models.QuerySet["DownloadSession"]):
    def from_token(self, token: str) -> "DownloadSession":
        """The session whose address holds `token`. Raises DownloadSession.DoesNotExist for one we did not make."""
        claim = custody.read_token(token)
        if claim is None or not custody.is_genuine(claim, "session"):
            raise DownloadSession.DoesNotExist
        return self.get(public_id=claim.public_id)

    def with_file(self) -> Self:
        """With the link and the file: all that a request for bytes needs, unless it is refused."""
        return self.select_related("link__build")

    def with_names(self) -> Self:
        """With what `log_subject` reads, for where many are written at once."""
        return self.prefetch_related(models.Prefetch("link", DownloadLink.objects.with_names()))

    def over(self, now: datetime) -> Self:
        """Sessions whose 24 hours are over and that nothing has closed yet."""
        return self.filter(closed_at=None, expires_at__lte=now)

    def unsent(self, now: datetime) -> Self:
        """Those whose count is to be given back: 15 minutes old, nothing was sent, and nothing is being sent (K8)."""
        overdue = self.filter(sent_at=None, released_at=None, started_at__lte=now - FIRST_BYTE_WITHIN)
        return overdue.settled()

    def failed(self) -> Self:
        """Those that a fault of ours has ended before all was sent, to be given back; nothing is on its way (K8)."""
        return self.filter(end=SessionEnd.FAULT, completed_at=None, released_at=None).settled()

    def settled(self) -> Self:
        """Those of which it is known what every transfer has sent."""
        return self.exclude(Exists(Transfer.objects.running().filter(session=OuterRef("pk"))))

    def lost(self, now: datetime) -> Self:
        """Long over, and still nobody has told what a transfer of theirs has sent (K8)."""
        running = Transfer.objects.running().filter(session=OuterRef("pk"))
        return self.filter(Exists(running), expires_at__lte=now - TOLD_WITHIN)

    def with_transfers(self) -> Self:
        """Each with whether bytes of it are being sent (`is_running`), or were by an object storage (`by_storage`)."""
        of_session = Transfer.objects.filter(session=OuterRef("pk"))
        stored = of_session.filter(by_storage=True)
        return self.annotate(is_running=Exists(of_session.running()), by_storage=Exists(stored))

    def counted(self) -> Self:
        """Those that count: all that were not given back (K8). How many there were in all, `counting` tells."""
        return self.filter(released_at=None)

    def kept_long_enough(self, now: datetime) -> Self:
        """Those that were started 13 months ago or earlier, by the calendar in UTC: at that instant they go (X6).

        One that no job has closed yet, of whose transfers it is not known what they sent, or whose count is to be given
        back waits until that is done.
        """
        over = self.filter(started_at__lte=months_before(now, SESSIONS_KEPT_MONTHS), closed_at__isnull=False)
        to_give_back = Q(released_at=None) & (Q(sent_at=None) | Q(end=SessionEnd.FAULT, completed_at=None))
        return over.settled().exclude(to_give_back)

    def close(self, end: SessionEnd, now: datetime) -> int:
        """Close those that are open, for good; how many there were."""
        return self.filter(closed_at=None).update(closed_at=now, end=end)

    def charge(self, count: int, *, most: int, now: datetime, unwatched: bool = False) -> bool:
        """Charge `count` bytes to the one session, if it is open and stays within `most`; in one statement (K7).

        Where nobody will tell what becomes of them (`unwatched`), they are supposed to be sent.
        """
        within = self.filter(closed_at=None, expires_at__gt=now, bytes_asked__lte=most - count)
        supposed = {"sent_at": Coalesce("sent_at", now)} if unwatched else {}
        return within.update(bytes_asked=F("bytes_asked") + count, **supposed) == 1


class DownloadSession(models.Model):
    """One counted download: 24 hours in which its bytes may be fetched, resumed and probed (K7)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    token_key_id = models.CharField(max_length=8, default=custody.newest_token_key_id)
    link = models.ForeignKey(DownloadLink, on_delete=models.PROTECT, related_name="sessions")
    grant_number = models.PositiveIntegerField()
    attempt_id = models.UUIDField(null=True)  # of the form that started it; a bare POST has none (K5)
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    build_sha256 = models.CharField(max_length=64)
    address = models.GenericIPAddressField(null=True)  # of who started it
    user_agent = models.CharField(max_length=LONGEST_USER_AGENT, blank=True)
    bytes_asked = models.BigIntegerField(default=0)
    bytes_sent = models.BigIntegerField(default=0)
    sent_at = models.DateTimeField(
        null=True
    )  # since when bytes are known, by object storage supposed, to have been sent
    completed_at = models.DateTimeField(null=True)  # when every byte of the file had been sent at least once
    released_at = models.DateTimeField(null=True)  # when its count was given back (K8)
    closed_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=15, choices=SessionEnd.choices, blank=True)

    objects = DownloadSessionQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint("link", "attempt_id", name="software_session_once_an_attempt"),
            models.CheckConstraint(condition=Q(bytes_asked__gte=0), name="software_session_bytes_asked"),
            models.CheckConstraint(condition=Q(bytes_sent__gte=0), name="software_session_bytes_sent"),
            models.CheckConstraint(
                condition=Q(released_at=None) | Q(closed_at__isnull=False), name="software_session_released_is_closed"
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, end="") | Q(closed_at__isnull=False) & ~Q(end=""),
                name="software_session_closed_with_end",
            ),
        )
        indexes = (
            models.Index("link", "grant_number", name="software_session_by_grant"),
            models.Index("expires_at", condition=Q(closed_at=None), name="software_session_by_expiry"),
            models.Index("started_at", name="software_session_by_start"),
            models.Index("started_at", condition=Q(sent_at=None, released_at=None), name="software_session_unsent"),
            models.Index(
                "closed_at", condition=Q(end=SessionEnd.FAULT, released_at=None), name="software_session_failed"
            ),
        )

    def __str__(self) -> str:
        return f"{self.link} {self.started_at:%Y-%m-%dT%H:%M:%SZ}"

    def get_absolute_url(self) -> str:
        """Where its bytes are; the address ends in the file's name, by which some clients name what they save."""
        return reverse("software:session", args=[self.token, safe_name(self.link.build.file_name)])

    def log_subject(self) -> dict[str, Any]:
        """What the activity log says of it: of which link it is, and why it has ended."""
        subject = self.link.log_subject()
        reason = {"reason": SessionEnd(self.end).reason.code} if self.end else {}
        return {**subject, "details": {**subject["details"], "session": str(self.public_id), **reason}}

    @property
    def token(self) -> str:
        return custody.make_token(self.public_id, self.token_key_id, "session")

    @property
    def most_bytes(self) -> int:
        """How many bytes may be asked for in all its requests together (K7)."""
        return 2 * self.link.build.size + SPARE_BYTES

    @property
    def is_counted(self) -> bool:
        """Whether its count was not given back (K8)."""
        return self.released_at is None

    def is_overdue(self, now: datetime) -> bool:
        """Whether 15 minutes have passed in which nothing is known to have been sent (K8)."""
        return self.sent_at is None and self.released_at is None and now >= self.started_at + FIRST_BYTE_WITHIN

    def ended(self, now: datetime) -> SessionEnd | None:
        """Why no byte is sent at `now`; None while the session is open (K7, C6). Judged at `now`, never by a job."""
        if self.end:
            return SessionEnd(self.end)
        if now >= self.expires_at:
            return SessionEnd.OVER
        if self.build_sha256 != self.link.build.sha256:
            return SessionEnd.FILE_REPLACED
        return None
