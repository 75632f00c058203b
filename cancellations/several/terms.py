"""What the page for several lines shows: what can be cancelled, what is chosen, and what that comes to (C8)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from uuid import UUID

from django.db.models import Case, Q, When
from django.http import QueryDict

from cancellations.forms import units_in
from cancellations.notice import NOTICES
from cancellations.several.services import MOST_LINES
from cancellations.terms import CancellationTerms
from csp_portal.accounts.models import User
from csp_portal.errors import Text
from csp_portal.guids import guid_of
from customers.models import Customer
from orders.models import OrderLine
from orders.models.order import order_number_of
from software.tax import NOTHING, Amounts

UNITS = "units-"  # and a purchase's GUID: the name of a field with a quantity


@dataclass(frozen=True)
class Chosen:
    """What an address chooses: lines by their purchases, or all of an order, and units of some of them."""

    purchases: Collection[UUID]
    order: str
    units: dict[UUID, str]

    @classmethod
    def from_address(cls, asked: QueryDict) -> "Chosen":
        """`?purchase=<GUID>` for each line, `order=<number>`, `units-<GUID>=<number>`; what is none is left out."""
        purchases = [found for text in asked.getlist("purchase") if (found := guid_of(text))]
        named = ((guid_of(name.removeprefix(UNITS)), name) for name in asked if name.startswith(UNITS))
        units = {found: str(asked[name]) for found, name in named if found}
        return cls(purchases, order_number_of(asked.get("order", "")), units)

    def holds(self, line: OrderLine) -> bool:
        """Whether the line is chosen."""
        return line.purchase.public_id in self.purchases or line.order.number == self.order

    @property
    def as_filter(self) -> Q:
        """The lines that it names."""
        return Q(purchase__public_id__in=self.purchases) | Q(order__number=self.order)


@dataclass(frozen=True)
class Candidate:
    """A line of the list; `typed` is the quantity as it was typed."""

    terms: CancellationTerms
    is_chosen: bool
    typed: str

    @property
    def line(self) -> OrderLine:
        return self.terms.line

    @property
    def counts(self) -> bool:
        """Whether Submit would cancel it."""
        return self.is_chosen and not self.terms.refusal and not self.terms.quantity_refusal


@dataclass(frozen=True)
class SeveralTerms:
    """The lines of a customer that self-service can cancel at `now`, and those that were chosen beside them."""

    customer: Customer
    reader: User
    chosen: Chosen
    now: datetime

    @cached_property
    def _found(self) -> list[OrderLine]:
        """The chosen ones first, then those whose window closes first; 101 at most, to know whether there are more."""
        lines = OrderLine.objects.visible_to(self.reader).filter(order__customer=self.customer)
        cancellable = OrderLine.objects.window_open(self.now).values("pk")
        listed = lines.filter(self.chosen.as_filter | Q(pk__in=cancellable)).with_purchase().with_cancellations()
        chosen_first = Case(When(self.chosen.as_filter, then=0), default=1)
        return list(listed.order_by(chosen_first, "window_closes_at", "pk")[: MOST_LINES + 1])

    @cached_property
    def candidates(self) -> list[Candidate]:
        """The lines that the page shows."""
        return [self._candidate(line) for line in self._found[:MOST_LINES]]

    @property
    def has_more(self) -> bool:
        """Whether there are lines beyond those that are shown."""
        return len(self._found) > MOST_LINES

    def _candidate(self, line: OrderLine) -> Candidate:
        typed = self.chosen.units.get(line.purchase.public_id, "")
        is_chosen = self.chosen.holds(line)
        asked = units_in(typed) if is_chosen else None
        return Candidate(CancellationTerms(line, self.now, asked), is_chosen, typed)

    @cached_property
    def counted(self) -> list[CancellationTerms]:
        """What Submit would cancel."""
        return [candidate.terms for candidate in self.candidates if candidate.counts]

    @property
    def total(self) -> Amounts:
        """What all of it gives back."""
        return sum((terms.quote.amounts for terms in self.counted), NOTHING)

    @property
    def month(self) -> date:
        """The invoice month of all the credits: one customer has one account (R5)."""
        return self.counted[0].month

    @property
    def later_month(self) -> date | None:
        return self.counted[0].later_month

    @property
    def notices(self) -> list[tuple[Text, ...]]:
        """The messages that the one tick accepts: for what is cancelled whole, for parts, or both."""
        versions = {terms.quote.notice_version for terms in self.counted}
        return [NOTICES[version] for version in sorted(versions)]
