"""What an import of prices did, for people: how many prices, and a sentence for each (M6)."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from csp_portal.money import format_money
from software.models import Price


class Happened(TextChoices):
    """What an import can do to a price, in the order in which it is told."""

    CHANGED = "changed", gettext_lazy("changed")
    ENDED = "ended", gettext_lazy("ended")
    ADDED = "added", gettext_lazy("added")
    ANNOUNCED = "announced", gettext_lazy("announced")
    CONTINUED = "continued", gettext_lazy("continued with the same amount")


@dataclass(frozen=True)
class Terms:
    """What a price says: amounts and the end of its tier."""

    unit_price: Decimal
    retail_price: Decimal | None
    tier_max: int | None

    @classmethod
    def of(cls, price: Price) -> "Terms":
        return cls(price.unit_price, price.retail_price, price.tier_max)


@dataclass(frozen=True)
class PriceChange:
    """One price before and after, and the day (UTC) from which that counts."""

    happened: Happened
    sku: str
    market: str
    currency: str
    tier_min: int
    before: Terms | None
    after: Terms | None
    day: date

    def __str__(self) -> str:
        return f"{self._where}: {self._what}."

    @property
    def _where(self) -> str:
        place = f"{self.sku}, {self.market}"
        if self.tier_min == 1:
            return place
        return _("%(place)s, from %(quantity)s units on") % {"place": place, "quantity": self.tier_min}

    @property
    def _what(self) -> str:
        facts = {"day": date_format(self.day, "DATE_FORMAT"), **self._amounts()}
        if self.after is None:
            return _("%(before)s, not sold any more from %(day)s on") % facts
        if self.before is None:
            return _("%(after)s from %(day)s on") % facts
        if self.before.unit_price != self.after.unit_price:
            return _("%(before)s becomes %(after)s from %(day)s on") % facts
        if self.before.retail_price != self.after.retail_price:
            retail = _("%(after)s as before, recommended retail price %(retail_before)s becomes %(retail_after)s")
            return retail % facts
        return _("%(after)s as before, listed anew from %(day)s on") % facts

    def _amounts(self) -> dict[str, str]:
        before, after = self.before, self.after
        return {
            "before": self._written(before.unit_price if before else None),
            "after": self._written(after.unit_price if after else None),
            "retail_before": self._written(before.retail_price if before else None),
            "retail_after": self._written(after.retail_price if after else None),
        }

    def _written(self, amount: Decimal | None) -> str:
        return "–" if amount is None else format_money(amount, self.currency)


@dataclass
class PriceListReport:
    """What an import did: the changes one by one, how many prices it left alone, and what changed of SKUs."""

    changes: list[PriceChange] = field(default_factory=list)
    unchanged: int = 0
    written: int = 0
    new_skus: int = 0
    retitled: int = 0  # products and SKUs of which the file tells something else than before
    notes: list[str] = field(default_factory=list)

    def add(self, change: PriceChange) -> None:
        self.changes.append(change)

    def count(self, happened: Happened) -> int:
        return self._counts[happened]

    @property
    def _counts(self) -> Counter[Happened]:
        return Counter(change.happened for change in self.changes)

    @property
    def had_effect(self) -> bool:
        return bool(self.written or self.new_skus or self.retitled)

    def counts(self) -> dict[str, int]:
        """How many prices, by what happened to them; for the log."""
        counted = self._counts
        return {happened.value: counted[happened] for happened in Happened}

    def groups(self) -> Iterator[tuple[Happened, list[PriceChange]]]:
        """The changes of each kind that there are, by SKU, market and tier."""
        for happened in Happened:
            of_kind = [change for change in self.changes if change.happened == happened]
            if of_kind:
                yield happened, sorted(of_kind, key=lambda change: (change.sku, change.market, change.tier_min))

    @property
    def summary(self) -> str:
        """All counts in one sentence."""
        counts = self.counts() | {"unchanged": self.unchanged}
        return (
            _(
                "%(added)s prices added, %(changed)s changed, %(ended)s ended, %(announced)s announced, "
                "%(continued)s continued with the same amount, %(unchanged)s unchanged."
            )
            % counts
        )
