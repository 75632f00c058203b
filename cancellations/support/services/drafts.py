"""Drafts: what was typed and the files that wait for it, until it is sent (S1, S3)."""

from uuid import UUID

from django.conf import settings

from cancellations.support import reasons
from cancellations.support.models import Draft, RequestEvent, SupportRequest
from csp_portal.accounts.models import User
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
