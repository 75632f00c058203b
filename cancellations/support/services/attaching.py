"""Sending a file to support with the words that go with it, in one go (S3, S4)."""

from uuid import uuid4

from django.core.files.uploadedfile import UploadedFile

from cancellations.support.models import Attachment
from cancellations.support.services.files import add_file, remove_file
from cancellations.support.services.talking import reply_as_partner
from csp_portal.accounts.models import User
from csp_portal.errors import Refusal


def attach_file(number: str, upload: UploadedFile, text: str, *, actor: User) -> Attachment:
    """Add a file to a request by a reply that brings it; a reply that is refused leaves no file behind.

    Raises Refusal, for the file or for the reply; SupportRequest.DoesNotExist for a request of another partner.
    """
    draft_id = uuid4()
    added = add_file(draft_id, upload, actor=actor)
    try:
        reply_as_partner(number, text, draft_id=draft_id, actor=actor)
    except Refusal:
        remove_file(added.public_id, actor=actor)
        raise
    return Attachment.objects.get(pk=added.pk)
