"""Replies out of templates: what their fields stand for (S5)."""

from datetime import date

from django.utils import formats, translation

from cancellations.quotes import Quote
from cancellations.support.granting import base_of
from cancellations.support.merging import merged
from cancellations.support.models import ReplyTemplate, SupportRequest
from csp_portal.accounts.models import User
from csp_portal.money import Money

# Every field that a template can have, as operators are told.
FIELDS = (
    "agent",
    "amount",
    "contact_name",
    "credit",
    "customer",
    "invoice_month",
    "number",
    "order",
    "partner",
    "product",
)


def templates_for(request: SupportRequest) -> list[ReplyTemplate]:
    """Those in the language that the partner asked for."""
    return list(ReplyTemplate.objects.filter(language=request.language))


def filled(
    template: ReplyTemplate,
    request: SupportRequest,
    *,
    agent: User,
    quote: Quote | None = None,
    month: date | None = None,
) -> str:
    """The words of a template with what is known filled in, written as its language writes amounts and months.

    The credit and its invoice month are known of a refund that is being approved.
    """
    with translation.override(template.language):
        return merged(template.text, _values(request, agent, quote, month))


def _values(request: SupportRequest, agent: User, quote: Quote | None, month: date | None) -> dict[str, str]:
    line, currency = request.order_line, request.currency
    asked = request.amount_requested
    return {
        "agent": agent.name,
        "amount": "" if asked is None else str(Money(asked, currency)),
        "contact_name": request.contact_name,
        "credit": str(Money(base_of(quote, line), currency)) if quote and line else "",
        "customer": request.customer.company_name if request.customer else "",
        "invoice_month": formats.date_format(month, "YEAR_MONTH_FORMAT") if month else "",
        "number": request.number,
        "order": line.order.number if line else "",
        "partner": request.partner.legal_name,
        "product": line.sku_title if line else "",
    }
