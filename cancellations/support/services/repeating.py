"""A decision that is sent twice is taken once, and answered the same (C7, S7)."""

from cancellations.support.models import Approval, DenialReason, EventKind, RequestEvent, SupportRequest
from cancellations.support.services.judging import Decision, kept_words
from csp_portal.accounts.models import User

APPROVED = (EventKind.APPROVED, EventKind.APPROVED_FIRST)


def approved_before(request: SupportRequest, decision: Decision, actor: User) -> Approval | None:
    """What the actor has approved already by this decision, and nobody has withdrawn or approved after them."""
    approval: Approval | None = request.approvals.standing().select_related("cancellation").last()
    if approval is None or _step_since(request, decision.seen, actor, APPROVED) is None:
        return None
    last_by = approval.second_by_id or approval.first_by_id
    base = approval.formula_base if decision.base is None else decision.base
    same = (last_by, approval.base, approval.reply) == (actor.pk, base, kept_words(decision.reply))
    return approval if same and _same_reason(approval, decision) else None


def denied_before(request: SupportRequest, reason: DenialReason, text: str, seen: int, actor: User) -> bool:
    """Whether the actor has denied it already, for the same reason and in the same words."""
    step = _step_since(request, seen, actor, (EventKind.DENIED,))
    return step is not None and (step.details["reason"], step.text) == (reason, kept_words(text))


def _step_since(request: SupportRequest, seen: int, actor: User, kinds: tuple[EventKind, ...]) -> RequestEvent | None:
    """The actor's own step that was not there yet when they were shown the request: the decision was sent before."""
    step: RequestEvent | None = request.events.filter(pk__gt=seen, kind__in=kinds, actor=actor).last()
    return step


def _same_reason(approval: Approval, decision: Decision) -> bool:
    """Whether it is less for the same reason; that of the second agent is the first one's."""
    if approval.second_by_id or approval.base == approval.formula_base:
        return True
    return approval.less_reason == decision.less_reason.strip()
