"""What the operator sells: products, their SKUs, prices and builds (M1)."""

import uuid
from datetime import datetime
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.expressions import Combinable
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from csp_portal.calendar_utc import term_months
from csp_portal.money import AmountField
from csp_portal.pagination import MOST_ROWS_COUNTED
from software.models.policies import CancellationPolicy

MOST_UNITS = 10_000  # of a line
LOW_WATER = 10  # keys left in a pool below which the operator is told, unless the SKU says otherwise


class Kind(models.TextChoices):
    SUBSCRIPTION = "subscription", _("software subscription")
    PERPETUAL = "perpetual", _("perpetual software")
    RESERVATION = "reservation", _("Azure reservation")
    LINUX_PLAN = "linux_plan", _("Linux software plan")

    @property
    def is_software(self) -> bool:
        """Whether it comes with keys and downloads; reservations and Linux plans have neither (M1)."""
        return self in {Kind.SUBSCRIPTION, Kind.PERPETUAL}

    @property
    def policies(self) -> frozenset[CancellationPolicy]:
        """The cancellation policies that the operator may choose for it; plans and reservations have one each (C1)."""
        if self.is_software:
            return frozenset({CancellationPolicy.SELF_SERVICE, CancellationPolicy.SUPPORT_ONLY})
        return frozenset({CancellationPolicy.NEVER if self == Kind.LINUX_PLAN else CancellationPolicy.SUPPORT_ONLY})


class KeyIssue(models.TextChoices):
    PER_UNIT = "per_unit", _("one key per unit")
    PER_LINE = "per_line", _("one key per line")
    NONE = "none", _("no keys")

    def keys_for(self, quantity: int) -> int:
        """How many keys a line of `quantity` gets."""
        return {KeyIssue.PER_UNIT: quantity, KeyIssue.PER_LINE: 1, KeyIssue.NONE: 0}[self]


class ProductQuerySet(models.QuerySet["Product"]):
    def priced(self, prices: "PriceQuerySet") -> Self:
        """Those of which a SKU has one of `prices`."""
        return self.filter(Exists(prices.filter(sku__product=OuterRef("pk"))))

    def in_segment(self, segment: str) -> Self:
        """Those with a SKU for a segment, in any case."""
        return self.filter(Exists(Sku.objects.filter(product=OuterRef("pk"), segment__iexact=segment)))


class Product(models.Model):
    """A title of a publisher, known by the `ProductId` of the price list."""

    product_id = models.CharField("ProductId", max_length=20, unique=True)
    title = models.CharField(_("title"), max_length=200)
    publisher = models.CharField(_("publisher"), max_length=100)
    family = models.CharField(_("family"), max_length=100)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ("title",)

    def __str__(self) -> str:
        return self.title

    @property
    def is_software(self) -> bool:
        return Kind(self.kind).is_software


class SkuQuerySet(models.QuerySet["Sku"]):
    def priced(self, prices: "PriceQuerySet") -> Self:
        """Those that have one of `prices`."""
        return self.filter(Exists(prices.filter(sku=OuterRef("pk"))))

    def matching(self, text: str) -> Self:
        """SKUs whose title, product or id contains `text`."""
        return self.filter(
            Q(title__icontains=text) | Q(product__title__icontains=text) | Q(product__product_id__iexact=text)
        )


class Sku(models.Model):
    """What is ordered: an edition of a product with its term, billing and way of issuing keys."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="skus", verbose_name=_("product"))
    sku_id = models.CharField("SkuId", max_length=20)
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    term = models.CharField(_("term"), max_length=10)
    billing_plan = models.CharField(_("billing plan"), max_length=20, blank=True)
    segment = models.CharField(_("segment"), max_length=20)
    cancellation_policy = models.CharField(
        _("cancellation policy"),
        max_length=12,
        choices=CancellationPolicy.choices,
        help_text=_("A change counts for new orders only; what is ordered keeps the policy it was bought with."),
    )
    listed_policy = models.CharField(max_length=12, choices=CancellationPolicy.choices, blank=True, editable=False)
    key_issue = models.CharField(
        _("keys"),
        max_length=10,
        choices=KeyIssue.choices,
        help_text=_("How keys are issued can be changed until the SKU is bought for the first time."),
    )
    hybrid_benefit = models.BooleanField(_("qualifies for the Azure Hybrid Benefit"), default=False)
    cores_per_unit = models.PositiveSmallIntegerField(
        _("cores per unit"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    low_water = models.PositiveSmallIntegerField(
        _("tell when fewer keys are left"),
        default=LOW_WATER,
        db_default=LOW_WATER,
        validators=[MaxValueValidator(MOST_ROWS_COUNTED)],
        help_text=_(
            "You are mailed once when the pool of what is sold holds fewer keys than this, and again after it was "
            "filled and has fallen once more. 0 for never."
        ),
    )
    low_water_told_at = models.DateTimeField(null=True, editable=False)

    objects = SkuQuerySet.as_manager()

    class Meta:
        verbose_name = _("SKU")
        verbose_name_plural = _("SKUs")
        ordering = ("title", "pk")
        constraints = (
            models.UniqueConstraint("product", "sku_id", "term", "billing_plan", "segment", name="software_sku_once"),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def term_label(self) -> str:
        """How long it runs, in words: `3 years`; what is bought once and for all is perpetual."""
        months = term_months(self.term)
        if months is None:
            return str(_("perpetual"))
        if months % 12:
            return ngettext("%(count)s month", "%(count)s months", months) % {"count": months}
        return ngettext("%(count)s year", "%(count)s years", months // 12) % {"count": months // 12}

    @property
    def billing_label(self) -> str:
        """How often it is paid, in words; a plan that we do not know by its name in the price list."""
        known = {
            "": _("paid once"),
            "OneTime": _("paid once"),
            "Annual": _("paid yearly"),
            "Monthly": _("paid monthly"),
        }
        return str(known.get(self.billing_plan, self.billing_plan))

    @property
    def catalogue_id(self) -> str:
        """`ProductId:SkuId`, as the price list knows it."""
        return f"{self.product.product_id}:{self.sku_id}"

    @property
    def has_keys(self) -> bool:
        """Whether keys are issued with it (M1)."""
        return self.key_issue != KeyIssue.NONE


class PriceQuerySet(models.QuerySet["Price"]):
    def in_force(self, now: datetime) -> Self:
        return self.filter(effective_start__lte=now, effective_end__gt=now)

    def sold_in(self, market: str, currency: str) -> Self:
        return self.filter(market=market, currency=currency)

    def for_quantity(self, quantity: int | Combinable) -> Self:
        """The tier into which `quantity`, a number or what the database computes, falls (M6)."""
        return self.filter(Q(tier_max=None) | Q(tier_max__gte=quantity), tier_min__lte=quantity)


class Price(models.Model):
    """What one unit costs in a market, for a tier of quantities, from an instant until before another."""

    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="prices", verbose_name=_("SKU"))
    market = models.CharField(_("market"), max_length=2)
    currency = models.CharField(_("currency"), max_length=3)
    tier_min = models.PositiveIntegerField(_("from quantity"), default=1)
    tier_max = models.PositiveIntegerField(_("to quantity"), null=True, blank=True)
    unit_price = AmountField(_("unit price"))
    retail_price = AmountField(_("recommended retail price"), null=True)
    effective_start = models.DateTimeField(_("from"))
    effective_end = models.DateTimeField(_("until before"))

    objects = PriceQuerySet.as_manager()

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        ordering = ("sku", "market", "tier_min", "effective_start")
        constraints = (
            models.UniqueConstraint(
                "sku", "market", "currency", "tier_min", "effective_start", name="software_price_once"
            ),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="software_price_not_negative"),
            models.CheckConstraint(
                condition=Q(tier_max=None) | Q(tier_max__gte=F("tier_min")), name="software_price_tier_ordered"
            ),
        )
        indexes = (models.Index("market", "currency", "effective_end", name="software_price_by_market"),)

    def __str__(self) -> str:
        return f"{self.sku} {self.market} {self.unit_price} {self.currency}"


class Build(models.Model):
    """One downloadable file of a product: a version in a language and file type (M1)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="builds", verbose_name=_("product"))
    version = models.CharField(_("version"), max_length=50)
    language = models.CharField(_("language"), max_length=20, help_text=_("A tag such as en-US or zh-CN."))
    file_type = models.CharField(_("file type or OS"), max_length=50, help_text=_("Such as ISO x64."))
    file_name = models.CharField(_("file name"), max_length=255)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    sha256 = models.CharField("SHA-256", max_length=64)
    storage_name = models.CharField(_("name in the storage"), max_length=100, unique=True)
    imported_at = models.DateTimeField(_("imported"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("build")
        verbose_name_plural = _("builds")
        ordering = ("-version", "language", "file_type")
        constraints = (
            models.UniqueConstraint("product", "version", "language", "file_type", name="software_build_once"),
        )

    def __str__(self) -> str:
        return f"{self.product} {self.version} {self.language} {self.file_type}"

    @property
    def etag(self) -> str:
        """The strong validator of its bytes (RFC 9110, 8.8.3)."""
        return f'"{self.sha256}"'
