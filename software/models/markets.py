"""What differs by market, as effective-dated data: reservations that are not sold, and tax (M2, M8)."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class MarketRestrictionQuerySet(models.QuerySet["MarketRestriction"]):
    def in_force(self, day: date) -> Self:
        """Restrictions that count on `day` (UTC); `valid_to` is the first day that is free again."""
        return self.filter(valid_from__lte=day).filter(Q(valid_to=None) | Q(valid_to__gt=day))


class MarketRestriction(models.Model):
    """A market in which Azure reservations are not sold to customers (M2)."""

    reference_data = True

    market = models.CharField(max_length=2)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    objects = MarketRestrictionQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint("market", "valid_from", name="software_restriction_once"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=models.F("valid_from")),
                name="software_restriction_ends_after_start",
            ),
        )

    def __str__(self) -> str:
        return f"{self.market} from {self.valid_from}"


class TaxRateQuerySet(models.QuerySet["TaxRate"]):
    def in_force(self, market: str, day: date) -> "TaxRate | None":
        """The rate of `market` on `day` (UTC): the one that started last; None where the operator has given none."""
        return self.filter(market=market, valid_from__lte=day).order_by("-valid_from").first()


class TaxRate(models.Model):
    """What a market taxes, from a day on; `rate` 0.1 is 10 % (M8)."""

    market = models.CharField(max_length=2)
    name = models.CharField(_("name"), max_length=50)
    rate = models.DecimalField(max_digits=7, decimal_places=5)
    included_in_price = models.BooleanField()
    valid_from = models.DateField()

    objects = TaxRateQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint("market", "valid_from", name="software_tax_rate_once"),
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lt=1), name="software_tax_rate_is_fraction"),
        )

    def __str__(self) -> str:
        return f"{self.market} {self.name} {self.rate}"
