"""The monthly price list: what a row says, and what kind and policy its tags mean (M6)."""

import math
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _

from csp_portal.calendar_utc import term_months
from csp_portal.rounding import minor_unit_digits, quantum
from csp_portal.row_files import BadFile, RowError, sift_rows
from csp_portal.territories import is_country
from software.models import CancellationPolicy, KeyIssue, Kind

COLUMNS = (
    "ProductTitle",
    "ProductId",
    "SkuId",
    "SkuTitle",
    "Publisher",
    "SkuDescription",
    "TermDuration",
    "BillingPlan",
    "Market",
    "Currency",
    "UnitPrice",
    "PricingTierRangeMin",
    "PricingTierRangeMax",
    "EffectiveStartDate",
    "EffectiveEndDate",
    "Tags",
    "ERP Price",
    "Segment",
)
LINUX_PUBLISHERS = frozenset({"SUSE", "Red Hat"})
HYBRID_BENEFIT_PRODUCTS = frozenset({"Windows Server Standard", "Windows Server Datacenter"})
ROWS_BETWEEN_PROGRESS = 10_000
_MAX_AMOUNT = Decimal(10) ** 9  # times the largest quantity, and with tax, it fits the column of an amount
_MAX_TIER = 2**31 - 1
_NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?Z")


@dataclass(frozen=True)
class PriceRow:
    """One checked row. Instants are UTC, amounts in the currency's major unit."""

    product_id: str
    product_title: str
    publisher: str
    kind: Kind
    policy: CancellationPolicy
    sku_id: str
    sku_title: str
    description: str
    term: str
    billing_plan: str
    segment: str
    market: str
    currency: str
    tier_min: int
    tier_max: int | None
    unit_price: Decimal
    retail_price: Decimal | None
    start: datetime
    end: datetime

    @property
    def sku_key(self) -> tuple[str, str, str, str, str]:
        return (self.product_id, self.sku_id, self.term, self.billing_plan, self.segment)

    @property
    def key(self) -> tuple[object, ...]:
        """By which a row is known (M6)."""
        return (*self.offer, self.tier_min)

    @property
    def offer(self) -> tuple[object, ...]:
        """What the row prices a range of quantities of."""
        return (*self.sku_key, self.market, self.currency, self.start)

    @property
    def family(self) -> str:
        """A proposal: the first two words before any comma, such as *Windows Server*."""
        return " ".join(self.product_title.split(",")[0].split()[:2])

    @property
    def key_issue(self) -> KeyIssue:
        """A proposal: a licence per device or user has a key each, other software one key for the line."""
        if not self.kind.is_software:
            return KeyIssue.NONE
        return KeyIssue.PER_UNIT if re.search(r"\b(Device|User|CAL)\b", self.sku_title) else KeyIssue.PER_LINE

    @property
    def cores_per_unit(self) -> int | None:
        """A proposal: the number before *Core* in the SKU title."""
        found = re.search(r"\b(\d{1,4}) Core\b", self.sku_title)
        return int(found[1]) if found else None

    @property
    def hybrid_benefit(self) -> bool:
        """A proposal: Windows Server Standard and Datacenter subscriptions qualify (M4)."""
        return self.kind == Kind.SUBSCRIPTION and self.product_title in HYBRID_BENEFIT_PRODUCTS


NumberedRow = tuple[int, PriceRow]  # with its line in the file
Progress = Callable[[int], object]


def read_price_list(source: Path | BinaryIO, *, progress: Progress | None = None) -> list[NumberedRow]:
    """Every row of the file with its line. Raises BadFile naming all bad rows with line and reason.

    `progress` is told from time to time how many rows were read.
    """
    numbered, errors = sift_rows(source, COLUMNS, _counted(progress or (lambda _rows: None)))
    seen: dict[tuple[object, ...], int] = {}
    for line, row in numbered:
        first = seen.setdefault(row.key, line)
        if first != line:
            reason = _("the same price stands on line %(line)s already")
            errors.append(RowError(line, reason % {"line": first}))
    errors += _overlapping(numbered)
    if errors:
        raise BadFile(sorted(errors, key=lambda error: error.line))
    return numbered


def _overlapping(numbered: list[NumberedRow]) -> list[RowError]:
    """Rows that price a quantity which an earlier row prices as well, in the same market from the same day on."""
    tiers: dict[tuple[object, ...], dict[int, tuple[int, float]]] = defaultdict(dict)
    for line, row in numbered:
        tiers[row.offer].setdefault(row.tier_min, (line, row.tier_max or math.inf))
    found: dict[int, int] = {}
    for of_one_offer in tiers.values():
        widest = (0, 0.0)
        for lowest, (line, highest) in sorted(of_one_offer.items()):
            if lowest <= widest[1]:
                found.setdefault(max(line, widest[0]), min(line, widest[0]))
            widest = max(widest, (line, highest), key=lambda tier: tier[1])
    reason = _("its quantities overlap those on line %(line)s")
    return [RowError(line, reason % {"line": other}) for line, other in found.items()]


def _counted(progress: Progress) -> Callable[[int, dict[str, str]], PriceRow]:
    def parse(line: int, cells: dict[str, str]) -> PriceRow:
        if line % ROWS_BETWEEN_PROGRESS == 0:
            progress(line)
        return parse_row(cells)

    return parse


def parse_row(cells: dict[str, str]) -> PriceRow:
    """One row checked. Raises ValueError saying which column is wrong and what it must be."""
    kind, policy = kind_and_policy(cells["Tags"], cells["Publisher"])
    currency = _currency(cells["Currency"])
    term_months(cells["TermDuration"])
    tier_min = _tier(cells, "PricingTierRangeMin") or 1
    tier_max = _tier(cells, "PricingTierRangeMax")
    if tier_max is not None and tier_max < tier_min:
        reason = _("PricingTierRangeMax %(highest)s is below PricingTierRangeMin %(lowest)s")
        raise ValueError(reason % {"highest": tier_max, "lowest": tier_min})
    start, end = _instant(cells, "EffectiveStartDate"), _instant(cells, "EffectiveEndDate")
    if end <= start:
        raise ValueError(_("EffectiveEndDate is not after EffectiveStartDate"))
    return PriceRow(
        product_id=_text(cells, "ProductId", 20),
        product_title=_text(cells, "ProductTitle", 200),
        publisher=_text(cells, "Publisher", 100),
        kind=kind,
        policy=policy,
        sku_id=_text(cells, "SkuId", 20),
        sku_title=_text(cells, "SkuTitle", 200),
        description=cells["SkuDescription"],
        term=cells["TermDuration"],
        billing_plan=_text(cells, "BillingPlan", 20, empty=True),
        segment=_text(cells, "Segment", 20),
        market=_market(cells["Market"]),
        currency=currency,
        tier_min=tier_min,
        tier_max=tier_max,
        unit_price=_amount(cells, "UnitPrice", currency),
        retail_price=_amount(cells, "ERP Price", currency) if cells["ERP Price"] else None,
        start=start,
        end=end,
    )


def kind_and_policy(tags: str, publisher: str) -> tuple[Kind, CancellationPolicy]:
    """What a row's tags mean, by the table of M6. Raises ValueError for tags that are not in it."""
    given = {tag.strip() for tag in tags.split(";")}
    if given >= {"Azure", "Reservation"}:
        return Kind.RESERVATION, CancellationPolicy.SUPPORT_ONLY
    if given >= {"Software", "Linux"} or publisher in LINUX_PUBLISHERS:
        return Kind.LINUX_PLAN, CancellationPolicy.NEVER
    if given >= {"Software", "Perpetual", "ESU2020"}:
        return Kind.PERPETUAL, CancellationPolicy.SUPPORT_ONLY
    if given >= {"Software", "Subscription"}:
        return Kind.SUBSCRIPTION, CancellationPolicy.SELF_SERVICE
    if given >= {"Software", "Perpetual"}:
        return Kind.PERPETUAL, CancellationPolicy.SELF_SERVICE
    raise ValueError(_("Tags “%(tags)s” name no kind of product that is sold here") % {"tags": tags})


def _text(cells: dict[str, str], column: str, longest: int, *, empty: bool = False) -> str:
    if not (empty or cells[column]) or len(cells[column]) > longest:
        reason = _("%(column)s must have %(fewest)s to %(most)s characters")
        raise ValueError(reason % {"column": column, "fewest": 0 if empty else 1, "most": longest})
    return cells[column]


def _market(code: str) -> str:
    if not is_country(code):
        raise ValueError(_("Market “%(code)s” is not an ISO 3166-1 alpha-2 country code") % {"code": code})
    return code


def _currency(code: str) -> str:
    if code not in minor_unit_digits():
        raise ValueError(_("Currency “%(code)s” is not an ISO 4217 code") % {"code": code})
    return code


def _amount(cells: dict[str, str], column: str, currency: str) -> Decimal:
    written = cells[column]
    facts = {"column": column, "written": written, "currency": currency}
    if not _NUMBER.fullmatch(written):
        raise ValueError(_("%(column)s “%(written)s” is not a number such as 1234.50") % facts)
    amount = Decimal(written)
    if not 0 <= amount < _MAX_AMOUNT:
        raise ValueError(_("%(column)s “%(written)s” must be from 0 to below 10^9") % facts)
    if amount % quantum(currency):
        raise ValueError(_("%(column)s “%(written)s” has more decimals than %(currency)s has") % facts)
    return amount


def _tier(cells: dict[str, str], column: str) -> int | None:
    written = cells[column]
    if not written:
        return None
    if not written.isascii() or not written.isdigit() or not 1 <= int(written) <= _MAX_TIER:
        reason = _("%(column)s “%(written)s” is not a whole number from 1")
        raise ValueError(reason % {"column": column, "written": written})
    return int(written)


def _instant(cells: dict[str, str], column: str) -> datetime:
    written = _INSTANT.fullmatch(cells[column])
    try:
        if written is None:
            raise ValueError
        return datetime.fromisoformat(written[1]).replace(tzinfo=UTC)
    except ValueError:
        reason = _("%(column)s “%(written)s” is not an instant such as 2020-01-01T00:00:00Z")
        raise ValueError(reason % {"column": column, "written": cells[column]}) from None
