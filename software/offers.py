"""What a market can buy, at which price and under which terms (M2, M3, M6, M8, C1)."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import formats
from django.utils.translation import gettext as _

from csp_portal.calendar_utc import utc_day
from csp_portal.errors import Refusal
from csp_portal.territories import country_name
from software import reasons
from software.models import CancellationPolicy, Kind, MarketRestriction, PolicyVersion, Price, Sku, TaxRate
from software.models.catalogue import PriceQuerySet, SkuQuerySet
from software.tax import Amounts, percent, tax_line

# Prices of these markets include tax (M3), also before the operator has entered a rate.
TAX_INCLUDED_MARKETS = frozenset({"AU", "BR"})


def tax_label(name: str, rate: Decimal) -> str:
    """`GST, 10 %`: which tax at which rate, in the reader's language."""
    return _("%(name)s, %(percent)s %%") % {"name": name, "percent": formats.localize(percent(rate))}


@dataclass(frozen=True)
class MarketTax:
    """How a market is taxed today."""

    name: str
    rate: Decimal
    included: bool

    @classmethod
    def of(cls, market: str, now: datetime) -> "MarketTax":
        """The operator's rate in force; a market without one has 0 (M8)."""
        rate = TaxRate.objects.in_force(market, utc_day(now))
        if rate is None:
            return cls("", Decimal(0), market in TAX_INCLUDED_MARKETS)
        return cls(rate.name, rate.rate, rate.included_in_price)

    @property
    def label(self) -> str:
        return tax_label(self.name, self.rate)


@dataclass(frozen=True)
class Offer:
    """A SKU as one market sells it now; `tiers` are its prices by quantity, smallest first."""

    sku: Sku
    market: str
    currency: str
    tiers: tuple[Price, ...]
    tax: MarketTax
    policy_version: PolicyVersion
    restricted: bool

    @property
    def policy(self) -> CancellationPolicy:
        return CancellationPolicy(self.policy_version.policy)

    def price_for(self, quantity: int) -> Price | None:
        """The tier into which `quantity` falls prices the whole line (M6)."""
        fitting = (tier for tier in self.tiers if tier.tier_min <= quantity and (tier.tier_max or quantity) >= quantity)
        return next(fitting, None)

    def amounts_for(self, quantity: int) -> Amounts:
        """Net, tax and gross of a line. Raises Refusal if it cannot be bought in this quantity."""
        price = self.checked_price(quantity)
        return tax_line(price.unit_price, quantity, self.tax.rate, included=self.tax.included, currency=self.currency)

    def checked_price(self, quantity: int) -> Price:
        """The price that a line of `quantity` pays. Raises Refusal if it is not sold here."""
        refusal = self.refusal(quantity)
        if refusal is not None:
            raise refusal
        price = self.price_for(quantity)
        assert price is not None  # `refusal` has looked
        return price

    def refusal(self, quantity: int = 1) -> Refusal | None:
        """Why this market cannot buy it; None if it can."""
        priced = self.price_for(quantity) is not None
        place = {"market": self.market, "currency": self.currency}
        return why_not_sold(self.sku, quantity, restricted=self.restricted, priced=priced, **place)


def why_not_sold(
    sku: Sku, quantity: int, *, market: str, currency: str, restricted: bool, priced: bool
) -> Refusal | None:
    """Why a market cannot buy `quantity` of a SKU: it is `restricted` there, or not `priced`; None if it can."""
    country = country_name(market)
    if restricted:
        return Refusal(reasons.RESERVATION_NOT_SOLD, country=country, market=market)
    if not priced:
        return Refusal(
            reasons.NOT_PRICED,
            sku=sku.title,
            quantity=quantity,
            country=country,
            currency=currency,
            operator=settings.OPERATOR_SUPPORT_EMAIL,
        )
    return None


class Catalogue:
    """The offers of one market and currency at one instant; a constant number of queries for any number of SKUs."""

    def __init__(self, market: str, currency: str, now: datetime) -> None:
        self.market = market
        self.currency = currency
        self.now = now
        self.tax = MarketTax.of(market, now)
        restrictions = MarketRestriction.objects.in_force(utc_day(now))
        self.reservations_restricted = restrictions.filter(market=market).exists()

    @cached_property
    def _policies(self) -> dict[str, PolicyVersion]:
        return {version.policy: version for version in PolicyVersion.objects.in_force(utc_day(self.now))}

    def offers(self, skus: list[Sku]) -> list[Offer]:
        """An offer for each of `skus`, in their order, sold here or not."""
        tiers = self._tiers(skus)
        return [self._offer(sku, tuple(tiers[sku.pk])) for sku in skus]

    def sold_first(self) -> SkuQuerySet:
        """Every SKU with its product: those that can be bought here by title, then those that cannot."""
        sold = Q(Exists(self._prices().for_quantity(1).filter(sku=OuterRef("pk"))))
        if self.reservations_restricted:
            sold &= ~Q(product__kind=Kind.RESERVATION)
        skus = Sku.objects.select_related("product").annotate(is_sold=sold)
        in_order: SkuQuerySet = skus.order_by("-is_sold", "product__title", "title", "pk")
        return in_order

    def _prices(self) -> PriceQuerySet:
        prices: PriceQuerySet = Price.objects.sold_in(self.market, self.currency).in_force(self.now)
        return prices

    def _tiers(self, skus: list[Sku]) -> dict[int, list[Price]]:
        prices = self._prices().filter(sku__in=skus)
        tiers: dict[int, list[Price]] = defaultdict(list)
        for price in prices.order_by("tier_min"):
            tiers[price.sku_id].append(price)
        return tiers

    def _offer(self, sku: Sku, tiers: tuple[Price, ...]) -> Offer:
        return Offer(
            sku=sku,
            market=self.market,
            currency=self.currency,
            tiers=tiers,
            tax=self.tax,
            policy_version=self._policies[sku.cancellation_policy],
            restricted=sku.product.kind == Kind.RESERVATION and self.reservations_restricted,
        )
