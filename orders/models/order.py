"""What was ordered: fixed when it is placed, and never changed later (B4)."""

import secrets
import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import Partner, User
from csp_portal.money import AMOUNT_DIGITS
from customers.models import Customer
from software import window
from software.models import CancellationPolicy, PolicyVersion, PurchaseStatus, SoftwarePurchase

_NUMBER_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
_NUMBER_LENGTH = 10


def new_order_number() -> str:
    """A number that tells nothing about other orders and is easy to read out: 10 of 32 signs."""
    return "".join(secrets.choice(_NUMBER_ALPHABET) for _sign in range(_NUMBER_LENGTH))


class OrderQuerySet(models.QuerySet["Order"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(customer__in=Customer.objects.visible_to(user))


class Order(models.Model):
    """Who bought what for whom. `number` is its one public id, in pages, invoices and API (B5)."""

    number = models.CharField(max_length=20, unique=True, default=new_order_number, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="orders")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="orders")
    placed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField()
    market = models.CharField(max_length=2)
    currency = models.CharField(max_length=3)
    purchase_order_number = models.CharField(_("purchase order number"), max_length=50, blank=True)
    idempotency_key = models.UUIDField(default=uuid.uuid4)

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ("-placed_at", "-pk")
        constraints = (models.UniqueConstraint("customer", "idempotency_key", name="orders_order_once"),)
        indexes = (
            models.Index(fields=["partner", "-placed_at"], name="orders_order_by_partner"),
            models.Index(fields=["customer", "-placed_at"], name="orders_order_by_customer"),
        )

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("orders:detail", args=[self.number])

    def log_subject(self) -> dict[str, Any]:
        """What the activity log says of it."""
        return {**self.customer.log_subject(), "order_number": self.number}


class OrderLineQuerySet(models.QuerySet["OrderLine"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(order__customer__in=Customer.objects.visible_to(user))

    def of(self, tenant_id: uuid.UUID, sku_id: uuid.UUID) -> Self:
        """Lines of one customer and SKU, newest first."""
        return self.filter(order__customer__tenant_id=tenant_id, purchase__sku__public_id=sku_id).order_by(
            "-order__placed_at", "-pk"
        )

    def window_open(self, now: datetime) -> Self:
        """Lines that self-service can still cancel at `now`."""
        return self.filter(
            purchase__status=PurchaseStatus.ACTIVE,
            policy_version__policy=CancellationPolicy.SELF_SERVICE,
            window_closes_at__gt=now,
        )

    def with_purchase(self) -> Self:
        return self.select_related("order__customer", "purchase__sku__product", "policy_version")


class OrderLine(models.Model):
    """One product of an order: price, tax and terms as they were, and what has been credited since (R3)."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    line_number = models.PositiveSmallIntegerField()
    purchase = models.OneToOneField(SoftwarePurchase, on_delete=models.PROTECT, related_name="order_line")
    product_title = models.CharField(max_length=200)
    sku_title = models.CharField(max_length=200)
    quantity = models.PositiveIntegerField()
    unit_price = models.DecimalField(**AMOUNT_DIGITS)
    tax_name = models.CharField(max_length=50, blank=True)
    tax_rate = models.DecimalField(max_digits=7, decimal_places=5)
    tax_included = models.BooleanField()
    net = models.DecimalField(**AMOUNT_DIGITS)
    tax = models.DecimalField(**AMOUNT_DIGITS)
    gross = models.DecimalField(**AMOUNT_DIGITS)
    policy_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    last_cancel_day = models.DateField(null=True)
    window_closes_at = models.DateTimeField(null=True)
    quantity_cancelled = models.PositiveIntegerField(default=0)
    credited_net = models.DecimalField(default=Decimal(0), **AMOUNT_DIGITS)
    credited_tax = models.DecimalField(default=Decimal(0), **AMOUNT_DIGITS)
    credited_gross = models.DecimalField(default=Decimal(0), **AMOUNT_DIGITS)

    objects = OrderLineQuerySet.as_manager()

    class Meta:
        ordering = ("order", "line_number")
        constraints = (
            models.UniqueConstraint("order", "line_number", name="orders_line_number_once"),
            models.CheckConstraint(condition=Q(gross=F("net") + F("tax")), name="orders_line_adds_up"),
            models.CheckConstraint(
                condition=Q(quantity_cancelled__lte=F("quantity")), name="orders_line_cancelled_within_quantity"
            ),
            models.CheckConstraint(
                condition=Q(credited_net__gte=0, credited_net__lte=F("net")), name="orders_line_credited_net"
            ),
            models.CheckConstraint(
                condition=Q(credited_tax__gte=0, credited_tax__lte=F("tax")), name="orders_line_credited_tax"
            ),
            models.CheckConstraint(
                condition=Q(credited_gross__gte=0, credited_gross__lte=F("gross")), name="orders_line_credited_gross"
            ),
            models.CheckConstraint(
                condition=Q(credited_gross=F("credited_net") + F("credited_tax")), name="orders_line_credited_adds_up"
            ),
        )
        indexes = (models.Index("window_closes_at", name="orders_line_by_window"),)

    def __str__(self) -> str:
        return f"{self.order} {self.line_number}: {self.sku_title}"

    @property
    def policy(self) -> CancellationPolicy:
        return CancellationPolicy(self.policy_version.policy)

    def window_is_open(self, now: datetime) -> bool:
        """Whether the line's window has not closed at `now` (C2)."""
        return self.window_closes_at is not None and now < self.window_closes_at

    def days_left(self, now: datetime) -> int:
        """Days until the last day; 0 is *today is the last day* (C2). Negative once the window is closed."""
        assert self.last_cancel_day is not None  # asked only of lines with a window
        return window.days_left(self.last_cancel_day, now)

    @property
    def charged(self) -> Decimal:
        """What prorating starts from: gross where prices include tax, else net (R2)."""
        return self.gross if self.tax_included else self.net

    def log_subject(self) -> dict[str, Any]:
        """What the activity log says of it."""
        return self.purchase.log_subject()
