"""Contacts and files of support requests, removed 24 months after closing; the rest of a request stays (X6)."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from activity.models import Action
from activity.services import Actor, record_each
from cancellations.support.models import Attachment, SupportRequest
from cancellations.support.services.files import remove_rows
from csp_portal.jobs import all_batches

BATCH = 100  # requests in one transaction
KEEPER = Actor.system("remove_old_contacts")


def remove_old_contacts() -> int:
    """Remove the contact and the files of every request that was closed 24 months ago; answers of how many (X6).

    Batch by batch, passing over requests that somebody holds: they come in the next run. What is killed half way
    leaves whole batches done and the others as they were.
    """
    return all_batches(_remove_batch)


@transaction.atomic
def _remove_batch() -> int:
    now = timezone.now()
    over = SupportRequest.objects.contact_over(now).order_by("ended_at", "pk").select_for_update(skip_locked=True)
    locked = SupportRequest.objects.filter(pk__in=list(over.values_list("pk", flat=True)[:BATCH]))
    batch = list(locked.with_names().with_files_counted().order_by("pk"))
    remove_rows(Attachment.objects.filter(request__in=batch), actor=KEEPER)
    locked.update(contact_name="", contact_email="", contact_phone="", contact_removed_at=now)
    record_each(Action.REQUEST_CONTACT_REMOVED, actor=KEEPER, on=[_Emptied(request) for request in batch])
    return len(batch)


@dataclass(frozen=True)
class _Emptied:
    """A request for the log, with how many files went; never with the contact."""

    request: SupportRequest

    def log_subject(self) -> dict[str, Any]:
        """What the activity log says of it."""
        subject = self.request.log_subject()
        return {**subject, "details": {**subject["details"], "files": self.request.file_count}}
