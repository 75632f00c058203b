"""What somebody is about to buy for a customer (B1)."""

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from csp_portal.accounts.models import User
from customers.models import Customer
from software.models import MOST_UNITS, Sku

MAX_QUANTITY = MOST_UNITS
MAX_CART_LINES = 100
CART_KEPT = timedelta(days=30)  # after its last change


class CartQuerySet(models.QuerySet["Cart"]):
    def visible_to(self, user: User) -> Self:
        """A cart is its maker's own."""
        return self.filter(user=user, customer__in=Customer.objects.visible_to(user))

    def open_for(self, customer: Customer, user: User) -> "Cart":
        """The user's cart for a customer: the stored one, or an empty one that nothing has been put into yet."""
        cart = self.filter(customer=customer, user=user).first() or Cart(user=user)
        cart.customer = customer  # as given: spares looking it up again
        return cart

    def over(self, now: datetime) -> Self:
        """Those with something in them that nobody has changed for 30 days (X6)."""
        return self.filter(Exists(CartLine.objects.filter(cart=OuterRef("pk"))), changed_at__lte=now - CART_KEPT)

    def with_lines_counted(self) -> Self:
        """Each with how many lines it has, its customer and its user."""
        return self.select_related("customer__partner", "user").annotate(line_count=Count("lines"))


class Cart(models.Model):
    """The open cart of one user for one customer. Its key is the idempotency key of the order it becomes."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="carts")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="carts")
    key = models.UUIDField(default=uuid.uuid4)
    changed_at = models.DateTimeField(default=timezone.now)

    # of one that was fetched `with_lines_counted`
    line_count: int

    objects = CartQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint("customer", "user", name="orders_cart_once"),)

    def __str__(self) -> str:
        return f"{self.user}: {self.customer}"

    @property
    def kept_days(self) -> int:
        """How many days it is kept after its last change."""
        return CART_KEPT.days

    def renew_key(self, now: datetime) -> None:
        """A changed cart has a new key: a review that was shown before it no longer places an order (B4)."""
        self.key = uuid.uuid4()
        self.changed_at = now
        self.save(update_fields=["key", "changed_at"])


class CartLine(models.Model):
    """A SKU in a quantity; prices and terms are looked up each time it is shown."""

    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="lines")
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()
    renews = ArrayField(models.UUIDField(), default=list)  # the purchases it was filled from, each put in once (B6)

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint("cart", "sku", name="orders_cart_line_once"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MAX_QUANTITY), name="orders_cart_line_quantity"
            ),
        )

    def __str__(self) -> str:
        return f"{self.sku} × {self.quantity}"
