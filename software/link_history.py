"""What has become of a link: its grants, and the downloads that were started with it (K3, K4, K7, K8)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import OuterRef, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from software.models import DownloadLink, DownloadSession, Grant, SessionEnd
from software.models.counting import downloads_counted, downloads_removed
from software.models.sessions import DownloadSessionQuerySet


class Outcome(TextChoices):
    """What became of a download's bytes."""

    COMPLETE = "complete", _("complete")
    RUNNING = "running", _("running")
    PART = "part", _("sent in part")
    BY_STORAGE = "by_storage", _("sent by the object storage")
    NOT_YET = "not_yet", _("nothing sent yet")
    NOTHING = "nothing", _("nothing sent: not counted")
    FAULT = "fault", _("our fault: not counted")
    UNKNOWN = "unknown", _("not recorded")

    @property
    def tone(self) -> str:
        """The colour of its badge."""
        tones = {Outcome.COMPLETE: "good", Outcome.RUNNING: "waiting", Outcome.FAULT: "bad"}
        return tones.get(self, "neutral")


@dataclass(frozen=True)
class Use:
    """One download as it stands at `now`; `session` is one of `with_transfers`, and has its link."""

    session: DownloadSession
    now: datetime

    @property
    def outcome(self) -> Outcome:
        session = self.session
        if session.released_at:
            failed = session.end == SessionEnd.FAULT or session.sent_at is not None
            return Outcome.FAULT if failed else Outcome.NOTHING
        if session.completed_at:
            return Outcome.COMPLETE
        if session.is_running:  # type: ignore[attr-defined]  # of with_transfers
            return Outcome.RUNNING
        if session.bytes_sent:
            return Outcome.PART
        if session.by_storage:  # type: ignore[attr-defined]  # of with_transfers
            return Outcome.BY_STORAGE
        return Outcome.UNKNOWN if session.sent_at else Outcome.NOT_YET

    @property
    def is_measured(self) -> bool:
        """Whether it is known how many bytes were sent."""
        return self.outcome not in (Outcome.BY_STORAGE, Outcome.UNKNOWN)

    @property
    def size(self) -> int | None:
        """How many bytes there were to send; None once the file was replaced by another."""
        build = self.session.link.build
        return build.size if build.sha256 == self.session.build_sha256 else None

    @property
    def end(self) -> SessionEnd | None:
        """Why nothing is sent any more; None while the session is open."""
        return self.session.ended(self.now)

    @property
    def is_resumable(self) -> bool:
        """Whether somebody may still come for bytes that are missing."""
        return self.end is None and self.outcome != Outcome.COMPLETE

    @property
    def ended_at(self) -> datetime | None:
        """Since when; the instant of a replaced file is not known before somebody comes for it."""
        return self.session.closed_at or (self.session.expires_at if self.end == SessionEnd.OVER else None)


class AddressFate(TextChoices):
    """What became of the link's address with a grant."""

    FIRST = "first", _("first address")
    KEPT = "kept", _("kept")
    REPLACED = "replaced", _("replaced")


@dataclass(frozen=True)
class PastGrant:
    """A grant, how many downloads count under it, and what it did to the address; None where that is not recorded."""

    grant: Grant
    used: int
    address: AddressFate | None


@dataclass(frozen=True)
class LinkHistory:
    """The two lists of a link's history, the newest first; what they hold is looked up for a page of each."""

    link: DownloadLink
    now: datetime

    @property
    def grants(self) -> "QuerySet[Grant]":
        """Each with `used`: its downloads without those given back (K8)."""
        used = downloads_counted(link=OuterRef("link"), grant_number=OuterRef("number"))
        return self.link.grants.select_related("granted_by").annotate(used=used).order_by("-number")

    @property
    def sessions(self) -> DownloadSessionQuerySet:
        return self.link.sessions.with_transfers().order_by("-started_at", "-pk")

    @cached_property
    def removed(self) -> int | None:
        """How many counted downloads are not listed any more, for they were removed; None while all are (X6)."""
        removed = downloads_removed(link=OuterRef("pk"))
        figure: int | None = DownloadLink.objects.values_list(removed, flat=True).get(pk=self.link.pk)
        return figure

    def used_grants(self, page: Iterable[Grant]) -> list[PastGrant]:
        """The grants of a page, with what was used of each."""
        grants = list(page)
        numbers = {grant.number for grant in grants}
        earlier = self.link.grants.filter(number__in={number - 1 for number in numbers})
        addresses = dict(earlier.values_list("number", "address_number"))
        return [_past(grant, addresses) for grant in grants]

    def uses(self, page: Iterable[DownloadSession]) -> list[Use]:
        uses = [Use(session, self.now) for session in page]
        for use in uses:
            use.session.link = self.link
        return uses


def _past(grant: Grant, addresses: dict[int, int]) -> PastGrant:
    used: int = grant.used  # type: ignore[attr-defined]  # of LinkHistory.grants
    return PastGrant(grant, used, _fate(grant, addresses))


def _fate(grant: Grant, addresses: dict[int, int]) -> AddressFate | None:
    if grant.number == 1:
        return AddressFate.FIRST
    before = addresses.get(grant.number - 1)
    if before is None:
        return None
    return AddressFate.KEPT if before == grant.address_number else AddressFate.REPLACED
