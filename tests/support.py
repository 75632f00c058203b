"""Support requests for tests: filed at the current (frozen) time."""

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from cancellations.quotes import quote_line
from cancellations.support.models import EventKind, ProblemType, RefundReason, SupportRequest
from cancellations.support.models.requests import Impact
from cancellations.support.services.happening import happened
from csp_portal.accounts.models import User
from orders.models import OrderLine


@transaction.atomic
def file_refund(
    agent: User, line: OrderLine, quantity: int | None = None, amount: Decimal | None = None, **fields: Any
) -> SupportRequest:
    """Ask for the refund of `quantity` units of a line, or all that are left; of `amount`, or all of the credit."""
    now = timezone.now()
    line = OrderLine.objects.with_purchase().get(pk=line.pk)
    quote = quote_line(line, now, quantity)
    creditable = quote.amounts.base(included=line.tax_included)
    values: dict[str, Any] = {
        "problem": ProblemType.REFUND,
        "impact": Impact.MODERATE,
        "title": "Refund of a reservation",
        "description": "The wrong product was ordered.",
        "refund_reason": RefundReason.WRONG_PRODUCT,
        "contact_name": "김민준",
        "contact_email": agent.email,
        **fields,
    }
    request = SupportRequest.objects.create(
        partner=line.order.partner,
        filed_by=agent,
        filed_at=now,
        changed_at=now,
        customer=line.order.customer,
        order_line=line,
        quantity=quote.quantity,
        creditable=creditable,
        amount_requested=creditable if amount is None else amount,
        notice_version=quote.notice_version,
        **values,
    )
    happened(request, EventKind.FILED, actor=agent, now=now, text=request.description)
    return request
