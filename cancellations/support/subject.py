"""What a request that is being written is about: the customer and the purchase as they were typed (S1, S2)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from django.core.exceptions import ValidationError

from cancellations.checks import is_divisible, line_refusal, quantity_refusal
from cancellations.forms import units_in
from cancellations.notice import NOTICES
from cancellations.quotes import Quote, quote_line
from cancellations.support.checks import creditable, filing_refusal
from csp_portal.accounts.models import User
from csp_portal.errors import Refusal, Text
from csp_portal.guids import guid_of
from csp_portal.money import Money
from csp_portal.rounding import plain_amount
from customers.domains import domain_name
from customers.models import Customer, CustomerQuerySet
from orders.models import OrderLine
from orders.models.order import OrderLineQuerySet, order_number_of

MOST_LINES = 100  # that the drop-down offers; others are found by order number or subscription id
MOST_CUSTOMERS = 10  # that are suggested


def customer_of(customers: CustomerQuerySet, text: str) -> Customer | None:
    """The one of `customers` whose tenant GUID or domain `text` is, or whose name or domain alone holds it."""
    if not text.strip():
        return None
    if guid_of(text):
        return customers.with_guid(text)
    try:
        named = customers.filter(primary_domain=domain_name(text)).first()
    except ValidationError:
        named = None
    return named or _only(customers, text)


def _only(customers: CustomerQuerySet, text: str) -> Customer | None:
    found = list(customers.matching(text)[:2])
    return found[0] if len(found) == 1 else None


def suggested(reader: User, text: str) -> CustomerQuerySet:
    """Customers of the reader that fit what was typed so far."""
    return Customer.objects.visible_to(reader).matching(text).order_by("company_name", "pk")[:MOST_CUSTOMERS]


@dataclass(frozen=True)
class Subject:
    """What the reader has typed: the customer, the order or purchase, and the units."""

    reader: User
    now: datetime
    customer_text: str = ""
    order_text: str = ""
    units_text: str = ""

    @cached_property
    def customer(self) -> Customer | None:
        return customer_of(Customer.objects.visible_to(self.reader), self.customer_text)

    @cached_property
    def suggestions(self) -> list[Customer]:
        """Whom the reader may have meant, as long as it is not clear."""
        return [] if self.customer or not self.customer_text.strip() else list(self._fitting)

    @property
    def _fitting(self) -> CustomerQuerySet:
        return suggested(self.reader, self.customer_text)

    @property
    def _lines(self) -> OrderLineQuerySet:
        lines = OrderLine.objects.visible_to(self.reader).filter(order__customer=self.customer)
        return lines.with_purchase().with_cancellations().order_by("-order__placed_at", "-pk")

    @cached_property
    def lines(self) -> list[OrderLine]:
        """What the customer has bought, newest first; the one that is meant too, however old it is."""
        if self.customer is None:
            return []
        newest = list(self._lines[:MOST_LINES])
        meant = self._named(newest) or self._looked_up()
        return newest if meant is None or meant in newest else [meant, *newest]

    @cached_property
    def line(self) -> OrderLine | None:
        """The line that is meant: of a purchase, or of an order that has no other."""
        return self._named(self.lines)

    def _named(self, lines: list[OrderLine]) -> OrderLine | None:
        text = self.order_text.strip()
        purchase, number = guid_of(text), order_number_of(text)
        found = [line for line in lines if purchase == line.purchase.public_id or number == line.order.number]
        return found[0] if len(found) == 1 else None

    def _looked_up(self) -> OrderLine | None:
        """One that is older than those which are offered."""
        purchase = guid_of(self.order_text)
        return self._lines.filter(purchase__public_id=purchase).first() if purchase else None

    @cached_property
    def refusal(self) -> Refusal | None:
        """Why no refund of the line can be asked for."""
        return filing_refusal(self.line, self.now) if self.line else None

    @property
    def is_self_service(self) -> bool:
        """Whether the line can be cancelled at once, without a request."""
        return self.line is not None and line_refusal(self.line, self.now) is None

    @property
    def is_divisible(self) -> bool:
        return self.line is not None and self.line.quantity_left > 1 and is_divisible(self.line)

    @property
    def units(self) -> int:
        """Units that are meant: all that are left, unless fewer were typed."""
        assert self.line is not None
        typed = units_in(self.units_text)
        return self.line.quantity_left if typed is None else typed

    @property
    def quantity_refusal(self) -> Refusal | None:
        """Why not so many units of it can be asked for."""
        return quantity_refusal(self.line, self.units) if self.line else None

    @cached_property
    def quote(self) -> Quote | None:
        """What could be credited; nothing where it cannot be asked for, or not for so many units."""
        if self.line is None or self.refusal or self.quantity_refusal:
            return None
        return quote_line(self.line, self.now, self.units)

    @property
    def most(self) -> Decimal | None:
        """The most that can be asked for."""
        return creditable(self.line, self.quote) if self.line and self.quote else None

    @property
    def most_money(self) -> Money | None:
        return Money(self.most, self.line.order.currency) if self.line and self.most is not None else None

    @property
    def most_typed(self) -> str:
        """The same as somebody would type it."""
        return plain_amount(self.most, self.line.order.currency) if self.line and self.most is not None else ""

    @property
    def notice(self) -> tuple[Text, ...]:
        """The Important message that goes with it."""
        return NOTICES[self.quote.notice_version] if self.quote else ()
