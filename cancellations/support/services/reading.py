"""The row that says which agent has read the log behind a request (A3, S6)."""

import hashlib
from datetime import UTC

from django.db import connection, transaction
from django.utils import timezone

from activity.models import Action, Event
from activity.services import record
from cancellations.support.services.triage import OwnMatter
from csp_portal.accounts.models import User


@transaction.atomic
def record_evidence_read(number: str, topic: str, *, actor: User) -> bool:
    """Log that the actor reads the rows behind a figure, once for each figure and hour (UTC). Answers whether it did.

    Readings of one actor wait for each other, so that two pages opened at once make one row.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_lock_of(actor)])
    this_hour = timezone.now().astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    rows = Event.objects.filter(partner=None, action=Action.EVIDENCE_READ, actor_id=actor.public_id)
    if rows.filter(occurred_at__gte=this_hour, details={"request": number, "what": topic}).exists():
        return False
    record(Action.EVIDENCE_READ, actor=actor, on=OwnMatter(number), details={"what": topic})
    return True


def _lock_of(actor: User) -> int:
    """The actor's key of pg_advisory_xact_lock: 64 bits with a sign."""
    digest = hashlib.sha256(b"support.record_evidence_read" + actor.public_id.bytes).digest()
    return int.from_bytes(digest[:8], signed=True)
