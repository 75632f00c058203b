"""Credits: what a cancellation gives back, fixed with its cause (R1, R4)."""

from datetime import date
from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import F, Q

from csp_portal.accounts.models import User
from csp_portal.money import AmountField
from orders.billing.explanations import explain_credit
from orders.models import OrderLine
from software.tax import Amounts

LONGEST_LESS_REASON = 500  # characters


class CreditQuerySet(models.QuerySet["Credit"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(order_line__in=OrderLine.objects.visible_to(user))

    def unposted(self) -> Self:
        """Credits whose entry does not stand yet."""
        return self.filter(entry=None)

    def to_come(self) -> Self:
        """Credits that no closed month holds: to be posted, or posted to a month that is still open (R4)."""
        never_closed = Q(entry__account__closed_through=None)
        return self.filter(Q(entry=None) | never_closed | Q(entry__month__gt=F("entry__account__closed_through")))

    def with_line(self) -> Self:
        return self.select_related("order_line__order__customer", "order_line__purchase__sku__product")


class Credit(models.Model):
    """What a cancellation gives back for a line, fixed in its transaction with how it was computed (R1 to R4).

    `charged` is what the cancelled units were charged, the base of the credit (R3). What the line had been credited
    before stands here too: a line is credited once from each state that it was in. Where support granted less than R1
    gives, `formula` is what that had been, and `less_reason` why (S7); tax follows what was granted (R2).
    """

    append_only = True

    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="credits")
    fixed_at = models.DateTimeField()
    quantity = models.PositiveIntegerField()
    net = AmountField()
    tax = AmountField()
    gross = AmountField()
    charged = AmountField()
    units_before = models.PositiveIntegerField(default=0)
    net_before = AmountField(default=Decimal(0))
    tax_before = AmountField(default=Decimal(0))
    term_days = models.PositiveIntegerField(null=True)
    days_used = models.PositiveIntegerField(null=True)
    formula = AmountField(null=True)
    less_reason = models.TextField(max_length=LONGEST_LESS_REASON, blank=True, default="", db_default="")

    # of one that was fixed just now, under the account's lock: its invoice month
    month_fixed: date | None = None

    objects = CreditQuerySet.as_manager()

    class Meta:
        ordering = ("fixed_at", "pk")
        constraints = (
            models.CheckConstraint(condition=Q(gross=F("net") + F("tax")), name="billing_credit_adds_up"),
            models.CheckConstraint(condition=Q(net__gte=0, tax__gte=0), name="billing_credit_not_negative"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="billing_credit_of_units"),
            models.UniqueConstraint("order_line", "units_before", name="billing_credit_once_per_units"),
            models.CheckConstraint(
                condition=Q(term_days=None, days_used=None) | Q(days_used__lte=F("term_days")),
                name="billing_credit_days_within_term",
            ),
            models.CheckConstraint(  # the base is net or gross, and never below the net
                condition=Q(formula=None, less_reason="")
                | Q(formula__isnull=False, formula__gt=F("net")) & ~Q(less_reason=""),
                name="billing_credit_less_with_reason",
            ),
        )

    def __str__(self) -> str:
        return f"{self.order_line}: {self.gross}"

    @property
    def amounts(self) -> Amounts:
        return Amounts(self.net, self.tax, self.gross)

    @property
    def credited_before(self) -> Amounts:
        """What the line had been credited before."""
        return Amounts(self.net_before, self.tax_before, self.net_before + self.tax_before)

    @property
    def how_computed(self) -> list[str]:
        """How it came about, in sentences with its numbers (R5)."""
        return explain_credit(self.order_line, self)
