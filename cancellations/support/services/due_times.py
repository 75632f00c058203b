"""Due times of open requests, worked out anew when the operator's calendar or targets have changed (S5)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from activity.models import Action
from activity.services import Actor, record_each
from cancellations.support.business_hours import due_at
from cancellations.support.models import ResponseTarget, SupportRequest
from cancellations.support.services.happening import RUNNING, business_hours, steps_of

BATCH = 200  # requests in one transaction
CLERK = Actor.system("work_out_due_times")


def work_out_due_times() -> int:
    """Give every request that runs the due time that its events give it today; answers how many were changed.

    Run again, or at once, it finds nothing to do; a step that comes between is worked out by itself.
    """
    return sum(_work_out(batch) for batch in _batches())


def _batches() -> Iterator[list[int]]:
    """The requests that run, in the order of their keys."""
    last = 0
    running = SupportRequest.objects.filter(status__in=RUNNING).order_by("pk")
    while batch := list(running.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        yield batch
        last = batch[-1]


@transaction.atomic
def _work_out(pks: list[int]) -> int:
    """One batch, under its locks; the calendar is read under them too, so that the last change counts."""
    still_running = SupportRequest.objects.filter(pk__in=pks, status__in=RUNNING)
    locked = list(still_running.order_by("pk").select_for_update(of=("self",)).prefetch_related("events"))
    hours = business_hours()
    targets = {target.impact: timedelta(hours=target.hours) for target in ResponseTarget.objects.all()}
    changes = [_Change(request, due_at(steps_of(request), targets[request.impact], hours)) for request in locked]
    made = [change for change in changes if change.due_at != change.request.due_at]
    record_each(Action.REQUEST_DUE_CHANGED, actor=CLERK, on=made)
    for change in made:
        change.request.due_at = change.due_at
        change.request.save(update_fields=["due_at"])
    return len(made)


@dataclass(frozen=True)
class _Change:
    """A request as it stands, and when it is due from now on; no partner's matter."""

    request: SupportRequest
    due_at: datetime | None

    def log_subject(self) -> dict[str, Any]:
        """What the activity log says of it."""
        told = {"before": _written(self.request.due_at), "after": _written(self.due_at)}
        return {"partner_id": None, "details": {"request": self.request.number, **told}}


def _written(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
