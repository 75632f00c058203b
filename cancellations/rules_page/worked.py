"""The worked numbers of the page: what goes in stands here, what comes out is computed when the page is shown."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.utils import formats
from django.utils.translation import gettext_lazy as _

from cancellations.rules_page.case import Case
from csp_portal.calendar_utc import utc_day
from csp_portal.errors import Text
from orders.billing.models import Account
from orders.models import OrderLine
from software.models import (
    FIRST_BYTE_WITHIN,
    LINK_DOWNLOADS,
    LINK_LIFETIME,
    SESSION_LIFETIME,
    SPARE_BYTES,
    Build,
    DownloadLink,
    DownloadSession,
    PolicyVersion,
)
from software.tax import Amounts, percent, tax_line

_SECOND = timedelta(seconds=1)
_START, _LAST_DAY = date(2020, 1, 24), date(2020, 3, 24)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@dataclass(frozen=True)
class WorkedLink:
    """A link made at an instant, and a file of which it is (K3, K7, K8)."""

    made_at: datetime
    file_size: int

    downloads = LINK_DOWNLOADS
    lifetime = LINK_LIFETIME
    session_hours = round(SESSION_LIFETIME.total_seconds() / 3600)
    first_byte_minutes = round(FIRST_BYTE_WITHIN.total_seconds() / 60)
    spare_bytes = SPARE_BYTES

    @property
    def days(self) -> int:
        return self.lifetime.days

    @property
    def lifetime_seconds(self) -> str:
        return formats.number_format(round(self.lifetime.total_seconds()), force_grouping=True)

    @property
    def expires_at(self) -> datetime:
        return self.made_at + self.lifetime

    @property
    def most_bytes(self) -> int:
        """How many bytes one download may ask for."""
        return DownloadSession(link=DownloadLink(build=Build(size=self.file_size))).most_bytes


@dataclass(frozen=True)
class WorkedWindow:
    """A purchase under the terms of `version`, looked at again at `now` (C2)."""

    version: PolicyVersion
    bought_at: datetime
    now: datetime

    @property
    def line(self) -> OrderLine:
        """A line that was bought then; nothing of it is stored."""
        return OrderLine(
            last_cancel_day=self.version.last_day(self.bought_at),
            window_closes_at=self.version.window_closes_at(self.bought_at),
        )

    @property
    def days_left(self) -> int:
        return self.line.days_left(self.now)

    @property
    def is_open(self) -> bool:
        return self.line.window_is_open(self.now)


def windows(version: PolicyVersion) -> list[WorkedWindow]:
    """Purchases on both sides of midnight, each when it is bought, in its last second and when it closes."""
    rows = []
    for bought_at in (_at("2020-01-24T23:59:59Z"), _at("2020-01-25T00:00:00Z")):
        closes_at = version.window_closes_at(bought_at)
        if closes_at is not None:
            rows += [WorkedWindow(version, bought_at, now) for now in (bought_at, closes_at - _SECOND, closes_at)]
    return rows


@dataclass(frozen=True)
class WorkedTax:
    """A price in a market, and how it splits (M8)."""

    market: str
    currency: str
    price: Decimal
    rate: Decimal
    included: bool

    @property
    def percent(self) -> Decimal:
        return percent(self.rate)

    @property
    def amounts(self) -> Amounts:
        return tax_line(self.price, 1, self.rate, included=self.included, currency=self.currency)


@dataclass(frozen=True)
class WorkedMonth:
    """Something on the account at an instant, and the invoice month it falls into (R5)."""

    what: Text
    instant: datetime
    closed_through: date | None

    @property
    def month(self) -> date:
        return Account(closed_through=self.closed_through).month_for(self.instant)


def _in_2020(charged: str, currency: str, cancelled: date) -> Case:
    return Case(Decimal(charged), currency, _START, cancelled)


LINK = WorkedLink(_at("2020-01-24T12:00:00Z"), 5_000_000_000)
PRORATED = (
    _in_2020("1200.00", "USD", _START),
    _in_2020("1200.00", "USD", date(2020, 1, 25)),
    _in_2020("1200.00", "USD", date(2020, 2, 2)),
    _in_2020("1200.00", "USD", _LAST_DAY),
    Case(Decimal("1200.00"), "USD", date(2021, 1, 24), date(2021, 2, 2)),
    _in_2020("1500000", "KRW", date(2020, 2, 2)),
    _in_2020("100.000", "KWD", date(2020, 2, 2)),
    Case(Decimal("3600.00"), "USD", _START, _LAST_DAY, term="P3Y"),
)
TAXED = (
    WorkedTax("AU", "AUD", Decimal("1100.00"), Decimal("0.1"), included=True),
    WorkedTax("BR", "BRL", Decimal("1000.00"), Decimal("0.17"), included=True),
    WorkedTax("JP", "JPY", Decimal(150_005), Decimal("0.1"), included=False),
    WorkedTax("DE", "EUR", Decimal("1000.50"), Decimal("0.19"), included=False),
    WorkedTax("GB", "GBP", Decimal("999.99"), Decimal("0.2"), included=False),
    WorkedTax("US", "USD", Decimal("1200.00"), Decimal(0), included=False),
)
TAXED_CREDIT = Case(
    Decimal("1100.00"),
    "AUD",
    date(2021, 1, 24),
    date(2021, 2, 2),
    tax_rate=Decimal("0.1"),
    tax_included=True,
)
PARTS = tuple(Case(Decimal("100.00"), "USD", _START, _START, quantity=3, before=before) for before in range(3))
_JANUARY = date(2020, 1, 1)
MONTHS = (
    WorkedMonth(_("bought"), _at("2020-01-31T23:59:59Z"), None),
    WorkedMonth(_("cancelled a second later"), _at("2020-02-01T00:00:00Z"), None),
    WorkedMonth(_("cancelled; January is closed but not issued"), _at("2020-02-03T12:00:00Z"), _JANUARY),
    WorkedMonth(_("cancelled; written down after January was closed"), _at("2020-01-31T23:59:59Z"), _JANUARY),
)


def policies_in_force(now: datetime) -> dict[str, PolicyVersion]:
    """The terms that an order of `now` would have, by policy."""
    return {version.policy: version for version in PolicyVersion.objects.in_force(utc_day(now))}
