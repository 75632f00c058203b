"""Loading the monthly price list into the catalogue (M6)."""

from collections import defaultdict
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from django.db import transaction
from django.utils import timezone

from activity.models import Action
from activity.services import Actor, SignedIn, record
from csp_portal.accounts.permissions import require_housekeeper
from csp_portal.calendar_utc import start_of_day, utc_day
from software.models import Price
from software.price_list import PriceRow, Progress, read_price_list
from software.price_report import Happened, PriceChange, PriceListReport, Terms
from software.services.advisory_locks import lock_in_transaction
from software.services.imports.listed_skus import take_skus

PriceKey = tuple[int, str, str, int, datetime]  # SKU, market, currency, tier, start
_BATCH = 1000  # rows


def import_price_list(
    source: Path | BinaryIO,
    *,
    actor: Actor | SignedIn,
    effective: date | None = None,
    name: str = "",
    progress: Progress | None = None,
) -> PriceListReport:
    """Load a price list, all or nothing; the same file again has no effect (M6).

    `effective` (UTC, default today) is the day on which prices end whose SKU has no row in a market of the file. What
    starts after it is announced. Raises BadFile naming every bad row.
    """
    require_housekeeper(actor)
    numbered = read_price_list(source, progress=progress)
    return _load(numbered, effective=effective or utc_day(timezone.now()), name=name or _name_of(source), actor=actor)


def _name_of(source: Path | BinaryIO) -> str:
    return source.name if isinstance(source, Path) else str(getattr(source, "name", ""))


@transaction.atomic
def _load(
    numbered: list[tuple[int, PriceRow]], *, effective: date, name: str, actor: Actor | SignedIn
) -> PriceListReport:
    lock_in_transaction("import_price_list")
    report = PriceListReport()
    skus = take_skus(numbered, report)
    titles = {sku.pk: sku.title for sku in skus.values()}
    rows = {_row_key(skus[row.sku_key].pk, row): row for _line, row in numbered}
    prices = _Prices(rows, start_of_day(effective))
    prices.take_rows()
    prices.end_missing()
    prices.chain_starts()
    prices.save(report, titles)
    if report.had_effect:
        beside = {"new_skus": report.new_skus, "retitled": report.retitled}
        details = {"file": name, "effective": effective.isoformat(), **report.counts(), **beside}
        record(Action.PRICE_LIST_IMPORTED, actor=actor, details=details)
    return report


def _row_key(sku_pk: int, row: PriceRow) -> PriceKey:
    return (sku_pk, row.market, row.currency, row.tier_min, row.start)


class _Prices:
    """The prices of the file's markets while an import works on them; `save` writes what differs at the end."""

    def __init__(self, rows: dict[PriceKey, PriceRow], effective: datetime) -> None:
        self.rows = rows
        self.effective = effective
        markets = {row.market for row in rows.values()}
        self.prices = {_price_key(price): price for price in Price.objects.filter(market__in=markets)}
        self.terms_before = {key: Terms.of(price) for key, price in self.prices.items()}
        self.end_before = {key: price.effective_end for key, price in self.prices.items()}
        self.missing: set[PriceKey] = set()
        self.earlier: dict[PriceKey, PriceKey] = {}  # of two that differ only in start, the one before
        self.followed: set[PriceKey] = set()  # prices that end because the next one begins

    def take_rows(self) -> None:
        """Each row of the file as a price."""
        for key, row in self.rows.items():
            sku_id, market, currency, tier_min, start = key
            price = self.prices.setdefault(
                key,
                Price(sku_id=sku_id, market=market, currency=currency, tier_min=tier_min, effective_start=start),
            )
            price.tier_max = row.tier_max
            price.unit_price = row.unit_price
            price.retail_price = row.retail_price
            price.effective_end = row.end

    def end_missing(self) -> None:
        """A SKU without any row in a market of the file ends there at `effective`."""
        present = {(sku_id, market) for sku_id, market, *_rest in self.rows}
        for key, price in self.prices.items():
            if key[:2] not in present and price.effective_end > self.effective:
                price.effective_end = max(price.effective_start, self.effective)
                self.missing.add(key)

    def chain_starts(self) -> None:
        """Of several prices that differ only in start, each ends where the next begins, at the latest."""
        chains: dict[tuple[object, ...], list[PriceKey]] = defaultdict(list)
        for key in sorted(self.prices, key=lambda key: key[-1]):
            chains[key[:-1]].append(key)
        for chain in chains.values():
            for earlier, later in pairwise(chain):
                price, next_start = self.prices[earlier], later[-1]
                self.earlier[later] = earlier
                if price.effective_end >= next_start:
                    price.effective_end = next_start
                    self.followed.add(earlier)

    def save(self, report: PriceListReport, titles: dict[int, str]) -> None:
        """Write what is new or differs, and report it. That a price ends sooner because the next one begins is part
        of that one's news."""
        new = [price for key, price in self.prices.items() if key not in self.terms_before]
        differing = [price for key, price in self.prices.items() if self._differs(key)]
        report.unchanged = len(self.prices) - len(new) - len(differing)
        report.written = len(new) + len(differing)
        Price.objects.bulk_create(new, batch_size=_BATCH)
        fields = ["tier_max", "unit_price", "retail_price", "effective_end"]
        Price.objects.bulk_update(differing, fields, batch_size=_BATCH)
        for price in [*new, *differing]:
            change = self._change(_price_key(price), titles.get(price.sku_id) or price.sku.title)
            if change is not None:
                report.add(change)

    def _differs(self, key: PriceKey) -> bool:
        price = self.prices[key]
        known = key in self.terms_before
        return known and (Terms.of(price), price.effective_end) != (self.terms_before[key], self.end_before[key])

    def _change(self, key: PriceKey, sku: str) -> PriceChange | None:
        """What happened to a price that is new or differs; None if only the next one's beginning ended it."""
        _sku_id, market, currency, tier_min, start = key
        before, after = self._terms_before(key), Terms.of(self.prices[key])
        happened: Happened | None
        if key in self.terms_before and before == after:
            happened, day = self._new_end(key)
        else:
            happened, day = self._new_terms(key, before, after), start
        if key in self.terms_before and happened != Happened.ENDED:
            day = max(day, self.effective)
        if happened is None:
            return None
        if happened == Happened.ENDED:
            return PriceChange(happened, sku, market, currency, tier_min, before, None, utc_day(day))
        return PriceChange(happened, sku, market, currency, tier_min, before, after, utc_day(day))

    def _new_end(self, key: PriceKey) -> tuple[Happened | None, datetime]:
        """A price whose amounts stay: it ends sooner, or goes on for longer."""
        end, end_before = self.prices[key].effective_end, self.end_before[key]
        if end > end_before:
            return Happened.CONTINUED, end_before
        return (None if key in self.followed else Happened.ENDED), end

    def _new_terms(self, key: PriceKey, before: Terms | None, after: Terms) -> Happened:
        if before == after:
            return Happened.CONTINUED
        if key[-1] > self.effective and key not in self.terms_before:
            return Happened.ANNOUNCED
        return Happened.ADDED if before is None else Happened.CHANGED

    def _terms_before(self, key: PriceKey) -> Terms | None:
        """What the price said before this import, or the one that it follows without a gap; None if it was not sold."""
        if key in self.terms_before:
            was_over = self.end_before[key] <= self.effective < self.prices[key].effective_end
            return None if was_over else self.terms_before[key]
        earlier = self.earlier.get(key)
        return Terms.of(self.prices[earlier]) if earlier in self.followed else None


def _price_key(price: Price) -> PriceKey:
    return (price.sku_id, price.market, price.currency, price.tier_min, price.effective_start)
