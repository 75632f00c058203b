"""Lines as a client of the API asks for them, judged: what each of them names, and what is wrong with it (X3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.conf import settings

from csp_portal.api.folding import squashed
from csp_portal.calendar_utc import term_months
from csp_portal.errors import Refusal
from customers.models import Customer
from orders import reasons
from orders.models import MAX_QUANTITY, ApiCartLine, Cart, CartLine
from orders.models.api_cart import Beyond
from orders.review import Review, ReviewLine, review_lines
from software.api.items import skus_of_catalog_items
from software.models import Sku
from software.reasons import CATALOG_ITEM_MISSING, CATALOG_ITEM_UNKNOWN

ONE_TIME = "one_time"  # the billing cycle of all that the portal sells: it is charged at once


@dataclass(frozen=True)
class JudgedLine:
    """A line as it was asked for, as it would be ordered, and what is wrong with it; nothing to order where it names
    no item."""

    asked: ApiCartLine
    customer: Customer
    reviewed: ReviewLine | None

    @property
    def sku(self) -> Sku | None:
        return self.reviewed.sku if self.reviewed else None

    @cached_property
    def refusal(self) -> Refusal | None:
        """Why it cannot be ordered: the first reason there is."""
        asked = self.asked
        if self.reviewed is None:
            if not asked.catalog_item_id.strip():
                return Refusal(CATALOG_ITEM_MISSING)
            return Refusal(CATALOG_ITEM_UNKNOWN, item=asked.catalog_item_id, customer=self.customer.company_name)
        return self._wrong_quantity() or self._wrong_words(self.reviewed.sku) or self._not_sold(self.reviewed)

    def _wrong_quantity(self) -> Refusal | None:
        quantity = self.asked.quantity
        if 1 <= quantity <= MAX_QUANTITY:
            return None
        operator = settings.OPERATOR_SUPPORT_EMAIL
        return Refusal(reasons.QUANTITY_OUT_OF_RANGE, limit=MAX_QUANTITY, quantity=quantity, operator=operator)

    def _wrong_words(self, sku: Sku) -> Refusal | None:
        asked, currency = self.asked, self.customer.currency
        if asked.currency and asked.currency.upper() != currency:
            return Refusal(reasons.LINE_CURRENCY_WRONG, asked=asked.currency, currency=currency)
        if asked.billing_cycle and squashed(asked.billing_cycle) != squashed(ONE_TIME):
            return Refusal(reasons.LINE_BILLING_WRONG, asked=asked.billing_cycle, billing=ONE_TIME)
        if asked.term and asked.term.upper() != (sku.term if term_months(sku.term) else ""):
            return Refusal(reasons.LINE_TERM_WRONG, asked=asked.term, sku=sku.title, term=sku.term_label)
        if asked.beyond:
            return Refusal(reasons.LINE_BEYOND, asked=Beyond(asked.beyond).label)
        return None

    def _not_sold(self, line: ReviewLine) -> Refusal | None:
        if line.refusal:
            return line.refusal
        if line.is_never_cancellable and not self.asked.never_accepted:
            return Refusal(reasons.NEVER_NOT_ACCEPTED, sku=line.sku.title)
        return None


@dataclass(frozen=True)
class Judged:
    """All lines of a cart, and the review of those that name something."""

    lines: tuple[JudgedLine, ...]
    review: Review

    @property
    def wrong(self) -> list[JudgedLine]:
        return [line for line in self.lines if line.refusal]


def judge(cart: Cart, asked: Sequence[ApiCartLine], now: datetime) -> Judged:
    """The lines for the customer of `cart`, which need not be kept; a constant number of queries."""
    skus = skus_of_catalog_items([line.catalog_item_id for line in asked], cart.customer)
    named = {line.number: skus[line.catalog_item_id] for line in asked if line.catalog_item_id in skus}
    lines = [
        CartLine(cart=cart, sku=named[line.number], quantity=line.quantity) for line in asked if line.number in named
    ]
    review = review_lines(cart, lines, now)
    reviewed = dict(zip(named, review.lines, strict=True))
    return Judged(tuple(JudgedLine(line, cart.customer, reviewed.get(line.number)) for line in asked), review)
