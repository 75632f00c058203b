"""A cart with today's prices, tax and terms: what the cart page, the review and the order all start from (B2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from csp_portal.calendar_utc import month_of
from csp_portal.errors import Refusal
from orders.models import Cart, CartLine
from software.models import CancellationPolicy, Sku
from software.offers import Catalogue, MarketTax, Offer
from software.tax import NOTHING, Amounts


@dataclass(frozen=True)
class ReviewLine:
    """One line of the cart as it would be ordered now."""

    line: CartLine
    offer: Offer
    now: datetime

    @property
    def sku(self) -> Sku:
        return self.offer.sku

    @property
    def quantity(self) -> int:
        return self.line.quantity

    @property
    def refusal(self) -> Refusal | None:
        return self.offer.refusal(self.quantity)

    @property
    def unit_price(self) -> Decimal | None:
        """The price of the tier into which the quantity falls; None where there is none."""
        price = self.offer.price_for(self.quantity)
        return price.unit_price if price else None

    @property
    def charged(self) -> Decimal:
        """Unit price times quantity: gross where prices include tax, else net (M8)."""
        return self.amounts.base(included=self.offer.tax.included)

    @cached_property
    def amounts(self) -> Amounts:
        """Net, tax and gross; nothing for a line that cannot be bought."""
        return NOTHING if self.refusal else self.offer.amounts_for(self.quantity)

    @property
    def policy(self) -> CancellationPolicy:
        return self.offer.policy

    @property
    def is_never_cancellable(self) -> bool:
        return self.policy == CancellationPolicy.NEVER

    @property
    def last_cancel_day(self) -> date | None:
        """The last day (UTC) on which it could be cancelled if it were ordered now."""
        return self.offer.policy_version.last_day(self.now)


@dataclass(frozen=True)
class Review:
    """All lines of a cart and what they come to."""

    cart: Cart
    tax: MarketTax
    month: date  # UTC; whose invoice it would stand on
    lines: tuple[ReviewLine, ...]

    @property
    def currency(self) -> str:
        return self.cart.customer.currency

    @property
    def total(self) -> Amounts:
        return sum((line.amounts for line in self.lines), NOTHING)

    @property
    def refusal(self) -> Refusal | None:
        """Why the cart as a whole cannot be ordered: its first line that cannot."""
        return next((line.refusal for line in self.lines if line.refusal), None)


def review_cart(cart: Cart, now: datetime) -> Review:
    """The cart priced at `now` for its customer's market; a constant number of queries."""
    return review_lines(cart, list(cart.lines.select_related("sku__product")) if cart.pk else [], now)


def review_lines(cart: Cart, lines: Sequence[CartLine], now: datetime) -> Review:
    """The same of lines that are given, kept or not."""
    customer = cart.customer
    catalogue = Catalogue(customer.market, customer.currency, now)
    offers = catalogue.offers([line.sku for line in lines])
    reviewed = tuple(ReviewLine(line, offer, now) for line, offer in zip(lines, offers, strict=True))
    return Review(cart, catalogue.tax, month_of(now), reviewed)
