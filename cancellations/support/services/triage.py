"""Who of the operator's staff works on a request, and what they note about it for each other (S5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from activity.models import Action
from activity.services import record, refusals_recorded
from cancellations.support import reasons
from cancellations.support.emails import tell_of_step
from cancellations.support.models import EventKind, InternalNote, RequestStatus, SupportRequest
from cancellations.support.models.requests import LONGEST_TEXT
from cancellations.support.services.happening import happened
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, require
from csp_portal.errors import Refusal

MOST_ASSIGNED = 100  # requests in one go


@dataclass(frozen=True)
class OwnMatter:
    """A request as the operator's own chain of the log names it: partners do not read who works on what."""

    number: str

    def log_subject(self) -> dict[str, Any]:
        return {"partner_id": None, "details": {"request": self.number}}


@dataclass(frozen=True)
class Outcome:
    """What became of one request of several: it was assigned, or why it was not."""

    number: str
    request: SupportRequest | None = None
    refusal: Refusal | None = None


@refusals_recorded(Action.REQUEST_REFUSED)
@transaction.atomic
def claim(number: str, *, actor: User) -> SupportRequest:
    """Make an open request that is nobody's one's own; one that was new is in progress from then on (S4, S5).

    Of many who try at once one has it. Claimed again by its owner nothing changes. Raises Refusal if it is a
    colleague's, decided or closed, or if the role may not.
    """
    require(actor, Permission.TRIAGE, on=OwnMatter(number))
    request = _locked_open(number)
    if request.owner_id not in (None, actor.pk):
        raise Refusal(reasons.CLAIMED_ALREADY, on=OwnMatter(number), request=number, who=str(request.owner))
    if request.state == RequestStatus.NEW:
        _give(request, actor, EventKind.TAKEN_UP, actor=actor, status=RequestStatus.IN_PROGRESS)
    elif request.owner_id is None:
        _give(request, actor, EventKind.ASSIGNED, actor=actor)
    return request


@refusals_recorded(Action.REQUEST_REFUSED)
@transaction.atomic
def assign(number: str, to: UUID, *, actor: User) -> SupportRequest:
    """Give an open request to a support agent, oneself or a colleague, whoever has it now; its status stays (S5).

    Raises Refusal if it is theirs already, decided or closed, if they cannot triage, or if the role may not;
    DoesNotExist where the operator has no such user.
    """
    require(actor, Permission.TRIAGE, on=OwnMatter(number))
    agent = _agent(to, actor, on=OwnMatter(number))
    request = _locked_open(number)
    if request.owner_id == agent.pk:
        raise Refusal(reasons.ASSIGNED_ALREADY, on=OwnMatter(number), request=number, who=str(agent))
    _give(request, agent, EventKind.ASSIGNED, actor=actor)
    return request


@refusals_recorded(Action.REQUEST_REFUSED)
@transaction.atomic
def release(number: str, *, actor: User) -> SupportRequest:
    """Give an open request back to the queue, for anybody to claim; its status stays (S5).

    Raises Refusal if it is nobody's, decided or closed, or if the role may not.
    """
    require(actor, Permission.TRIAGE, on=OwnMatter(number))
    request = _locked_open(number)
    if request.owner_id is None:
        raise Refusal(reasons.NOBODYS_ALREADY, on=OwnMatter(number), request=number)
    _give(request, None, EventKind.RELEASED, actor=actor)
    return request


@refusals_recorded(Action.REQUEST_REFUSED)
def assign_several(numbers: Sequence[str], to: UUID, *, actor: User) -> list[Outcome]:
    """Give up to 100 requests to a support agent, each by itself: one that is refused holds up no other (S5).

    Answers an outcome for each, in their order. Raises Refusal, and assigns nothing, if the role may not, if there are
    more than 100, or if the agent cannot triage.
    """
    require(actor, Permission.TRIAGE)
    if len(numbers) > MOST_ASSIGNED:
        raise Refusal(reasons.TOO_MANY_REQUESTS, count=len(numbers), limit=MOST_ASSIGNED)
    _agent(to, actor)
    return [_assign_one(number, to, actor) for number in dict.fromkeys(numbers)]


@refusals_recorded(Action.REQUEST_REFUSED)
@transaction.atomic
def add_note(number: str, text: str, *, actor: User) -> InternalNote:
    """Note something about a request, decided or closed ones too, for the operator's staff alone (S5).

    The log tells that there is a note and never what it says. Raises Refusal if it is empty or too long.
    """
    require(actor, Permission.TRIAGE, on=OwnMatter(number))
    written = text.replace("\0", "").replace("\r\n", "\n").strip()
    if not 0 < len(written) <= LONGEST_TEXT:
        raise Refusal(reasons.NOTE_LENGTH, on=OwnMatter(number), limit=LONGEST_TEXT)
    request = SupportRequest.objects.locked(number)
    last = request.internal_notes.last()
    if last is not None and (last.author_id, last.text) == (actor.pk, written):
        return last  # sent twice
    note = InternalNote.objects.create(request=request, at=timezone.now(), author=actor, text=written)
    record(Action.REQUEST_NOTED, actor=actor, on=OwnMatter(number), details={"note": note.pk})
    return note


def _assign_one(number: str, to: UUID, actor: User) -> Outcome:
    try:
        return Outcome(number, assign(number, to, actor=actor))
    except Refusal as refusal:
        return Outcome(number, refusal=refusal)


def _give(
    request: SupportRequest, owner: User | None, kind: EventKind, *, actor: User, status: RequestStatus | None = None
) -> None:
    """Change the owner: the step, its row of the log, and its mail where the partner may know."""
    before, request.owner = request.owner, owner
    names = {"before": str(before or ""), "owner": str(owner or "")}
    event = happened(request, kind, actor=actor, now=timezone.now(), status=status, details=names)
    record(Action.REQUEST_ASSIGNED, actor=actor, on=OwnMatter(request.number), details=names)
    tell_of_step(request, event)


def _locked_open(number: str) -> SupportRequest:
    """The request, locked. Raises Refusal once it is decided or closed."""
    request = SupportRequest.objects.locked(number)
    if not request.is_open:
        status = request.state.label
        raise Refusal(reasons.REQUEST_OVER, on=OwnMatter(number), request=number, status=status, when=request.ended_at)
    return request


def _agent(public_id: UUID, actor: User, *, on: OwnMatter | None = None) -> User:
    """A colleague who triages. Raises Refusal for one whose role or account does not let them."""
    agent = User.objects.visible_to(actor).get(public_id=public_id)
    if not agent.may(Permission.TRIAGE):
        raise Refusal(reasons.NOT_AN_AGENT, on=on, who=str(agent))
    return agent
