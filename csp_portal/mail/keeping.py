"""Mails of 90 days ago, removed from the outbox (X6)."""

from django.db import transaction
from django.utils import timezone

from activity.models import Action
from activity.services import Actor, record
from csp_portal.jobs import all_batches
from csp_portal.mail.models import Mail

BATCH = 1000  # mails in one transaction, and in one row of the log
KEEPER = Actor.system("remove_old_mails")


def remove_old_mails() -> int:
    """Remove the mails that were sent or given up 90 days ago; answers how many (X6).

    Batch by batch, passing over mails that somebody holds: they come in the next run. What a mail was for is not
    mailed again: its cause is over, or has noted that it was told of.
    """
    return all_batches(_remove_batch)


@transaction.atomic
def _remove_batch() -> int:
    over = Mail.objects.over(timezone.now()).order_by("pk").select_for_update(skip_locked=True)
    batch = list(over.values_list("pk", flat=True)[:BATCH])
    removed, _of_each_kind = Mail.objects.filter(pk__in=batch).delete()
    if removed:
        record(Action.MAILS_REMOVED, actor=KEEPER, details={"mails": removed})
    return removed
