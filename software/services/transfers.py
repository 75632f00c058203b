"""Authorising the bytes of a download before they are sent, and noting how many were (K7, K8)."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from activity.models import Action
from activity.services import Actor, refusals_recorded
from software.models import DownloadSession, SessionEnd, Transfer
from software.ranges import ByteRange, holds_all
from software.services.downloads import refusal_of_ended

MOST_PARTS = 2000  # in which a file is fetched; put together from more it is never called complete


@refusals_recorded(Action.DOWNLOAD_REFUSED)
def authorise(session: DownloadSession, part: ByteRange, *, actor: Actor, by_storage: bool = False) -> Transfer:
    """Charge the bytes that a request asks for before any of them is sent; committed when this returns (K7).

    One conditional statement decides, so that parallel segments together stay within twice the file and 64 MiB. The
    request that would go past it closes the session for good. What an object storage sends is supposed to be sent.
    Raises Refusal (429, or as `open_session` if the session has ended meanwhile).
    """
    now = timezone.now()
    transfer = _charged(session, part, now, by_storage=by_storage)
    if transfer is None:
        stands = DownloadSession.objects.with_file().get(pk=session.pk)
        raise refusal_of_ended(stands, stands.ended(now) or SessionEnd.OVER_BUDGET, now, actor=actor)
    return transfer


@transaction.atomic
def _charged(session: DownloadSession, part: ByteRange, now: datetime, *, by_storage: bool) -> Transfer | None:
    this = DownloadSession.objects.filter(pk=session.pk)
    if not this.charge(part.length, most=session.most_bytes, now=now, unwatched=by_storage):
        return None
    return Transfer.objects.create(
        session=session, by_storage=by_storage, started_at=now, first=part.first, length=part.length
    )


@transaction.atomic
def end_transfer(transfer_id: UUID, sent: int) -> bool:
    """Note that a transfer is over and how many bytes it sent, once; whether it was still running (K8).

    The session is complete once every byte of its file was sent, in whatever parts. Raises Transfer.DoesNotExist.
    """
    now = timezone.now()
    transfer = Transfer.objects.get(public_id=transfer_id)
    session = DownloadSession.objects.select_for_update().get(pk=transfer.session_id)
    sent = min(sent, transfer.length)
    if not Transfer.objects.running().filter(pk=transfer.pk).update(ended_at=now, sent=sent):
        return False
    if sent:
        session.bytes_sent += sent
        session.sent_at = session.sent_at or now
        session.completed_at = session.completed_at or _completed_at(session, now)
        session.save(update_fields=["bytes_sent", "sent_at", "completed_at"])
    return True


def _completed_at(session: DownloadSession, now: datetime) -> datetime | None:
    build = session.link.build
    if session.bytes_sent < build.size or session.build_sha256 != build.sha256:
        return None
    parts = list(session.transfers.filter(sent__gt=0).order_by("first").values_list("first", "sent")[: MOST_PARTS + 1])
    return now if len(parts) <= MOST_PARTS and holds_all(parts, build.size) else None
