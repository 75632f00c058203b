"""Support requests for tests: filed by the service, at the current (frozen) time."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from cancellations.quotes import quote_line
from cancellations.support.models import ApprovalThreshold, ProblemType, RefundReason, SupportRequest
from cancellations.support.models.requests import Impact
from cancellations.support.services.filing import RefundFields, RequestFields, file_request
from cancellations.support.services.judging import Decision
from csp_portal.accounts.models import User
from orders.models import OrderLine


def refund_fields(
    line: OrderLine, agent: User, quantity: int | None = None, amount: Decimal | None = None, **changed: Any
) -> RequestFields:
    """What the form sends for the refund of `quantity` units, or all that are left; of `amount`, or all of the credit.

    `changed` are fields of the request or of the refund.
    """
    line = OrderLine.objects.with_purchase().get(pk=line.pk)
    left = line.quantity_left if quantity is None else quantity
    quote = quote_line(line, timezone.now(), min(left, line.quantity_left))
    asked = RefundFields(
        reason=changed.pop("refund_reason", RefundReason.WRONG_PRODUCT),
        quantity=left,
        amount=quote.amounts.base(included=line.tax_included) if amount is None else amount,
        notice_accepted=changed.pop("notice_accepted", quote.notice_version),
    )
    fields = RequestFields(
        problem=ProblemType.REFUND,
        impact=Impact.MODERATE,
        title="Refund of a reservation",
        description="The wrong product was ordered.",
        contact_name="김민준",
        contact_email=agent.email,
        tenant_id=line.order.customer.tenant_id,
        purchase_id=line.purchase.public_id,
        refund=asked,
    )
    return replace(fields, **changed)


def file_refund(
    agent: User, line: OrderLine, quantity: int | None = None, amount: Decimal | None = None, **fields: Any
) -> SupportRequest:
    """Ask for the refund of `quantity` units of a line, or all that are left; of `amount`, or all of the credit."""
    return file_request(refund_fields(line, agent, quantity, amount, **fields), draft_id=None, actor=agent)


def file_question(agent: User, draft_id: UUID | None = None, **fields: Any) -> SupportRequest:
    """Ask support something about no order, with the files of a draft; `fields` are of the request."""
    asked = RequestFields(
        problem=ProblemType.OTHER,
        impact=Impact.MODERATE,
        title="A question",
        description="How is this?",
        contact_name="김민준",
        contact_email=agent.email,
    )
    return file_request(replace(asked, **fields), draft_id=draft_id, actor=agent)


def last_step(request: SupportRequest) -> int:
    """The step of a request that its page shows last."""
    return request.events.latest("pk").pk


def decision(request: SupportRequest, **fields: Any) -> Decision:
    """A decision of who has just looked at the request: all that the formula gives, unless said otherwise."""
    return Decision(**{"seen": last_step(request), "reply": "Approved.", **fields})


def one_agent_is_enough(currency: str = "USD", amount: Decimal = Decimal("100000.00")) -> ApprovalThreshold:
    """Set the credit up to which no second agent must approve."""
    return ApprovalThreshold.objects.create(currency=currency, amount=amount)
