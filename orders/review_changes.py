"""What has changed since a review was shown, line by line, before and now (B4)."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from orders.review import Review
from orders.reviewed import Reviewed, ReviewedLine


@dataclass(frozen=True)
class ChangedLine:
    """One line of which price, tax or terms are not what was reviewed."""

    title: str
    before: ReviewedLine
    now: ReviewedLine
    currency_before: str
    currency: str

    @property
    def price_changed(self) -> bool:
        return self._price(self.before, self.currency_before) != self._price(self.now, self.currency)

    @staticmethod
    def _price(line: ReviewedLine, currency: str) -> tuple[Any, ...]:
        return line.unit_price, line.tax_included, currency

    @property
    def tax_changed(self) -> bool:
        return self._tax(self.before) != self._tax(self.now)

    @staticmethod
    def _tax(line: ReviewedLine) -> tuple[Any, ...]:
        return line.tax_name, line.tax_rate, line.tax_included

    @property
    def terms_changed(self) -> bool:
        return self._terms(self.before) != self._terms(self.now)

    @property
    def version_changed(self) -> bool:
        """Whether the policy has another version, which then has to be told apart."""
        return self.before.policy_version != self.now.policy_version

    @staticmethod
    def _terms(line: ReviewedLine) -> tuple[Any, ...]:
        return line.policy, line.policy_version, line.last_cancel_day


@dataclass(frozen=True)
class Changes:
    """What differs between a review that was shown and the review of the same cart now."""

    before: Reviewed
    review: Review

    @cached_property
    def now(self) -> Reviewed:
        return Reviewed.of(self.review)

    def __bool__(self) -> bool:
        return self.before != self.now

    @property
    def market_changed(self) -> bool:
        return self.before.market != self.now.market

    @property
    def currency_changed(self) -> bool:
        return self.before.currency != self.now.currency

    @property
    def total_changed(self) -> bool:
        return (self.before.gross, self.before.currency) != (self.now.gross, self.now.currency)

    @cached_property
    def lines(self) -> list[ChangedLine]:
        """The lines that differ, in the cart's order."""
        currencies = self.before.currency, self.now.currency
        pairs = zip(self.review.lines, self.before.lines, self.now.lines, strict=True)
        changed = (ChangedLine(line.sku.title, before, now, *currencies) for line, before, now in pairs)
        return [line for line in changed if line.price_changed or line.tax_changed or line.terms_changed]

    def kinds(self) -> list[str]:
        """What kinds of things changed, in words."""
        told = (
            (self.market_changed or self.currency_changed, _("the customer's market or currency")),
            (any(line.price_changed for line in self.lines), _("prices")),
            (any(line.tax_changed for line in self.lines), _("tax")),
            (any(line.terms_changed for line in self.lines), _("cancellation terms")),
        )
        return [words for changed, words in told if changed]
