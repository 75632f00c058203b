"""What time does to links and sessions, noted by jobs; every request judges both by itself (K9, B6)."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from activity.models import Action
from activity.services import Actor, record_each
from csp_portal.calendar_utc import utc_day
from csp_portal.jobs import all_batches, for_each
from csp_portal.mail.addresses import site_address
from csp_portal.mail.services import queue_mail
from software.models import DownloadLink, DownloadSession, SessionEnd
from software.models.links import DownloadLinkQuerySet
from software.places import software_place

BATCH = 1000  # links or sessions in one transaction
EXPIRER = Actor.system("expire_links")
CLOSER = Actor.system("close_sessions")


def expire_links() -> int:
    """Note every grant whose time is over, once; a link whose purchase's term is over is revoked (K9, B6).

    Batch by batch, passing over links that somebody holds: they come in the next run. Answers how many there were.
    """
    return all_batches(_expire_batch)


@transaction.atomic
def _expire_batch() -> int:
    now = timezone.now()
    due = DownloadLink.objects.to_note_expired(now).order_by("expires_at", "pk").select_for_update(skip_locked=True)
    locked = list(due.values_list("pk", flat=True)[:BATCH])  # alone: with its joins the whole of a backlog is sorted
    batch = list(DownloadLink.objects.filter(pk__in=locked).with_names())
    over = [link for link in batch if link.purchase.has_ended(utc_day(now))]
    DownloadLink.objects.filter(pk__in=[link.pk for link in batch]).update(expired_at=now)
    DownloadLink.objects.filter(pk__in=[link.pk for link in over]).update(revoked_at=now)
    ended = {link.pk for link in over}
    record_each(Action.LINK_REVOKED, actor=EXPIRER, on=[_Expired(link, "term_over") for link in over])
    record_each(Action.LINK_EXPIRED, actor=EXPIRER, on=[_Expired(link) for link in batch if link.pk not in ended])
    return len(batch)


@dataclass(frozen=True)
class _Expired:
    """A link for the log, with what its grant had come to."""

    link: DownloadLink
    reason: str = ""

    def log_subject(self) -> dict[str, Any]:
        """What the activity log says of it."""
        link = self.link
        grant = {"grant": link.grant_number, "expired_at": link.expires_at.isoformat(), "used": link.used}
        subject = link.log_subject()
        told = {**subject.get("details", {}), **grant, **({"reason": self.reason} if self.reason else {})}
        return {**subject, "details": told}


def close_sessions() -> int:
    """Close the sessions whose 24 hours are over (K9). Answers how many there were."""
    return all_batches(_close_batch)


@transaction.atomic
def _close_batch() -> int:
    now = timezone.now()
    over = DownloadSession.objects.over(now).order_by("expires_at").select_for_update(skip_locked=True)
    batch = list(over.values_list("pk", flat=True)[:BATCH])
    closed = DownloadSession.objects.filter(pk__in=batch).close(SessionEnd.OVER, now)
    ended = DownloadSession.objects.with_names().filter(pk__in=batch).order_by("pk")
    record_each(Action.DOWNLOAD_CLOSED, actor=CLOSER, on=ended)
    return closed


def warn_of_links() -> int:
    """Mail whoever granted a link that 80 % of it is used, or that it expires within 24 hours: once a grant (K9).

    Answers how many links were told of.
    """
    due = DownloadLink.objects.to_warn_of(timezone.now()).order_by("expires_at", "pk")
    return for_each(list(due.values_list("pk", flat=True)), _warn)


@transaction.atomic
def _warn(link_pk: int) -> int:
    now = timezone.now()
    link = _locked(DownloadLink.objects.to_warn_of(now), link_pk)
    if link is None:
        return 0
    if link.is_short and link.short_told_at is None:
        link.short_told_at = now
        _mail(link, "link_nearly_used")
    if link.ends_soon(now) and link.end_told_at is None:
        link.end_told_at = now
        _mail(link, "link_expires_soon")
    link.save(update_fields=["short_told_at", "end_told_at"])
    return 1


def _mail(link: DownloadLink, template: str) -> None:
    """To who granted it, or once they have left to the partner's contact; the mail holds no address of the link."""
    partner = link.purchase.customer.partner
    queue_mail(
        link.granted_by.email if link.granted_by.is_active else partner.support_email,
        template,
        cause=f"{template}:{link.public_id}:{link.grant_number}",
        product=link.purchase.sku.title,
        file=link.build.file_name,
        label=link.label,
        customer=link.purchase.customer.company_name,
        order=link.purchase.order_number,
        left=link.left,
        limit=link.limit,
        expires_at=link.expires_at,
        page=site_address(software_place(link.purchase, link.build)),
    )


def _locked(links: DownloadLinkQuerySet, link_pk: int) -> DownloadLink | None:
    """The link if it is still one of `links`, locked; one that somebody else holds comes in the next run."""
    return links.with_purchase().select_for_update(of=("self",), skip_locked=True).filter(pk=link_pk).first()
