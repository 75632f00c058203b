"""What a customer owns: one purchase per order line (B5)."""

import uuid
from datetime import date, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Count, F, Q, Sum
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import User
from csp_portal.guids import guid_of
from customers.models import Customer
from software.models.catalogue import KeyIssue, Sku

END_WARNING_DAYS = (90, 30, 7)  # before a term's end: who bought is told, the furthest first (B6)


class PurchaseStatus(models.TextChoices):
    ACTIVE = "active", _("active")
    CANCELLED = "cancelled", _("cancelled")

    @property
    def tone(self) -> str:
        """The colour of its badge."""
        return "good" if self == PurchaseStatus.ACTIVE else "neutral"


class KeyState(models.TextChoices):
    NONE = "none", _("no keys")
    PENDING = "pending", _("keys pending")
    ALLOTTED = "allotted", _("keys ready")
    REVOKED = "revoked", _("keys revoked")

    @property
    def tone(self) -> str:
        """The colour of its badge."""
        return {KeyState.ALLOTTED: "good", KeyState.PENDING: "waiting"}.get(self, "neutral")


def running(day: date, *, of: str = "") -> Q:
    """Purchases that are active and whose term is not over on `day` (UTC) (B6); `of` leads to them: `purchase__`."""
    active = Q(**{f"{of}status": PurchaseStatus.ACTIVE})
    return active & (Q(**{f"{of}term_end": None}) | Q(**{f"{of}term_end__gt": day}))


class SoftwarePurchaseQuerySet(models.QuerySet["SoftwarePurchase"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(customer__in=Customer.objects.visible_to(user))

    def of(self, tenant_id: uuid.UUID) -> Self:
        return self.filter(customer__tenant_id=tenant_id)

    def with_guid(self, text: str) -> "SoftwarePurchase | None":
        """The purchase or subscription whose id `text` is, with its SKU and customer; None if there is none (U2)."""
        public_id = guid_of(text)
        return self.select_related("sku", "customer").filter(public_id=public_id).first() if public_id else None

    def at_a_glance(self, day: date) -> dict[str, int]:
        """How many run, wait for keys, were cancelled or have ended by `day` (UTC)."""
        return self.aggregate(
            running=Count("pk", filter=running(day)),
            waiting=Count("pk", filter=running(day) & Q(key_state=KeyState.PENDING)),
            cancelled=Count("pk", filter=Q(status=PurchaseStatus.CANCELLED)),
            ended=Count("pk", filter=Q(status=PurchaseStatus.ACTIVE) & ~running(day)),
        )

    def keys_pending(self, day: date) -> Self:
        """Purchases that run on `day` (UTC) and wait for keys, in the order in which they are served (B5, B6)."""
        return self.filter(running(day), key_state=KeyState.PENDING).order_by("purchased_at", "pk")

    def ending_soon(self, day: date) -> Self:
        """Purchases that run on `day` (UTC) and whose buyer is being warned of the end, the first to end first (B6)."""
        last = day + timedelta(days=END_WARNING_DAYS[0])
        return self.filter(running(day), term_end__lte=last).order_by("term_end", "pk")

    def to_warn_of_end(self, day: date) -> Self:
        """Purchases whose nearest warning has come by `day` (UTC), after they were bought, and was not given yet (B6).

        Those before it are not made up for.
        """
        due = Q()
        for days, nearer in zip(END_WARNING_DAYS, (*END_WARNING_DAYS[1:], 0), strict=True):
            nearest = Q(term_end__gt=day + timedelta(days=nearer), term_end__lte=day + timedelta(days=days))
            after_purchase = Q(term_start__lt=F("term_end") - timedelta(days=days))
            due |= nearest & after_purchase & (Q(end_told_days=None) | Q(end_told_days__gt=days))
        return self.filter(due, status=PurchaseStatus.ACTIVE)

    def benefit_cores(self, day: date) -> dict[str, int]:
        """Cores, by product title, of what qualifies for the Azure Hybrid Benefit and runs on `day` (UTC) (M4)."""
        left = F("quantity") - F("order_line__quantity_cancelled")
        qualifying = self.filter(running(day), sku__hybrid_benefit=True, sku__cores_per_unit__isnull=False).order_by()
        by_product = qualifying.values_list("sku__product__title").annotate(cores=Sum(left * F("sku__cores_per_unit")))
        return dict(by_product)

    def for_log(self) -> Self:
        """With all that `log_subject` reads."""
        return self.select_related("customer", "sku__product", "order_line__order")

    def names(self) -> Self:
        """What `log_subject` reads and whether it runs, no column more: for where many are written in a second."""
        return self.for_log().only(
            "public_id",
            "status",
            "term_end",
            "customer__tenant_id",
            "customer__company_name",
            "customer__partner",
            "sku__sku_id",
            "sku__title",
            "sku__product__product_id",
            "order_line__order__number",
            "order_line__purchase",
        )


class SoftwarePurchase(models.Model):
    """A customer's right to a SKU in a quantity; for a subscription its public id is the subscription id."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="purchases")
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="purchases")
    quantity = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=PurchaseStatus.choices, default=PurchaseStatus.ACTIVE)
    key_state = models.CharField(max_length=10, choices=KeyState.choices)
    purchased_at = models.DateTimeField()
    term_start = models.DateField()
    term_end = models.DateField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    end_told_days = models.PositiveSmallIntegerField(null=True)  # of END_WARNING_DAYS, the last one that was given

    objects = SoftwarePurchaseQuerySet.as_manager()

    class Meta:
        ordering = ("-purchased_at", "-pk")
        constraints = (
            models.CheckConstraint(condition=Q(quantity__gt=0), name="software_purchase_quantity"),
            models.CheckConstraint(
                condition=Q(status=PurchaseStatus.CANCELLED, cancelled_at__isnull=False)
                | Q(status=PurchaseStatus.ACTIVE, cancelled_at=None),
                name="software_purchase_cancelled_with_instant",
            ),
            models.CheckConstraint(
                condition=Q(term_end=None) | Q(term_end__gt=F("term_start")), name="software_purchase_term_ordered"
            ),
        )
        indexes = (
            models.Index(fields=["customer", "sku", "-purchased_at"], name="software_purchase_by_sku"),
            models.Index(
                "sku",
                "purchased_at",
                condition=Q(status=PurchaseStatus.ACTIVE, key_state=KeyState.PENDING),
                name="software_purchase_pending",
            ),
            models.Index(
                fields=["term_end", "end_told_days"],
                condition=Q(status=PurchaseStatus.ACTIVE),
                name="software_purchase_by_end",
            ),
        )

    def __str__(self) -> str:
        return f"{self.sku} × {self.quantity}"

    @property
    def state(self) -> PurchaseStatus:
        return PurchaseStatus(self.status)

    @property
    def state_of_keys(self) -> KeyState:
        return KeyState(self.key_state)

    @property
    def is_active(self) -> bool:
        return self.status == PurchaseStatus.ACTIVE

    def has_ended(self, day: date) -> bool:
        """Whether the paid term is over on `day` (UTC) (B6)."""
        return self.term_end is not None and day >= self.term_end

    def is_running(self, day: date) -> bool:
        """Whether it is active and its term not over on `day` (UTC)."""
        return self.is_active and not self.has_ended(day)

    def days_to_end(self, day: date) -> int:
        """Days from `day` (UTC) to the end of the term; asked only of what has one."""
        assert self.term_end is not None
        return (self.term_end - day).days

    def ends_soon(self, day: date) -> bool:
        """Whether it runs on `day` (UTC) and its buyer is being warned of the end (B6)."""
        return self.is_running(day) and self.term_end is not None and self.days_to_end(day) <= END_WARNING_DAYS[0]

    @property
    def quantity_left(self) -> int:
        """Units that were not cancelled (C8)."""
        cancelled: int = self.order_line.quantity_cancelled
        return self.quantity - cancelled

    @property
    def keys_needed(self) -> int:
        """How many keys it gets, or keeps once units of it were cancelled (M1, C8)."""
        return KeyIssue(self.sku.key_issue).keys_for(self.quantity_left)

    @property
    def order_number(self) -> str:
        """The number of the order that brought it."""
        number: str = self.order_line.order.number
        return number

    def log_subject(self) -> dict[str, Any]:
        """What the activity log says of it."""
        return {
            **self.customer.log_subject(),
            "product_id": self.sku.catalogue_id,
            "product_name": self.sku.title,
            "order_number": self.order_number,
            "purchase_id": self.public_id,
        }
