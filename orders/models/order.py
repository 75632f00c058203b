"""What was ordered, fixed when it is placed (B4); a line only counts up what was cancelled and credited of it (R3)."""

import secrets
import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from django.db import models
from django.db.models import Count, F, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import Partner, User
from csp_portal.calendar_utc import end_of_day, utc_day
from csp_portal.money import AmountField
from customers.models import LONGEST_NAME, Customer
from software import window
from software.models import (
    CancellationPolicy,
    KeyState,
    MarketRestriction,
    PolicyVersion,
    Price,
    PurchaseStatus,
    SoftwarePurchase,
)
from software.models.purchases import running
from software.offers import tax_label
from software.tax import Amounts

_NUMBER_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
_NUMBER_LENGTH = 10
_READ_AS = str.maketrans("OIL", "011")  # as the alphabet's author has them read
CLOSING_SOON = timedelta(days=7)


def order_number_of(text: str) -> str:
    """The number that somebody wrote or read out: in any case, with hyphens or spaces; empty if it is none."""
    number = "".join(text.replace("-", " ").split()).upper().translate(_READ_AS)
    return number if len(number) == _NUMBER_LENGTH and set(number) <= set(_NUMBER_ALPHABET) else ""


def new_order_number() -> str:
    """A number that tells nothing about other orders and is easy to read out: 10 of 32 signs."""
    return "".join(secrets.choice(_NUMBER_ALPHABET) for _sign in range(_NUMBER_LENGTH))


class OrderQuerySet(models.QuerySet["Order"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(customer__in=Customer.objects.visible_to(user))

    def with_number(self, text: str) -> "Order | None":
        """The order whose number `text` is, as people write it; None if there is none (U2)."""
        number = order_number_of(text)
        return self.filter(number=number).first() if number else None

    def with_summary(self, day: date) -> Self:
        """Each with what `Order.state` reads as of `day` (UTC) and `gross`, looked up only for the rows of a page."""
        cancelled = Q(lines__purchase__status=PurchaseStatus.CANCELLED)
        runs = running(day, of="lines__purchase__")
        waiting = runs & Q(lines__purchase__key_state=KeyState.PENDING)
        reduced = Q(lines__quantity_cancelled__gt=0)
        return self.select_related("customer", "placed_by").annotate(
            line_count=_of_lines(Count("lines")),
            running_count=_of_lines(Count("lines", filter=runs)),
            cancelled_count=_of_lines(Count("lines", filter=cancelled)),
            reduced_count=_of_lines(Count("lines", filter=reduced)),
            waiting_count=_of_lines(Count("lines", filter=waiting)),
            gross=_of_lines(Sum("lines__gross")),
        )


def _of_lines(expression: models.Aggregate) -> models.Subquery:
    itself = Order.objects.order_by().filter(pk=models.OuterRef("pk"))
    return models.Subquery(itself.annotate(found=expression).values("found"))


class OrderState(models.TextChoices):
    """What has become of an order as a whole."""

    ACTIVE = "active", _("active")
    WAITING = "waiting", _("keys pending")
    PARTLY_CANCELLED = "partly_cancelled", _("partly cancelled")
    PARTLY_ENDED = "partly_ended", _("partly ended")
    CANCELLED = "cancelled", _("cancelled")
    ENDED = "ended", _("ended")

    @property
    def tone(self) -> str:
        """The colour of its badge."""
        return {OrderState.ACTIVE: "good", OrderState.WAITING: "waiting"}.get(self, "neutral")


class PaymentMethod(models.TextChoices):
    """How an order is paid; `orders.payment` has what each of them does (B3)."""

    ON_ACCOUNT = "on_account", _("on account")


class Order(models.Model):
    """Who bought what for whom. `number` is its one public id, in pages, invoices and API (B5)."""

    number = models.CharField(max_length=20, unique=True, default=new_order_number, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="orders")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="orders")
    customer_name = models.CharField(max_length=LONGEST_NAME, db_default="")  # as it was then: invoices never change
    placed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField()
    market = models.CharField(max_length=2)
    currency = models.CharField(max_length=3)
    purchase_order_number = models.CharField(_("purchase order number"), max_length=50, blank=True)
    payment_method = models.CharField(
        _("payment"), max_length=20, choices=PaymentMethod.choices, default=PaymentMethod.ON_ACCOUNT
    )
    idempotency_key = models.UUIDField(default=uuid.uuid4)
    body_digest = models.CharField(max_length=64, editable=False)  # of what came with the key: a retry has the same

    # of an order that was fetched `with_summary`
    line_count: int
    running_count: int
    cancelled_count: int
    reduced_count: int
    waiting_count: int
    gross: Decimal

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

    @property
    def state(self) -> OrderState:
        """What has become of its lines; asked of an order that was fetched `with_summary`.

        While some of them run, one that was cancelled, or units of it, tells more than one whose term is over (B6, C8).
        """
        if not self.running_count:
            return OrderState.CANCELLED if self.cancelled_count == self.line_count else OrderState.ENDED
        if self.waiting_count:
            return OrderState.WAITING
        if self.reduced_count:
            return OrderState.PARTLY_CANCELLED
        return OrderState.ACTIVE if self.running_count == self.line_count else OrderState.PARTLY_ENDED

    def log_subject(self) -> dict[str, Any]:
        """What the activity log says of it."""
        return {**self.customer.log_subject(), "order_number": self.number}


def in_window(now: datetime) -> Q:
    """Lines whose purchase runs and whose window is open at `now`, by whichever way their policy has (C2)."""
    return running(utc_day(now), of="purchase__") & Q(window_closes_at__gt=now)


class OrderLineQuerySet(models.QuerySet["OrderLine"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(order__customer__in=Customer.objects.visible_to(user))

    def of(self, tenant_id: uuid.UUID, sku_id: uuid.UUID) -> Self:
        """Lines of one customer and SKU, newest first."""
        return self.filter(order__customer__tenant_id=tenant_id, purchase__sku__public_id=sku_id).order_by(
            "-order__placed_at", "-pk"
        )

    def window_open(self, now: datetime) -> Self:
        """Running lines that self-service can still cancel at `now`."""
        return self.filter(in_window(now), policy_version__policy=CancellationPolicy.SELF_SERVICE)

    def in_window(self, now: datetime) -> Self:
        """Running lines whose window is open at `now`, by whichever way their policy has, the first to close first."""
        return self.filter(in_window(now)).order_by("window_closes_at", "pk")

    def closing_soon(self, now: datetime) -> Self:
        """Those of them with at most seven days left, as days are counted: to the end of the last one (C2, C10)."""
        return self.in_window(now).filter(window_closes_at__lte=end_of_day(utc_day(now) + CLOSING_SOON))

    def in_calendar(self, now: datetime) -> Self:
        """Lines whose window has not closed at `now`, those that were cancelled in it too (C10)."""
        cancelled = Q(purchase__status=PurchaseStatus.CANCELLED, window_closes_at__gt=now)
        return self.filter(in_window(now) | cancelled).order_by("window_closes_at", "pk")

    def with_sale(self, now: datetime) -> Self:
        """Each with whether its customer's market could buy what is left of it again at `now`, for `renewal_of`."""
        left = models.OuterRef("quantity") - models.OuterRef("quantity_cancelled")
        place = {name: models.OuterRef(f"order__customer__{name}") for name in ("market", "currency")}
        prices = Price.objects.in_force(now).for_quantity(left).filter(sku=models.OuterRef("purchase__sku"), **place)
        restricted = MarketRestriction.objects.in_force(utc_day(now)).filter(market=place["market"])
        return self.annotate(is_priced=models.Exists(prices), market_is_restricted=models.Exists(restricted))

    def with_purchase(self) -> Self:
        return self.select_related("order__customer", "purchase__sku__product", "policy_version")

    def with_cancellations(self) -> Self:
        """With who cancelled units of it and the credits, where somebody did, and its support requests."""
        return self.prefetch_related("cancellations", "support_requests")

    def with_requests(self) -> Self:
        """With what support was asked about it: all that C4 looks up of a line that nothing was cancelled of."""
        return self.prefetch_related("support_requests")

    def with_refund_asked(self) -> Self:
        """Each with the number and the instant of its open refund request, in the same query."""
        itself = OrderLine.objects.order_by().filter(pk=models.OuterRef("pk"))
        asked = itself.filter(support_requests__problem="refund", support_requests__ended_at=None)
        return self.annotate(
            refund_number=models.Subquery(asked.values("support_requests__number")[:1]),
            refund_filed_at=models.Subquery(asked.values("support_requests__filed_at")[:1]),
        )


class OrderLine(models.Model):
    """One product of an order: price, tax and terms as they were, and what has been credited since (R3)."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    line_number = models.PositiveSmallIntegerField()
    purchase = models.OneToOneField(SoftwarePurchase, on_delete=models.PROTECT, related_name="order_line")
    product_title = models.CharField(max_length=200)
    sku_title = models.CharField(max_length=200)
    quantity = models.PositiveIntegerField()
    unit_price = AmountField()
    tax_name = models.CharField(max_length=50, blank=True)
    tax_rate = models.DecimalField(max_digits=7, decimal_places=5)
    tax_included = models.BooleanField()
    net = AmountField()
    tax = AmountField()
    gross = AmountField()
    policy_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    last_cancel_day = models.DateField(null=True)
    window_closes_at = models.DateTimeField(null=True)
    quantity_cancelled = models.PositiveIntegerField(default=0)
    credited_net = AmountField(default=Decimal(0))
    credited_tax = AmountField(default=Decimal(0))
    credited_gross = AmountField(default=Decimal(0))

    # of a line that was fetched `with_sale`
    is_priced: bool
    market_is_restricted: bool

    # of a line that was fetched `with_refund_asked`
    refund_number: str | None
    refund_filed_at: datetime | None

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
            models.CheckConstraint(  # what can never be cancelled has no window (C1)
                condition=Q(window_closes_at__isnull=False) | Q(quantity_cancelled=0, credited_gross=0),
                name="orders_line_never_stays",
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
    def quantity_left(self) -> int:
        """Units that were not cancelled (C8)."""
        return self.quantity - self.quantity_cancelled

    @property
    def last_cancellation(self) -> Any:
        """The latest cancellation of units of it; None where there was none."""
        done = list(self.cancellations.all())
        return done[-1] if done else None

    @property
    def open_refund(self) -> Any:
        """The request for a refund of it that support has not decided yet (S2); None where there is none."""
        return next((asked for asked in self.support_requests.all() if asked.is_refund and asked.is_open), None)

    @property
    def refund_asked(self) -> tuple[str, datetime] | None:
        """The number of that request and when it was filed, as far as the line was fetched with them."""
        if "refund_number" not in self.__dict__:
            asked = self.open_refund
            return (asked.number, asked.filed_at) if asked else None
        return (self.refund_number, self.refund_filed_at) if self.refund_number and self.refund_filed_at else None

    @property
    def has_software(self) -> bool:
        """Whether there are keys or downloads to get for it (M1, C6)."""
        return self.purchase.is_active and self.purchase.sku.product.is_software

    @property
    def amounts(self) -> Amounts:
        return Amounts(self.net, self.tax, self.gross)

    @property
    def credited(self) -> Amounts:
        """What has been credited so far (R3)."""
        return Amounts(self.credited_net, self.credited_tax, self.credited_gross)

    @property
    def charged(self) -> Decimal:
        """What prorating starts from: gross where prices include tax, else net (R2)."""
        return self.amounts.base(included=self.tax_included)

    @property
    def tax_label(self) -> str:
        """Which tax at which rate it was charged with."""
        return tax_label(self.tax_name, self.tax_rate)

    def log_subject(self) -> dict[str, Any]:
        """What the activity log says of it."""
        return self.purchase.log_subject()
