"""Deciding refunds: approving, by one agent or two, and denying (S7)."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from activity.models import Action
from activity.services import record, refusals_recorded
from cancellations.cancelling import cancel_quoted, locked_line, take_away
from cancellations.models import Cancellation
from cancellations.quotes import Quote
from cancellations.support import reasons
from cancellations.support.emails import tell_of_step
from cancellations.support.granting import base_of
from cancellations.support.models import Approval, DenialReason, EventKind, RequestStatus, SupportRequest
from cancellations.support.models.approvals import needs_second
from cancellations.support.services.happening import happened
from cancellations.support.services.judging import (
    Decision,
    check_approver,
    check_current,
    check_grant,
    checked_words,
    refusal_of,
)
from cancellations.support.services.repeating import approved_before, denied_before
from cancellations.support.services.triage import OwnMatter
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, require
from csp_portal.rounding import plain_amount
from orders.models import OrderLine


@refusals_recorded(Action.REQUEST_REFUSED)
@transaction.atomic
def approve(number: str, decision: Decision, *, actor: User) -> Approval:
    """Cancel the units asked for with all that C6 does, credit as of filing, and reply, in one transaction (S7).

    Above the threshold nothing is cancelled until a second agent approves the same: the first approval is kept, and
    the partner hears nothing of it. Sent again it answers the same (C7). Raises Refusal, telling who decided or what
    changed since `decision.seen`; SupportRequest.DoesNotExist.
    """
    now = timezone.now()
    request = _with_its_line(number, actor)
    line = _line_of(request)
    done = approved_before(request, decision, actor)
    if done is not None:
        return done
    check_current(request, decision.seen)
    words = checked_words(decision.reply, request)
    standing = request.approvals.standing().select_related("first_by").first()
    quote = check_grant(request, line, decision, standing)
    check_approver(request, standing, quote, actor=actor)
    if standing is None and needs_second(line, quote.gross):
        return _approved_first(request, decision, quote, words, actor=actor, now=now)
    approval = _second_of(standing, words, actor, now) if standing else _approval(request, quote, words, actor, now)
    approval.cancellation = cancellation = _cancelled(request, decision, quote, actor=actor, now=now)
    approval.save()
    _approved(request, cancellation, words, actor=actor, now=now)
    return approval


@refusals_recorded(Action.REQUEST_REFUSED)
@transaction.atomic
def withdraw_approval(number: str, *, actor: User) -> Approval:
    """Take back the first approval before a second agent has approved, one's own or a colleague's (S7).

    A wrong amount is not for its author alone to take back: they may have left. Raises Refusal if there is none.
    """
    now = timezone.now()
    request = _with_its_line(number, actor)
    _lock(request)
    approval = request.approvals.standing().filter(cancellation=None).first()
    if approval is None or not request.is_open:
        raise refusal_of(reasons.NO_FIRST_APPROVAL, request)
    approval.withdrawn_at = now
    approval.save(update_fields=["withdrawn_at"])
    happened(request, EventKind.APPROVAL_WITHDRAWN, actor=actor, now=now)
    record(Action.REFUND_APPROVAL_WITHDRAWN, actor=actor, on=OwnMatter(number))
    return approval


@refusals_recorded(Action.REQUEST_REFUSED)
@transaction.atomic
def deny(number: str, reason: DenialReason, text: str, *, seen: int, actor: User) -> SupportRequest:
    """Refuse the refund for a reason that the partner is told; a first approval is withdrawn with it (S7).

    Sent again it answers the same (C7). Raises Refusal, telling who decided or what changed since `seen`;
    SupportRequest.DoesNotExist.
    """
    now = timezone.now()
    request = _with_its_line(number, actor)
    _lock(request)
    if denied_before(request, reason, text, seen, actor):
        return request
    check_current(request, seen)
    words = checked_words(text, request)
    if reason == DenialReason.OTHER and not words:
        raise refusal_of(reasons.DENIAL_NEEDS_WORDS, request)
    request.approvals.standing().update(withdrawn_at=now)
    request.first_reply_at = request.first_reply_at or now
    facts = {"reason": reason.value}
    event = happened(
        request, EventKind.DENIED, actor=actor, now=now, status=RequestStatus.DENIED, text=words, details=facts
    )
    record(Action.REFUND_DENIED, actor=actor, on=request, details=facts)
    tell_of_step(request, event)
    return request


def _with_its_line(number: str, actor: User) -> SupportRequest:
    """The request, its line and purchase locked: whoever decides or closes it takes these locks before its own."""
    requests = SupportRequest.objects.visible_to(actor).with_names()
    request = requests.get(number=number)
    require(actor, Permission.TRIAGE, on=OwnMatter(number))
    if request.order_line_id is None:
        raise refusal_of(reasons.NOT_A_REFUND, request)
    line = locked_line(OrderLine.objects.filter(pk=request.order_line_id))
    request = requests.get(number=number)  # as it is now that nobody else decides it
    request.order_line = line
    return request


def _line_of(request: SupportRequest) -> OrderLine:
    assert request.order_line is not None  # that of a refund
    return request.order_line


def _lock(request: SupportRequest) -> None:
    """Lock the request itself, which who replies or takes it up does without its line, and read it anew."""
    locked = SupportRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    for name in ("status", "owner_id", "first_reply_at", "due_at", "changed_at", "ended_at"):
        setattr(request, name, getattr(locked, name))


def _cancelled(
    request: SupportRequest, decision: Decision, quote: Quote, *, actor: User, now: datetime
) -> Cancellation:
    """Cancel what was quoted. Keys and links are locked before the request, the account after it."""
    line = _line_of(request)
    revoked = take_away(line, quote, now=now)
    _lock(request)
    check_current(request, decision.seen)  # a reply may have come in the meantime
    return cancel_quoted(line, quote, revoked, actor=actor, now=now, filed_by=request.filed_by)


def _approval(request: SupportRequest, quote: Quote, words: str, actor: User, now: datetime) -> Approval:
    """An approval by the first or only one who must; unsaved."""
    line = _line_of(request)
    base = base_of(quote, line)
    return Approval(
        request=request,
        filed_by=request.filed_by,
        first_by=actor,
        first_at=now,
        needs_second=False,
        quantity=quote.quantity,
        base=base,
        formula_base=base if quote.formula is None else quote.formula,
        less_reason=quote.less_reason,
        reply=words,
    )


def _second_of(first: Approval, words: str, actor: User, now: datetime) -> Approval:
    """The first approval with the second; what the partner reads are the words of the second."""
    first.second_by, first.second_at, first.reply = actor, now, words
    return first


def _approved_first(
    request: SupportRequest, decision: Decision, quote: Quote, words: str, *, actor: User, now: datetime
) -> Approval:
    """Keep the first of two approvals, for colleagues only; what waited for the partner waits no more."""
    _lock(request)
    check_current(request, decision.seen)
    approval = _approval(request, quote, words, actor, now)
    approval.needs_second = True
    approval.save()
    facts = _amounts(quote, request)
    happened(request, EventKind.APPROVED_FIRST, actor=actor, now=now, status=RequestStatus.IN_PROGRESS, details=facts)
    record(Action.REFUND_APPROVED_FIRST, actor=actor, on=OwnMatter(request.number), details=facts)
    return approval


def _approved(request: SupportRequest, cancellation: Cancellation, words: str, *, actor: User, now: datetime) -> None:
    """Tell the partner that the refund is approved: timeline, log, mail."""
    facts = {**_amounts(cancellation.credit, request), "certificate": str(cancellation.certificate.public_id)}
    request.first_reply_at = request.first_reply_at or now
    event = happened(
        request, EventKind.APPROVED, actor=actor, now=now, status=RequestStatus.APPROVED, text=words, details=facts
    )
    record(Action.REFUND_APPROVED, actor=actor, on=request, details=facts)
    tell_of_step(request, event)


def _amounts(credit: Any, request: SupportRequest) -> dict[str, Any]:
    """How many units and how much, of a quote or a credit, as the log and the timeline keep it."""
    currency = request.currency
    facts = {"quantity": credit.quantity, "credit": plain_amount(credit.amounts.gross, currency), "currency": currency}
    if credit.formula is None:
        return facts
    return {**facts, "formula": plain_amount(credit.formula, currency), "less_reason": credit.less_reason}
