"""Quotes: the amounts of a cancellation, signed and good for 15 minutes (C5)."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core import signing

from cancellations import proration
from cancellations.notice import notice_version
from csp_portal.calendar_utc import utc_day
from orders.models import OrderLine
from software.models import Kind
from software.tax import Amounts

QUOTE_LIFETIME = timedelta(minutes=15)
_SALT = "cancellations.quote"


_NEVER_SENT = ("formula", "less_reason")  # what support grants is judged where it is approved
_AMOUNTS = ("charged", "net", "tax", "gross", "net_before", "tax_before")


@dataclass(frozen=True)
class Quote:
    """What cancelling units of a line gives back, as computed at `quoted_at`; days are None where nothing is prorated.

    It names the Important message that was shown with it. `charged` is what these units were charged (R3). The quote is
    bound to the purchase, not to who asked for it: the amounts are the same for everybody, and who confirms is checked
    and recorded at the confirmation.
    """

    purchase_id: UUID
    quoted_at: datetime
    quantity: int
    charged: Decimal
    net: Decimal
    tax: Decimal
    gross: Decimal
    term_days: int | None
    days_used: int | None
    policy_version: int
    notice_version: int
    units_before: int
    net_before: Decimal
    tax_before: Decimal
    # of what support granted, where that is less: the base that R1 gives, and why (S7)
    formula: Decimal | None = None
    less_reason: str = ""

    @property
    def amounts(self) -> Amounts:
        return Amounts(self.net, self.tax, self.gross)

    @property
    def credited_before(self) -> Amounts:
        """What the line had been credited before."""
        return Amounts(self.net_before, self.tax_before, self.net_before + self.tax_before)

    def is_good_at(self, now: datetime) -> bool:
        """Whether the quote still binds: for 15 minutes, across midnight and the deadline."""
        return now < self.quoted_at + QUOTE_LIFETIME

    def is_for(self, line: OrderLine, now: datetime) -> bool:
        """Whether it is one that we can have made for this line: none is of a time to come."""
        return self.purchase_id == line.purchase.public_id and self.quoted_at <= now

    def fits(self, line: OrderLine) -> bool:
        """Whether the line is as it was when it was quoted."""
        return (
            line.quantity_cancelled == self.units_before
            and line.credited == self.credited_before
            and line.policy_version_id == self.policy_version
            and self.notice_version == _notice_version(line, self.quantity)
        )

    def ends(self, line: OrderLine) -> bool:
        """Whether nothing of the line is left after it."""
        return self.quantity == line.quantity_left

    def signed(self) -> str:
        """The quote as text that only we can have made."""
        values = {name: _plain(value) for name, value in asdict(self).items() if name not in _NEVER_SENT}
        return signing.dumps(values, salt=_SALT)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID | Decimal) else value


def read_quote(text: str) -> Quote | None:
    """The quote in a text that we signed; None if we did not, or if it is of a release with other fields."""
    try:
        return _from_plain(signing.loads(text, salt=_SALT))
    except (signing.BadSignature, KeyError, TypeError, ValueError, ArithmeticError):
        return None


def _from_plain(values: dict[str, Any]) -> Quote:
    """The quote of what `signed` has written; raises if a field is missing, unknown or no such thing."""
    return Quote(
        **{
            **values,
            **{name: Decimal(values[name]) for name in _AMOUNTS},
            "purchase_id": UUID(values["purchase_id"]),
            "quoted_at": datetime.fromisoformat(values["quoted_at"]),
        }
    )


def quote_line(line: OrderLine, now: datetime, quantity: int | None = None) -> Quote:
    """What cancelling `quantity` units, or all that are left, gives back at `now` (R1 to R3).

    Says nothing about whether they may be cancelled.
    """
    units = line.quantity_left if quantity is None else quantity
    days = _days(line, now)
    credit = proration.credit_of_units(
        line.amounts,
        line.credited,
        quantity=line.quantity,
        before=line.quantity_cancelled,
        part=units,
        days=days,
        included=line.tax_included,
        currency=line.order.currency,
    )
    term, used = days or (None, None)
    return Quote(
        purchase_id=line.purchase.public_id,
        quoted_at=now,
        quantity=units,
        charged=credit.charged,
        net=credit.amounts.net,
        tax=credit.amounts.tax,
        gross=credit.amounts.gross,
        term_days=term,
        days_used=used,
        policy_version=line.policy_version_id,
        notice_version=_notice_version(line, units),
        units_before=line.quantity_cancelled,
        net_before=line.credited_net,
        tax_before=line.credited_tax,
    )


def _notice_version(line: OrderLine, units: int) -> int:
    """The Important message that goes with cancelling so many units (C3)."""
    return notice_version(whole=units == line.quantity_left, has_keys=line.purchase.sku.has_keys)


def _days(line: OrderLine, now: datetime) -> tuple[int, int] | None:
    """T and U of what is prorated by day; nothing for perpetual software, which is credited whole (R1)."""
    purchase = line.purchase
    if purchase.term_end is None or purchase.sku.product.kind == Kind.PERPETUAL:
        return None
    return proration.days_of_term(purchase.term_start, purchase.term_end, utc_day(now))
