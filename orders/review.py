"""A cart with today's prices, tax and terms: what the cart page, the review and the order all start from (B2)."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from csp_portal.errors import Refusal
from orders.models import Cart, CartLine
from software.models import CancellationPolicy, Sku
from software.offers import Catalogue, Offer
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

    @cached_property
    def amounts(self) -> Amounts:
        """Net, tax and gross; nothing for a line that cannot be bought."""
        return NOTHING if self.refusal else self.offer.amounts_for(self.quantity)

    @property
    def policy(self) -> CancellationPolicy:
        return CancellationPolicy(self.offer.policy_version.policy)

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
    lines: tuple[ReviewLine, ...]

    @property
    def currency(self) -> str:
        return self.cart.customer.currency

    @property
    def total(self) -> Amounts:
        return sum((line.amounts for line in self.lines), NOTHING)

    @property
    def tax_included(self) -> bool:
        return any(line.offer.tax.included for line in self.lines)

    @property
    def refusal(self) -> Refusal | None:
        """Why the cart as a whole cannot be ordered: its first line that cannot."""
        return next((line.refusal for line in self.lines if line.refusal), None)


def review_cart(cart: Cart, now: datetime) -> Review:
    """The cart priced at `now` for its customer's market; a constant number of queries."""
    customer = cart.customer
    lines = list(cart.lines.select_related("sku__product"))
    offers = Catalogue(customer.market, customer.currency, now).offers([line.sku for line in lines])
    return Review(cart, tuple(ReviewLine(line, offer, now) for line, offer in zip(lines, offers, strict=True)))
