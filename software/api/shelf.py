"""Where the catalogue is looked at: in a country, or for a customer, whose market and currency count (M2, M6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from csp_portal.api.errors import input_wrong
from csp_portal.errors import Refusal
from csp_portal.territories import is_country
from customers.api.finding import customer_of
from customers.api.resources import path_of
from software import reasons
from software.models import Price, Product, Sku
from software.models.catalogue import PriceQuerySet, ProductQuerySet
from software.offers import Catalogue, Offer


@dataclass(frozen=True)
class Shelf:
    """A catalogue as one caller looks at it; `root` and `query` are of the links that lie below it."""

    country: str
    currency: str  # empty: every currency with prices in the country
    root: str
    query: str
    now: datetime

    @classmethod
    def of(cls, user: User, tenant_id: str, country: str) -> "Shelf":
        """A customer's, where the path names one, else the country's. Raises Refusal."""
        now = timezone.now()
        if tenant_id:
            customer = customer_of(user, tenant_id)
            return cls(customer.market, customer.currency, path_of(customer), "", now)
        code = country.strip().upper()
        if not is_country(code):
            raise input_wrong({"country": _("Give a country's code of two capital letters, such as DE.")})
        return cls(code, "", "", f"?country={code}", now)

    @property
    def prices(self) -> PriceQuerySet:
        """Those in force."""
        prices = Price.objects.in_force(self.now).filter(market=self.country)
        return prices.filter(currency=self.currency) if self.currency else prices

    def products(self) -> ProductQuerySet:
        """What is priced here, by title."""
        found: ProductQuerySet = Product.objects.priced(self.prices).order_by("title", "pk")
        return found

    def product(self, product_id: str) -> Product:
        """One that is priced here. Raises Refusal."""
        found = self.products().filter(product_id=product_id).first()
        if found is None:
            raise Refusal(reasons.PRODUCT_NOT_FOUND, country=self.country)
        return found

    def skus(self, product: Product, segment: str = "") -> list[Sku]:
        """The product's that are priced here; those under one `SkuId` stand together."""
        skus = Sku.objects.priced(self.prices).filter(product=product).select_related("product")
        return list((skus.filter(segment__iexact=segment) if segment else skus).order_by("sku_id", "pk"))

    def skus_of(self, product: Product, sku_id: str, segment: str = "") -> list[Sku]:
        """Those of one `SkuId`. Raises Refusal where there is none."""
        found = [sku for sku in self.skus(product) if sku.sku_id == sku_id]
        if not found:
            raise Refusal(reasons.SKU_NOT_FOUND, country=self.country)
        return [sku for sku in found if not segment or sku.segment.casefold() == segment.casefold()]

    def offers(self, skus: Iterable[Sku]) -> list[Offer]:
        """Each SKU in each currency in which it is priced here."""
        listed = list(skus)
        priced = self.prices.filter(sku__in=listed).order_by("currency").values_list("currency", flat=True).distinct()
        currencies = [self.currency] if self.currency else list(priced)
        offers = [offer for code in currencies for offer in Catalogue(self.country, code, self.now).offers(listed)]
        return [offer for offer in offers if offer.tiers]
