"""What a client of the API is about to buy for a customer: any number of carts, each with an id of its own (B1, X3).

A line is kept as it was asked for, right or wrong, and judged each time it is shown.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import User
from csp_portal.guids import guid_of
from customers.models import Customer
from orders.models.cart import CART_KEPT
from orders.models.order import Order

CART_LIFETIME = timedelta(hours=24)  # after its last change it can be ordered for so long
LONGEST_ITEM = 100  # signs of a catalogItemId
LONGEST_WORD = 30  # of a billing cycle, term or currency
LONGEST_ORDER_NUMBER = 50  # of the buyer's own


class ApiCartQuerySet(models.QuerySet["ApiCart"]):
    def visible_to(self, user: User) -> Self:
        """Unlike the cart of a page it is the partner's: clients of one partner may go on with each other's."""
        return self.filter(customer__in=Customer.objects.visible_to(user))

    def with_guid(self, text: str) -> "ApiCart | None":
        """The cart whose id `text` is; None if there is none."""
        public_id = guid_of(text)
        return self.filter(public_id=public_id).first() if public_id else None

    def over(self, now: datetime) -> Self:
        """Those that nobody has changed for 30 days (X6)."""
        return self.filter(changed_at__lte=now - CART_KEPT)

    def with_lines_counted(self) -> Self:
        """Each with how many lines it has, its customer and who changed it last."""
        counted: Self = self.select_related("customer__partner", "user").annotate(line_count=Count("lines"))
        return counted.order_by("pk")


class ApiCart(models.Model):
    """A cart of the API. Its public id is the idempotency key of the order it becomes."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="api_carts")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")  # who changed it last
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now, db_index=True)
    purchase_order_number = models.CharField(max_length=LONGEST_ORDER_NUMBER, blank=True)
    order = models.OneToOneField(Order, on_delete=models.PROTECT, null=True, related_name="+")

    # of one that was fetched `with_lines_counted`
    line_count: int

    objects = ApiCartQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.public_id}: {self.customer}"

    @property
    def expires_at(self) -> datetime:
        """The instant from which it is not ordered any more, unless it is changed again."""
        return self.changed_at + CART_LIFETIME

    def has_expired(self, now: datetime) -> bool:
        return now >= self.expires_at

    @property
    def is_ordered(self) -> bool:
        return self.order_id is not None

    def log_subject(self) -> dict[str, Any]:
        """What the activity log says of it."""
        return self.customer.log_subject()


class Beyond(models.TextChoices):
    """What a line asked for that the portal does not do."""

    PARTICIPANTS = "participants", _("participants of the sale beside you")
    ADD_ONS = "add_ons", _("add-ons in the same line")
    RENEWAL = "renewal", _("a renewal that comes by itself")


class ApiCartLine(models.Model):
    """An item of the catalogue in a quantity, as it was asked for."""

    cart = models.ForeignKey(ApiCart, on_delete=models.CASCADE, related_name="lines")
    number = models.PositiveSmallIntegerField()  # from 0 on
    catalog_item_id = models.CharField(max_length=LONGEST_ITEM, blank=True)
    quantity = models.IntegerField(default=0)
    billing_cycle = models.CharField(max_length=LONGEST_WORD, blank=True)
    term = models.CharField(max_length=LONGEST_WORD, blank=True)
    currency = models.CharField(max_length=LONGEST_WORD, blank=True)
    never_accepted = models.BooleanField(default=False)  # that it can never be cancelled (B2)
    beyond = models.CharField(max_length=12, choices=Beyond.choices, blank=True)

    class Meta:
        ordering = ("cart", "number")
        constraints = (models.UniqueConstraint("cart", "number", name="orders_api_cart_line_once"),)

    def __str__(self) -> str:
        return f"{self.number}: {self.catalog_item_id} × {self.quantity}"
