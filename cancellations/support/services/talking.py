"""What both sides write to each other about a request, and closing it (S4)."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from activity.models import Action
from activity.services import record, refusals_recorded
from cancellations.cancelling import locked_line
from cancellations.support import reasons
from cancellations.support.emails import tell_of_step
from cancellations.support.models import EventKind, RequestEvent, RequestStatus, SupportRequest
from cancellations.support.models.requests import LONGEST_TEXT
from cancellations.support.services.drafts import has_files, send_draft
from cancellations.support.services.happening import happened
from cancellations.support.services.judging import checked_words
from cancellations.support.services.triage import OwnMatter
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, require
from csp_portal.errors import Reason, Refusal
from csp_portal.key_text import holds_key
from orders.models import OrderLine


@refusals_recorded(Action.REQUEST_REFUSED)
@transaction.atomic
def reply_as_partner(number: str, text: str, *, draft_id: UUID | None, actor: User) -> RequestEvent:
    """Write to support, with the files of the draft; what waited for the partner goes on (S4).

    The same words sent twice in a row are one reply, unless other files come with them. Raises Refusal;
    SupportRequest.DoesNotExist for a request of another partner.
    """
    now = timezone.now()
    request = locked_request(number, actor)
    require(actor, Permission.FILE_SUPPORT, on=request)
    said = _said_before(request, EventKind.PARTNER_REPLIED, text, actor)
    if said is not None and not has_files(draft_id, actor=actor):
        return said
    _check_open(request, actor)
    waited = request.status == RequestStatus.ACTION_REQUIRED
    status = RequestStatus.IN_PROGRESS if waited else None
    event = happened(
        request, EventKind.PARTNER_REPLIED, actor=actor, now=now, status=status, text=_checked(text, request, actor)
    )
    files = send_draft(draft_id, request, event, actor=actor)
    record(Action.REQUEST_REPLIED, actor=actor, on=request, details={"files": files})
    tell_of_step(request, event)
    return event


@refusals_recorded(Action.REQUEST_REFUSED)
@transaction.atomic
def reply_as_support(number: str, text: str, *, asks: bool, actor: User) -> RequestEvent:
    """Write to the partner; what `asks` something of it waits, and the clock stands, until it has replied (S4, S5).

    The first reply is the one that is measured. The same words sent twice in a row are one reply. Raises Refusal;
    SupportRequest.DoesNotExist.
    """
    now = timezone.now()
    request = locked_request(number, actor)
    require(actor, Permission.TRIAGE, on=OwnMatter(number))
    kind = EventKind.ASKED if asks else EventKind.REPLIED
    said = _said_before(request, kind, text, actor)
    if said is not None:
        return said
    _check_open(request, actor)
    request.first_reply_at = request.first_reply_at or now
    event = happened(
        request, kind, actor=actor, now=now, status=_after_reply(request, asks), text=_checked(text, request, actor)
    )
    record(Action.REQUEST_REPLIED, actor=actor, on=request, details={"asks": asks})
    tell_of_step(request, event)
    return event


@refusals_recorded(Action.REQUEST_REFUSED)
@transaction.atomic
def close(number: str, *, text: str, actor: User) -> RequestEvent:
    """End a request without a decision: the partner withdraws it, or support closes one that is no refund (S4).

    Words are wanted of support only. Raises Refusal; SupportRequest.DoesNotExist.
    """
    now = timezone.now()
    request = _locked_with_its_line(number, actor)
    of_partner = actor.partner_id is not None
    if of_partner:
        require(actor, Permission.FILE_SUPPORT, on=request)
    else:
        require(actor, Permission.TRIAGE, on=OwnMatter(number))
    _check_open(request, actor)
    if not of_partner and request.is_refund:
        raise _refused(reasons.REFUND_IS_DECIDED, request, actor)
    said = _checked(text, request, actor) if text.strip() or not of_partner else ""
    if not of_partner:
        request.first_reply_at = request.first_reply_at or now
    event = happened(request, EventKind.CLOSED, actor=actor, now=now, status=RequestStatus.CLOSED, text=said)
    record(Action.REQUEST_CLOSED, actor=actor, on=request)
    tell_of_step(request, event)
    return event


def locked_request(number: str, actor: User) -> SupportRequest:
    """The request with its names, locked, of those that the actor may see. Raises SupportRequest.DoesNotExist."""
    return SupportRequest.objects.visible_to(actor).locked(number)


def _locked_with_its_line(number: str, actor: User) -> SupportRequest:
    """The request, its line locked before it, so that nobody decides or cancels what it is about meanwhile."""
    seen = SupportRequest.objects.visible_to(actor).get(number=number)
    if seen.order_line_id is not None:
        locked_line(OrderLine.objects.filter(pk=seen.order_line_id))
    return locked_request(number, actor)


def _check_open(request: SupportRequest, actor: User) -> None:
    """Refuse what comes too late for a request that was decided or closed, telling since when."""
    if not request.is_open:
        raise _refused(reasons.REQUEST_ENDED, request, actor, status=request.state.label, when=request.ended_at)


def _checked(text: str, request: SupportRequest, actor: User) -> str:
    """The words as they are kept; refused where there are none or too many, or fields of a template are left (S5)."""
    kept = _kept(text)
    if not kept:
        raise _refused(reasons.NOTHING_WRITTEN, request, actor)
    if actor.partner_id is None:
        return checked_words(kept, request)
    if holds_key(kept):
        raise _refused(reasons.KEY_IN_TEXT, request, actor)
    if len(kept) > LONGEST_TEXT:
        raise _refused(reasons.TEXT_TOO_LONG, request, actor, limit=LONGEST_TEXT)
    return kept


def _kept(text: str) -> str:
    return text.replace("\0", "").replace("\r\n", "\n").strip()


def _refused(reason: Reason, request: SupportRequest, actor: User, **facts: Any) -> Refusal:
    """A refusal in the chain of who is refused: what support tried is no partner's matter."""
    on = request if actor.partner_id is not None else OwnMatter(request.number)
    return Refusal(reason, on=on, request=request.number, **facts)


def _after_reply(request: SupportRequest, asks: bool) -> RequestStatus | None:
    """The status after support wrote: it waits for the partner, or what was new is in progress; else it stays."""
    if asks:
        return RequestStatus.ACTION_REQUIRED
    return RequestStatus.IN_PROGRESS if request.status == RequestStatus.NEW else None


def _said_before(request: SupportRequest, kind: EventKind, text: str, actor: User) -> RequestEvent | None:
    """The request's last step, if the same person has just written the same: by a double click, or sent again."""
    last = request.events.order_by("at", "pk").last()
    same = last and (last.kind, last.actor_id, last.text) == (kind, actor.pk, _kept(text))
    return last if same else None
