"""Quotes of an order: what cancelling several lines gives back, as one text that only we can have made (C5)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from django.core import signing

from cancellations import reasons
from cancellations.terms import CancellationTerms
from csp_portal.errors import Refusal
from orders.models import Order, OrderLine

_SALT = "cancellations.order_quote"


@dataclass(frozen=True)
class QuotedLine:
    """A line as it was asked for: some of its units, or all that are left."""

    terms: CancellationTerms

    @property
    def line(self) -> OrderLine:
        return self.terms.line

    @cached_property
    def refusal(self) -> Refusal | None:
        """Why it cannot be cancelled so."""
        return self.terms.refusal or self.terms.quantity_refusal


@dataclass(frozen=True)
class OrderQuote:
    """The lines that were asked for, as they stand at `now`."""

    lines: list[QuotedLine]
    now: datetime

    @property
    def good(self) -> list[QuotedLine]:
        """Those that can be cancelled."""
        return [quoted for quoted in self.lines if quoted.refusal is None]

    def signed(self) -> str:
        """A quote for each line; none for what cannot be cancelled, which is then refused for its own reason."""
        quotes = {
            str(quoted.line.purchase.public_id): "" if quoted.refusal else quoted.terms.quote.signed()
            for quoted in self.lines
        }
        return signing.dumps(quotes, salt=_SALT, compress=True)


def quote_lines(lines: list[OrderLine], units: Mapping[int, int | None], now: datetime) -> OrderQuote:
    """What cancelling the lines gives back; `units` of those with a number. Without any all that still run."""
    chosen = [line for line in lines if line.line_number in units] if units else _running(lines)
    return OrderQuote([QuotedLine(CancellationTerms(line, now, units.get(line.line_number))) for line in chosen], now)


def _running(lines: list[OrderLine]) -> list[OrderLine]:
    """The lines that are not cancelled; all of them where every one is, for their reasons."""
    return [line for line in lines if line.purchase.is_active] or lines


def quotes_in(text: str, order: Order, lines: list[OrderLine], named: Collection[UUID]) -> dict[UUID, str | None]:
    """The quotes of a text that we signed, by purchase. Raises Refusal for any other text, or of other lines.

    Who names lines beside it names those that were quoted, or all of the order, as clients do that send back the whole.
    """
    try:
        quotes: dict[UUID, str | None] = {UUID(name): each for name, each in signing.loads(text, salt=_SALT).items()}
    except (signing.BadSignature, AttributeError, TypeError, ValueError):
        raise Refusal(reasons.QUOTE_UNREADABLE, on=order) from None
    own = {line.purchase.public_id for line in lines}
    if not quotes.keys() <= own or (named and set(named) not in (own, quotes.keys())):
        raise Refusal(reasons.QUOTE_UNREADABLE, on=order)
    return quotes
