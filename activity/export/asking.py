"""Asking for an export that a job makes, and taking its file (A2, A3)."""

from uuid import UUID

from celery import signature
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from activity import reasons
from activity.models import Action, EventQuerySet, ExportFormat, ExportState, LogExport
from activity.models.exports import MOST_OPEN_EXPORTS
from activity.services import record, refusals_recorded
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, require
from csp_portal.errors import Refusal

MAKE_EXPORT = "activity.tasks.make_export"  # by name: the task calls this package


def needs_a_job(events: EventQuerySet, file_format: ExportFormat) -> bool:
    """Whether an export is made by a job: a sealed one, and one of many rows, which are counted no further."""
    most: int = settings.ACTIVITY_EXPORT_STREAMED_ROWS
    return file_format == ExportFormat.BUNDLE or events.order_by()[: most + 1].count() > most


@refusals_recorded(Action.LOG_EXPORT_REFUSED)
@transaction.atomic
def ask_for_export(query: dict[str, str], file_format: ExportFormat, *, actor: User) -> LogExport:
    """Have a job make a file, and log who asked for what; what is being made already is not begun a second time.

    Raises Refusal for the role, and for one more than a user may have under way. Two clicks wait for each other.
    """
    require(actor, Permission.EXPORT_ACTIVITY)
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    under_way = LogExport.objects.filter(user=actor).unfinished()
    same = under_way.filter(query=query, format=file_format).first()
    if same is not None:
        return same
    if under_way.count() >= MOST_OPEN_EXPORTS:
        raise Refusal(reasons.TOO_MANY_EXPORTS, limit=MOST_OPEN_EXPORTS)
    now = timezone.now()
    assert actor.partner is not None  # only a partner's users have the permission
    export = LogExport.objects.create(
        user=actor, partner=actor.partner, format=file_format, query=query, asked_at=now, queued_at=now
    )
    record(Action.LOG_EXPORTED, actor=actor, on=export)
    queue_making(export)
    return export


def queue_making(export: LogExport) -> None:
    """Have the file made after the commit; the sweep finds what was never queued, or was lost on the way."""
    transaction.on_commit(signature(MAKE_EXPORT, args=(str(export.public_id),)).delay, robust=True)


@refusals_recorded(Action.LOG_EXPORT_REFUSED)
@transaction.atomic
def give_out_export(export_id: UUID, *, actor: User) -> LogExport:
    """Log that somebody takes a file, before its first byte goes.

    Raises Refusal for the role, and where there is no file: not yet, not any more, or never. Raises
    LogExport.DoesNotExist for what the actor may not see.
    """
    require(actor, Permission.EXPORT_ACTIVITY)
    export = LogExport.objects.visible_to(actor).select_related("user").get(public_id=export_id)
    if refusal := refusal_of(export):
        raise refusal
    record(Action.LOG_EXPORT_DOWNLOADED, actor=actor, on=export)
    return export


def refusal_of(export: LogExport) -> Refusal | None:
    """Why there is no file: not yet, not any more, or never; None where there is one."""
    if export.state == ExportState.READY:
        return None
    if export.state == ExportState.EXPIRED:
        return Refusal(reasons.EXPORT_EXPIRED, on=export, expired_at=export.expires_at)
    return Refusal(_NO_FILE[export.state], on=export)


_NO_FILE = {
    ExportState.WAITING: reasons.EXPORT_NOT_READY,
    ExportState.RUNNING: reasons.EXPORT_NOT_READY,
    ExportState.FAILED: reasons.EXPORT_NOT_MADE,
}
