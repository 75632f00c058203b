"""Drafts: what was typed and the files that wait for it, until it is sent (S1, S3)."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from cancellations.support import reasons
from cancellations.support.models import Draft, RequestEvent, SupportRequest
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, require
from csp_portal.errors import Refusal


def send_draft(draft_id: UUID | None, request: SupportRequest, event: RequestEvent, *, actor: User) -> int:
    """Move the files of the actor's draft to a step of a request, and end the draft; answers how many there were.

    Runs in the transaction that files or replies, which holds the request's lock. A draft that was never kept has no
    files. Raises Refusal where the request would have too many.
    """
    drafts = Draft.objects.visible_to(actor).select_for_update()
    draft = drafts.filter(public_id=draft_id).first() if draft_id else None
    if draft is None:
        return 0
    count = draft.attachments.count()
    if count and request.attachments.count() + count > settings.SUPPORT_MOST_FILES:
        raise Refusal(reasons.TOO_MANY_FILES, on=request, limit=settings.SUPPORT_MOST_FILES)
    moved = draft.attachments.update(draft=None, request=request, event=event)
    draft.delete()
    return moved


def has_files(draft_id: UUID | None, *, actor: User) -> bool:
    """Whether files of the actor's wait in a draft."""
    drafts = Draft.objects.visible_to(actor).filter(attachments__isnull=False)
    return draft_id is not None and drafts.filter(public_id=draft_id).exists()


def locked_draft(draft_id: UUID, *, actor: User) -> Draft:
    """The actor's draft, made if it is not kept yet, and locked. Raises Draft.DoesNotExist for somebody else's."""
    try:
        with transaction.atomic():
            Draft.objects.get_or_create(public_id=draft_id, user=actor, defaults={"changed_at": timezone.now()})
    except IntegrityError:
        raise Draft.DoesNotExist from None  # the id is another's
    draft = Draft.objects.select_for_update().get(public_id=draft_id, user=actor)
    draft.changed_at = timezone.now()
    draft.save(update_fields=["changed_at"])
    return draft


@transaction.atomic
def keep_draft(draft_id: UUID, typed: dict[str, Any], *, actor: User) -> Draft:
    """Keep what was typed into a form that was not sent yet (S1)."""
    require(actor, Permission.FILE_SUPPORT)
    draft = locked_draft(draft_id, actor=actor)
    draft.typed = typed
    draft.save(update_fields=["typed"])
    return draft
