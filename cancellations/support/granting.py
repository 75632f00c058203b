"""What approving a refund would give: R1's amount as of filing, or less of it with a reason (S7)."""

from dataclasses import replace
from decimal import Decimal

from cancellations.proration import credit_with_tax
from cancellations.quotes import Quote, quote_line
from cancellations.support.models import SupportRequest
from orders.models import OrderLine


def quote_as_filed(request: SupportRequest, line: OrderLine) -> Quote:
    """What the formula gives for the units asked for, as of the filing: slow triage never costs the partner (S7).

    With the Important message that was accepted then.
    """
    quote = quote_line(line, request.filed_at, request.quantity)
    return replace(quote, notice_version=request.notice_version or quote.notice_version)


def base_of(quote: Quote, line: OrderLine) -> Decimal:
    """What R1 gives or support grants: gross where the line's price includes tax, else net (R2)."""
    return quote.amounts.base(included=line.tax_included)


def granted(quote: Quote, line: OrderLine, base: Decimal, less_reason: str) -> Quote:
    """The quote with `base` given back instead of R1's amount; tax follows what is granted (R2)."""
    formula = base_of(quote, line)
    if base == formula:
        return quote
    amounts = credit_with_tax(
        base, line.amounts, line.credited, included=line.tax_included, currency=line.order.currency
    )
    return replace(
        quote, net=amounts.net, tax=amounts.tax, gross=amounts.gross, formula=formula, less_reason=less_reason
    )
