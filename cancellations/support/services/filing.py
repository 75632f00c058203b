"""Filing a support request (S1, S2)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from activity.models import Action
from activity.services import record, refusals_recorded
from cancellations.cancelling import locked_line
from cancellations.support import reasons
from cancellations.support.checks import check_refund, creditable
from cancellations.support.emails import tell_of_step
from cancellations.support.models import EventKind, ProblemType, RequestLanguage, SupportRequest
from cancellations.support.services.drafts import send_draft
from cancellations.support.services.happening import happened
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, require
from csp_portal.errors import Refusal
from csp_portal.key_text import holds_key
from csp_portal.rounding import plain_amount
from customers.models import Customer
from orders.models import OrderLine


@dataclass(frozen=True, kw_only=True)
class RefundFields:
    """What is asked back: of which units how much, why, and the version of the Important message that was accepted."""

    reason: str
    quantity: int
    amount: Decimal
    notice_accepted: int | None


@dataclass(frozen=True, kw_only=True)
class RequestFields:
    """A request as it is filed (S1): about a customer and a purchase of it, or about neither; a refund about both."""

    problem: str
    impact: str
    title: str
    description: str
    contact_name: str
    contact_email: str
    contact_phone: str = ""
    language: str = RequestLanguage.ENGLISH
    tenant_id: UUID | None = None
    purchase_id: UUID | None = None
    refund: RefundFields | None = None


def file_request(fields: RequestFields, *, draft_id: UUID | None, actor: User) -> SupportRequest:
    """File a request, with the files of the draft; what is sent twice is filed once and answered the same (S2).

    Raises Refusal, by the checks in their order: role, customer, order, the line's, units, amount, Important message.
    """
    try:
        return _file(fields, draft_id=draft_id, actor=actor)
    except IntegrityError:
        filed = filed_before(draft_id, actor)  # by the same form, sent twice at once
        if filed is None:
            raise
        return filed


@refusals_recorded(Action.REQUEST_REFUSED)
@transaction.atomic
def _file(fields: RequestFields, *, draft_id: UUID | None, actor: User) -> SupportRequest:
    now = timezone.now()
    require(actor, Permission.FILE_SUPPORT)
    assert actor.partner is not None  # the operator's staff have no role that files
    customer = _customer(fields, actor)
    line = _line(fields, customer, actor)
    filed = filed_before(draft_id, actor)
    if filed is not None:
        return filed
    if holds_key(fields.title) or holds_key(fields.description):
        raise Refusal(reasons.KEY_IN_TEXT, on=line or customer)
    request = SupportRequest(
        partner=actor.partner,
        filed_by=actor,
        filed_at=now,
        changed_at=now,
        form_id=draft_id,
        problem=fields.problem,
        impact=fields.impact,
        title=fields.title,
        description=fields.description,
        language=fields.language,
        customer=customer,
        order_line=line,
        contact_name=fields.contact_name,
        contact_email=fields.contact_email,
        contact_phone=fields.contact_phone,
        **_refund(fields, line, now),
    )
    request.save()
    event = happened(request, EventKind.FILED, actor=actor, now=now, text=fields.description)
    files = send_draft(draft_id, request, event, actor=actor)
    record(Action.REQUEST_FILED, actor=actor, on=request, details=_details(request, files))
    tell_of_step(request, event)
    return request


def filed_before(form_id: UUID | None, actor: User) -> SupportRequest | None:
    """What the same form has filed already."""
    return SupportRequest.objects.filter(filed_by=actor, form_id=form_id).first() if form_id else None


def _customer(fields: RequestFields, actor: User) -> Customer | None:
    """The customer that the request names; it must be one of the actor's partner."""
    if fields.tenant_id is None:
        return None
    customer = Customer.objects.visible_to(actor).filter(tenant_id=fields.tenant_id).first()
    if customer is None:
        raise Refusal(reasons.CUSTOMER_UNKNOWN)
    return customer


def _line(fields: RequestFields, customer: Customer | None, actor: User) -> OrderLine | None:
    """The line that the request names, locked; it must be of the customer."""
    if fields.purchase_id is None:
        return None
    if customer is None:
        raise Refusal(reasons.CUSTOMER_UNKNOWN)
    lines = OrderLine.objects.visible_to(actor).filter(order__customer=customer)
    try:
        return locked_line(lines.filter(purchase__public_id=fields.purchase_id))
    except OrderLine.DoesNotExist:
        raise Refusal(reasons.ORDER_NOT_OF_CUSTOMER, on=customer, customer=customer.company_name) from None


def _refund(fields: RequestFields, line: OrderLine | None, now: datetime) -> dict[str, Any]:
    """The columns of a refund, each checked (S2)."""
    if fields.problem != ProblemType.REFUND:
        return {}
    asked = fields.refund
    if line is None or asked is None or not asked.reason:
        raise Refusal(reasons.REFUND_WITHOUT_LINE, on=line)
    accepted = asked.notice_accepted
    quote = check_refund(line, quantity=asked.quantity, amount=asked.amount, notice_accepted=accepted, now=now)
    return {
        "refund_reason": asked.reason,
        "quantity": quote.quantity,
        "creditable": creditable(line, quote),
        "amount_requested": asked.amount,
        "notice_version": quote.notice_version,
    }


def _details(request: SupportRequest, files: int) -> dict[str, Any]:
    """What the log says of a request beside what it is about."""
    details: dict[str, Any] = {"problem": request.problem, "impact": request.impact, "files": files}
    if request.amount_requested is not None:
        details |= {
            "quantity": request.quantity,
            "amount": plain_amount(request.amount_requested, request.currency),
            "currency": request.currency,
            "notice_version": request.notice_version,
        }
    return details
