"""May a refund of this line be asked for? The checks of S2, in their order; the first that hits gives the reason."""

from datetime import datetime
from decimal import Decimal

from cancellations.checks import quantity_refusal, refund_refusal, refusal_on
from cancellations.quotes import Quote, quote_line
from cancellations.support import reasons
from cancellations.support.models import SupportRequest
from csp_portal.errors import Refusal
from csp_portal.money import Money
from csp_portal.rounding import minor_unit_digits, round_half_up
from orders.models import OrderLine


def open_refund(line: OrderLine) -> SupportRequest | None:
    """The request for a refund of the line that is not decided yet: there is one at most (S2)."""
    asked: SupportRequest | None = line.open_refund
    return asked


def filing_refusal(line: OrderLine, now: datetime) -> Refusal | None:
    """Why no refund of the line can be asked for at `now`, whoever asks; None if it can.

    The window is judged when the request is filed, whatever support takes to decide (S7).
    """
    return refund_refusal(line, now)


def creditable(line: OrderLine, quote: Quote) -> Decimal:
    """The most that can be asked for what is quoted: gross where the line's price includes tax, else net (R2, S2)."""
    return quote.amounts.base(included=line.tax_included)


def check_refund(
    line: OrderLine, *, quantity: int, amount: Decimal, notice_accepted: int | None, now: datetime
) -> Quote:
    """Every check after the role's on a line that is locked; answers what could be credited for `quantity` units.

    `notice_accepted` is the version of the Important message that was ticked: it must be the one of these units.
    """
    refusal = filing_refusal(line, now) or quantity_refusal(line, quantity)
    if refusal is not None:
        raise refusal
    quote = quote_line(line, now, quantity)
    refusal = _amount_refusal(line, quote, amount)
    if refusal is not None:
        raise refusal
    if notice_accepted != quote.notice_version:
        raise refusal_on(reasons.REFUND_NOTICE_NOT_ACCEPTED, line)
    return quote


def _amount_refusal(line: OrderLine, quote: Quote, amount: Decimal) -> Refusal | None:
    currency, most = line.order.currency, creditable(line, quote)
    if not (amount == most or 0 < amount < most):  # nothing is asked only where nothing was paid
        left = Money(most, currency)
        return refusal_on(reasons.AMOUNT_NOT_CREDITABLE, line, quantity=quote.quantity, left=left)
    if round_half_up(amount, currency) != amount:
        limit = minor_unit_digits()[currency]
        return refusal_on(reasons.AMOUNT_TOO_FINE, line, currency=currency, limit=limit)
    return None
