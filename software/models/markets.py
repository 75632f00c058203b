"""What differs by market, as effective-dated data: reservations that are not sold, and tax (M2, M8)."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

COUNTRY_CODE = _("A country's code by ISO 3166-1, such as DE.")


class MarketRestrictionQuerySet(models.QuerySet["MarketRestriction"]):
    def in_force(self, day: date) -> Self:
        """Restrictions that count on `day` (UTC); `valid_to` is the first day that is free again."""
        return self.filter(valid_from__lte=day).filter(Q(valid_to=None) | Q(valid_to__gt=day))


class MarketRestriction(models.Model):
    """A market in which Azure reservations are not sold to customers (M2)."""

    reference_data = True

    market = models.CharField(_("market"), max_length=2, help_text=COUNTRY_CODE)
    valid_from = models.DateField(_("valid from (UTC)"))
    valid_to = models.DateField(
        _("free again from (UTC)"), null=True, blank=True, help_text=_("The first day without the restriction.")
    )

    objects = MarketRestrictionQuerySet.as_manager()

    class Meta:
        verbose_name = _("market without reservations")
        verbose_name_plural = _("markets without reservations")
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

    market = models.CharField(_("market"), max_length=2, help_text=COUNTRY_CODE)
    name = models.CharField(_("name"), max_length=50, help_text=_("What the tax is called there, such as GST."))
    rate = models.DecimalField(_("rate"), max_digits=7, decimal_places=5, help_text=_("A fraction: 0.19 is 19 %."))
    included_in_price = models.BooleanField(_("prices include it"))
    valid_from = models.DateField(_("valid from (UTC)"))

    objects = TaxRateQuerySet.as_manager()

    class Meta:
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        constraints = (
            models.UniqueConstraint("market", "valid_from", name="software_tax_rate_once"),
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lt=1), name="software_tax_rate_is_fraction"),
        )

    def __str__(self) -> str:
        return f"{self.market} {self.name} {self.rate}"
