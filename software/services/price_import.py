"""Loading the monthly price list into the catalogue (M6)."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone

from activity.models import Action
from activity.services import Actor, record
from csp_portal.calendar_utc import start_of_day, utc_day
from software.models import Price, Product, Sku
from software.price_list import PriceRow, read_price_list

SkuKey = tuple[str, str, str, str, str]
PriceKey = tuple[int, str, str, int, datetime]  # SKU, market, currency, tier, start


@dataclass
class PriceListReport:
    """What an import did, in prices."""

    added: int = 0
    changed: int = 0
    ended: int = 0
    unchanged: int = 0

    @property
    def had_effect(self) -> bool:
        return bool(self.added or self.changed or self.ended)


@transaction.atomic
def import_price_list(path: Path, *, actor: Actor, effective: date | None = None) -> PriceListReport:
    """Load a price list, all or nothing; the same file again has no effect (M6).

    `effective` (UTC, default today) is the day on which prices end whose SKU has no row in a market of the file.
    Raises BadFile naming every bad row.
    """
    rows = read_price_list(path)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('import_price_list'))")
    skus = _upsert_skus(rows)
    load = _Load({(skus[row.sku_key].pk, row.market, row.currency, row.tier_min, row.start): row for row in rows})
    load.take_rows()
    load.end_missing(start_of_day(effective or utc_day(timezone.now())))
    load.chain_starts()
    report = load.save()
    if report.had_effect:
        details = {"file": path.name, "added": report.added, "changed": report.changed, "ended": report.ended}
        record(Action.PRICE_LIST_IMPORTED, actor=actor, details=details)
    return report


def _upsert_skus(rows: list[PriceRow]) -> dict[SkuKey, Sku]:
    """Make what is new; of what is known take over the titles, never what the operator may have edited."""
    products = {product.product_id: product for product in Product.objects.all()}
    skus: dict[SkuKey, Sku] = {_sku_key(sku): sku for sku in Sku.objects.select_related("product")}
    for row in {row.sku_key: row for row in rows}.values():
        product = products.get(row.product_id)
        if product is None:
            product = products[row.product_id] = _make_product(row)
        elif product.title != row.product_title:
            product.title = row.product_title
            product.save(update_fields=["title"])
        sku = skus.get(row.sku_key)
        if sku is None:
            skus[row.sku_key] = _make_sku(row, product)
        elif (sku.title, sku.description) != (row.sku_title, row.description):
            sku.title, sku.description = row.sku_title, row.description
            sku.save(update_fields=["title", "description"])
    return skus


def _sku_key(sku: Sku) -> SkuKey:
    return (sku.product.product_id, sku.sku_id, sku.term, sku.billing_plan, sku.segment)


def _make_product(row: PriceRow) -> Product:
    return Product.objects.create(
        product_id=row.product_id, title=row.product_title, publisher=row.publisher, family=row.family, kind=row.kind
    )


def _make_sku(row: PriceRow, product: Product) -> Sku:
    return Sku.objects.create(
        product=product,
        sku_id=row.sku_id,
        title=row.sku_title,
        description=row.description,
        term=row.term,
        billing_plan=row.billing_plan,
        segment=row.segment,
        cancellation_policy=row.policy,
        key_issue=row.key_issue,
        hybrid_benefit=row.hybrid_benefit,
        cores_per_unit=row.cores_per_unit,
    )


@dataclass
class _Load:
    """The prices of the file's markets while an import works on them; `save` writes what differs at the end."""

    rows: dict[PriceKey, PriceRow]
    prices: dict[PriceKey, Price] = field(default_factory=dict)
    before: dict[PriceKey, tuple[object, ...]] = field(default_factory=dict)
    missing: set[PriceKey] = field(default_factory=set)

    def __post_init__(self) -> None:
        markets = {row.market for row in self.rows.values()}
        for price in Price.objects.filter(market__in=markets):
            self.prices[_price_key(price)] = price
        self.before = {key: _content(price) for key, price in self.prices.items()}

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

    def end_missing(self, effective: datetime) -> None:
        """A SKU without any row in a market of the file ends there at `effective`."""
        present = {(sku_id, market) for sku_id, market, *_rest in self.rows}
        for key, price in self.prices.items():
            if key[:2] not in present and price.effective_end > effective:
                price.effective_end = max(price.effective_start, effective)
                self.missing.add(key)

    def chain_starts(self) -> None:
        """Of several prices that differ only in start, each ends where the next begins, at the latest."""
        chains: dict[tuple[object, ...], list[Price]] = defaultdict(list)
        for key in sorted(self.prices, key=lambda key: key[-1]):
            chains[key[:-1]].append(self.prices[key])
        for chain in chains.values():
            for price, following in pairwise(chain):
                price.effective_end = min(price.effective_end, following.effective_start)

    def save(self) -> PriceListReport:
        """Write what is new or differs, and count it. A price that only ends sooner because the next one begins is
        part of that one's being added."""
        report = PriceListReport()
        differing = []
        for key, price in self.prices.items():
            if key not in self.before:
                report.added += 1
            elif self.before[key] == _content(price):
                report.unchanged += 1
            else:
                differing.append(price)
                report.ended += key in self.missing
                report.changed += key in self.rows
        Price.objects.bulk_create([price for key, price in self.prices.items() if key not in self.before])
        Price.objects.bulk_update(differing, ["tier_max", "unit_price", "retail_price", "effective_end"])
        return report


def _price_key(price: Price) -> PriceKey:
    return (price.sku_id, price.market, price.currency, price.tier_min, price.effective_start)


def _content(price: Price) -> tuple[object, ...]:
    return (price.tier_max, price.unit_price, price.retail_price, price.effective_end)
