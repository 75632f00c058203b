"""Due times of open requests, worked out anew when the operator's calendar or targets have changed (S5)."""

from collections.abc import Iterator
from datetime import timedelta

from django.db import transaction

from cancellations.support.business_hours import BusinessHours, due_at
from cancellations.support.models import ResponseTarget, SupportRequest
from cancellations.support.services.happening import RUNNING, business_hours, steps_of

BATCH = 200  # requests in one transaction


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
    return sum(_set_due(request, targets[request.impact], hours) for request in locked)


def _set_due(request: SupportRequest, target: timedelta, hours: BusinessHours) -> int:
    due = due_at(steps_of(request), target, hours)
    if due == request.due_at:
        return 0
    request.due_at = due
    request.save(update_fields=["due_at"])
    return 1
