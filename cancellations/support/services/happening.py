"""One step of a request: its timeline, its status and when it is due, together (S4, S5)."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Max

from cancellations.support.business_hours import BusinessHours, Step, due_at
from cancellations.support.models import (
    OPEN_STATUSES,
    EventKind,
    Holiday,
    OpeningSpan,
    RequestEvent,
    RequestStatus,
    ResponseTarget,
    SupportRequest,
)
from csp_portal.accounts.models import User

# While it has one of these the operator's clock runs.
RUNNING = (RequestStatus.NEW, RequestStatus.IN_PROGRESS)


def business_hours() -> BusinessHours:
    """The operator's calendar as it is set today."""
    spans: dict[int, list[Any]] = {}
    for span in OpeningSpan.objects.all():
        spans.setdefault(span.weekday, []).append((span.opens, span.closes))
    holidays = frozenset(Holiday.objects.values_list("day", flat=True))
    return BusinessHours(ZoneInfo(settings.SUPPORT_TIME_ZONE), spans, holidays)


def due_of(request: SupportRequest) -> datetime | None:
    """When a request is due by its events; None while nobody of the operator has to act."""
    target = ResponseTarget.objects.get(impact=request.impact)
    return due_at(steps_of(request), timedelta(hours=target.hours), business_hours())


def steps_of(request: SupportRequest) -> list[Step]:
    """Its events as far as the due time hangs on them."""
    return [Step(event.at, event.status in RUNNING) for event in request.events.all()]


def happened(
    request: SupportRequest,
    kind: EventKind,
    *,
    actor: User,
    now: datetime,
    status: RequestStatus | None = None,
    text: str = "",
    details: dict[str, Any] | None = None,
) -> RequestEvent:
    """Write a step into the timeline of a request and give it `status`, or leave it the one it has.

    Runs in the caller's transaction, which holds the request's lock, and is recorded and mailed by its caller. Steps
    stand in the order in which they were taken: one that waited for the lock is not put before what it waited for.
    """
    request.status = status or request.status
    last = request.events.aggregate(at=Max("at"))["at"]
    at = max(now, last) if last else now
    event = RequestEvent.objects.create(
        request=request,
        at=at,
        kind=kind,
        status=request.status,
        actor=actor,
        text=text,
        details=details or {},
    )
    request.changed_at = at
    request.ended_at = None if request.status in OPEN_STATUSES else at
    request.due_at = due_of(request)
    request.save(update_fields=["status", "changed_at", "ended_at", "due_at", "owner", "first_reply_at"])
    return event
