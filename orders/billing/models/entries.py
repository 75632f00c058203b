"""Entries of an account: charges, credits, and what is carried from month to month (R4, R5)."""

from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import F, Q, Sum
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import User
from csp_portal.money import AmountField
from orders.billing.models.accounts import Account
from orders.billing.models.credits import Credit
from orders.models import OrderLine
from software.tax import Amounts


class EntryKind(models.TextChoices):
    CHARGE = "charge", _("charge")
    CREDIT = "credit", _("credit")
    CARRIED_FORWARD = "carried", _("carried forward")
    BROUGHT_FORWARD = "brought", _("brought forward")


SUMMED = ("net", "tax", "gross", "carried")  # the amounts of an entry, of which an invoice is the sum


class EntryQuerySet(models.QuerySet["Entry"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(account__partner_id=user.partner_id) if user.sees_whole_partner else self.none()

    def unbilled(self) -> Self:
        """Entries of months that are not closed."""
        return self.filter(Q(account__closed_through=None) | Q(month__gt=F("account__closed_through")))

    def of_orders(self) -> Self:
        """Charges and credits, without what is only carried from month to month."""
        return self.exclude(order_line=None)

    def carried(self) -> Self:
        """What is carried from or to another month."""
        return self.filter(order_line=None)

    def totals(self) -> dict[str, Decimal]:
        """Net, tax, gross and what is carried, of all of them."""
        sums = self.aggregate(**{name: Sum(name) for name in SUMMED})
        return {name: total or Decimal(0) for name, total in sums.items()}

    def with_causes(self) -> Self:
        """With the lines they charge or credit, who cancelled what is credited, and the month that was carried."""
        return self.select_related(
            "order_line__order__customer",
            "credit__order_line__order",
            "credit__cancellation__cancelled_by",
            "credit__cancellation__filed_by",
            "credit__cancellation__certificate",
            "carried_from",
        ).defer("credit__cancellation__certificate__document")

    def by_order(self) -> Self:
        """By month, then order by order, each line's charge before its credits."""
        return self.order_by(
            "month", "order_line__order__placed_at", "order_line__order", "order_line__line_number", "occurred_at", "pk"
        )


# What an entry of each kind is made of.
_OF_A_LINE = Q(order_line__isnull=False, carried_from=None, carried=0)
_CHARGE = _OF_A_LINE & Q(kind=EntryKind.CHARGE, credit=None, gross__gte=0)
_CREDIT = _OF_A_LINE & Q(kind=EntryKind.CREDIT, credit__isnull=False, gross__lte=0)
_OF_A_PAIR = Q(order_line=None, credit=None, carried_from__isnull=False, net=0, tax=0)
_CARRIED = _OF_A_PAIR & Q(kind=EntryKind.CARRIED_FORWARD, carried__gt=0)
_BROUGHT = _OF_A_PAIR & Q(kind=EntryKind.BROUGHT_FORWARD, carried__lt=0)


class Entry(models.Model):
    """One charge or credit on an account, append-only; `occurred_at` is the instant of its cause (R5).

    What a negative month carries to the next is a pair of entries of their own kinds: `carried` is +X on the old
    month and −X on the next. It is money to be paid, no supply: net, tax and gross of the pair are nothing, so that
    tax stays in the month in which it was charged or credited, and gross is net + tax everywhere. Payable is
    gross + carried.
    """

    append_only = True

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=10, choices=EntryKind.choices)
    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, null=True, related_name="entries")
    credit = models.OneToOneField(Credit, on_delete=models.PROTECT, null=True, related_name="entry")
    carried_from = models.ForeignKey("Invoice", on_delete=models.PROTECT, null=True, related_name="carry_entries")
    net = AmountField()
    tax = AmountField()
    gross = AmountField()
    carried = AmountField(default=Decimal(0))
    occurred_at = models.DateTimeField()
    month = models.DateField()
    posted_at = models.DateTimeField()

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering = ("occurred_at", "pk")
        constraints = (
            models.UniqueConstraint("order_line", condition=Q(credit=None), name="billing_charge_once_per_line"),
            models.UniqueConstraint("carried_from", "kind", name="billing_carry_once_per_invoice"),
            models.CheckConstraint(condition=Q(gross=F("net") + F("tax")), name="billing_entry_adds_up"),
            models.CheckConstraint(condition=Q(month__day=1), name="billing_entry_month_is_month"),
            models.CheckConstraint(condition=_CHARGE | _CREDIT | _CARRIED | _BROUGHT, name="billing_entry_by_kind"),
        )
        # With all that is summed, so that sums are read from the index alone.
        indexes = (models.Index(fields=["account", "month"], include=["kind", *SUMMED], name="billing_entry_sums"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.payable}"

    @property
    def amounts(self) -> Amounts:
        """With the sign that they have on the account: negative for a credit."""
        return Amounts(self.net, self.tax, self.gross)

    @property
    def payable(self) -> Decimal:
        """What it adds to what is to be paid."""
        return self.gross + self.carried

    @property
    def quantity(self) -> int | None:
        """Units charged, or credited; None where nothing of an order is."""
        if self.credit is not None:
            return self.credit.quantity
        return self.order_line.quantity if self.order_line else None
