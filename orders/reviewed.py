"""What a review showed, as its form carries it back, to be held against the review at the moment of the order (B4)."""

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core import signing

from orders.review import Review, ReviewLine
from software.models import CancellationPolicy
from software.offers import tax_label
from software.tax import Amounts

_SALT = "orders.reviewed"


@dataclass(frozen=True)
class ReviewedLine:
    """Price, tax and terms of one line as they were shown; no price where it could not be ordered.

    `last_cancel_day` is part of the terms where the line names it: it moves at midnight (UTC).
    """

    sku_id: UUID
    quantity: int
    unit_price: Decimal | None
    tax_name: str
    tax_rate: Decimal
    tax_included: bool
    net: Decimal
    tax: Decimal
    gross: Decimal
    policy: CancellationPolicy
    policy_version: int
    last_cancel_day: date | None

    @classmethod
    def of(cls, line: ReviewLine) -> "ReviewedLine":
        offer, amounts = line.offer, line.amounts
        return cls(
            sku_id=line.sku.public_id,
            quantity=line.quantity,
            unit_price=None if line.refusal else line.unit_price,
            tax_name=offer.tax.name,
            tax_rate=offer.tax.rate,
            tax_included=offer.tax.included,
            net=amounts.net,
            tax=amounts.tax,
            gross=amounts.gross,
            policy=line.policy,
            policy_version=offer.policy_version.version,
            last_cancel_day=line.last_cancel_day if line.policy == CancellationPolicy.SELF_SERVICE else None,
        )

    @property
    def amounts(self) -> Amounts:
        return Amounts(self.net, self.tax, self.gross)

    @property
    def tax_label(self) -> str:
        return tax_label(self.tax_name, self.tax_rate)


@dataclass(frozen=True)
class Reviewed:
    """A whole review; `key` is the cart's, by which one review makes one order."""

    key: UUID
    market: str
    currency: str
    lines: tuple[ReviewedLine, ...]

    @classmethod
    def of(cls, review: Review) -> "Reviewed":
        customer = review.cart.customer
        lines = tuple(ReviewedLine.of(line) for line in review.lines)
        return cls(review.cart.key, customer.market, customer.currency, lines)

    @property
    def gross(self) -> Decimal:
        return sum((line.gross for line in self.lines), Decimal(0))

    def is_of_cart(self, other: "Reviewed") -> bool:
        """Whether both show the same state of the same cart, at whatever prices."""
        ordered = [(line.sku_id, line.quantity) for line in self.lines]
        return self.key == other.key and ordered == [(line.sku_id, line.quantity) for line in other.lines]

    def plain(self) -> dict[str, Any]:
        """All of it as JSON knows it."""
        lines = [{name: _plain(value) for name, value in asdict(line).items()} for line in self.lines]
        return {"key": str(self.key), "market": self.market, "currency": self.currency, "lines": lines}

    def signed(self) -> str:
        """The review as text that only we can have made."""
        return signing.dumps(self.plain(), salt=_SALT, compress=True)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value.normalize())  # the same however many zeros the database or a form wrote
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def read_reviewed(text: str) -> Reviewed | None:
    """The review in a text that we signed; None if we did not."""
    try:
        values = signing.loads(text, salt=_SALT)
    except signing.BadSignature:
        return None
    lines = tuple(_read_line(line) for line in values["lines"])
    return Reviewed(UUID(values["key"]), values["market"], values["currency"], lines)


def _read_line(values: dict[str, Any]) -> ReviewedLine:
    amounts = {name: Decimal(values[name]) for name in ("tax_rate", "net", "tax", "gross")}
    price, day = values["unit_price"], values["last_cancel_day"]
    return ReviewedLine(
        **{
            **values,
            **amounts,
            "sku_id": UUID(values["sku_id"]),
            "unit_price": None if price is None else Decimal(price),
            "policy": CancellationPolicy(values["policy"]),
            "last_cancel_day": None if day is None else date.fromisoformat(day),
        }
    )
