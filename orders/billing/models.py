"""The partner's account: entries are the truth, invoices group them by month, no column holds a balance (R4, R5)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self

from django.db import models
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import Partner, User
from csp_portal.calendar_utc import add_months, month_of
from csp_portal.money import AmountField
from orders.billing import invoice_numbers
from orders.billing.explanations import Computation
from orders.models import OrderLine
from software.tax import Amounts


class AccountQuerySet(models.QuerySet["Account"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(partner_id=user.partner_id) if user.partner_id else self.none()


class Account(models.Model):
    """One per partner and currency: the row that posting and closing lock; it knows its last closed month.

    Without a credit limit nothing can be ordered in the currency (B3).
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="accounts")
    currency = models.CharField(max_length=3)
    credit_limit = AmountField(_("credit limit"), null=True, blank=True)
    closed_through = models.DateField(null=True, editable=False)

    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint("partner", "currency", name="billing_account_once"),
            models.CheckConstraint(
                condition=Q(closed_through=None) | Q(closed_through__day=1), name="billing_account_closed_is_month"
            ),
            models.CheckConstraint(
                condition=Q(credit_limit=None) | Q(credit_limit__gte=0), name="billing_account_limit_not_negative"
            ),
        )

    def __str__(self) -> str:
        return f"{self.partner} {self.currency}"

    def month_for(self, instant: datetime) -> date:
        """The month (its first day) that an entry of `instant` falls into: its UTC month, or, if that is closed, the
        first one that is not (R5). Ask only under the account's lock."""
        month = month_of(instant)
        if self.closed_through is None or month > self.closed_through:
            return month
        return add_months(self.closed_through, 1)


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
    """What a cancellation gives back for a line, fixed in its transaction with how it was computed (R1, R4)."""

    append_only = True

    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="credits")
    fixed_at = models.DateTimeField()
    quantity = models.PositiveIntegerField()
    net = AmountField()
    tax = AmountField()
    gross = AmountField()
    charged = AmountField()
    term_days = models.PositiveIntegerField(null=True)
    days_used = models.PositiveIntegerField(null=True)

    objects = CreditQuerySet.as_manager()

    class Meta:
        ordering = ("fixed_at", "pk")
        constraints = (
            models.CheckConstraint(condition=Q(gross=F("net") + F("tax")), name="billing_credit_adds_up"),
            models.CheckConstraint(condition=Q(net__gte=0, tax__gte=0), name="billing_credit_not_negative"),
            models.CheckConstraint(
                condition=Q(term_days=None, days_used=None) | Q(days_used__lte=F("term_days")),
                name="billing_credit_days_within_term",
            ),
        )

    def __str__(self) -> str:
        return f"{self.order_line}: {self.gross}"

    @property
    def amounts(self) -> Amounts:
        return Amounts(self.net, self.tax, self.gross)

    @property
    def how_computed(self) -> list[str]:
        """How it came about, in sentences with its numbers (R5)."""
        computation = Computation.of(
            self.order_line, self.amounts, charged=self.charged, term_days=self.term_days, days_used=self.days_used
        )
        return computation.sentences()


class EntryKind(models.TextChoices):
    CHARGE = "charge", _("charge")
    CREDIT = "credit", _("credit")
    CARRIED_FORWARD = "carried", _("carried forward")
    BROUGHT_FORWARD = "brought", _("brought forward")


SUMMED = ("net", "tax", "gross", "carried")  # the amounts of an entry, of which an invoice is the sum


class EntryQuerySet(models.QuerySet["Entry"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(account__partner_id=user.partner_id) if user.partner_id else self.none()

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
            "carried_from",
        )

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
        indexes = (models.Index("account", "month", name="billing_entry_by_month"),)

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


class InvoiceState(models.TextChoices):
    CLOSED = "closed", _("closed, not issued")
    ISSUED = "issued", _("issued")

    @property
    def tone(self) -> str:
        """The colour of its badge."""
        return "good" if self == InvoiceState.ISSUED else "waiting"


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(account__partner_id=user.partner_id) if user.partner_id else self.none()

    def issued(self) -> Self:
        return self.exclude(number=None)

    def numbered(self, public_number: str) -> Self:
        """The invoice with a number such as G000123."""
        return self.filter(number=invoice_numbers.read(public_number))

    def with_totals(self) -> Self:
        """Each with `net`, `tax`, `gross` and `carried`: the sums of its entries; for `payable` too."""
        of_invoice = Entry.objects.filter(account=models.OuterRef("account"), month=models.OuterRef("month"))

        def total(name: str) -> Coalesce:
            summed = of_invoice.order_by().values("account").annotate(total=Sum(name)).values("total")
            return Coalesce(models.Subquery(summed), Decimal(0))

        return self.annotate(**{name: total(name) for name in SUMMED})


class Invoice(models.Model):
    """A partner's closed month in one currency: its lines are the account's entries of that month (R5)."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="invoices")
    month = models.DateField()
    closed_at = models.DateTimeField()
    number = models.PositiveIntegerField(null=True, unique=True)
    issued_at = models.DateTimeField(null=True)
    issuer_name = models.CharField(max_length=200, blank=True)
    issuer_address = models.TextField(blank=True)
    issuer_tax_id = models.CharField(max_length=50, blank=True)
    bill_to_name = models.CharField(max_length=200, blank=True)
    bill_to_address = models.TextField(blank=True)
    bill_to_tax_id = models.CharField(max_length=50, blank=True)

    # of an invoice that was fetched `with_totals`
    net: Decimal
    tax: Decimal
    gross: Decimal
    carried: Decimal

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        ordering = ("-month", "account")
        constraints = (
            models.UniqueConstraint("account", "month", name="billing_invoice_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="billing_invoice_month_is_month"),
            models.CheckConstraint(
                condition=Q(number=None, issued_at=None) | Q(number__isnull=False, issued_at__isnull=False),
                name="billing_invoice_number_when_issued",
            ),
        )

    def __str__(self) -> str:
        return self.public_number

    def get_absolute_url(self) -> str:
        """By its number; until it has one, by month and currency."""
        if self.number is None:
            return reverse("billing:closed", args=[self.month, self.account.currency])
        return reverse("billing:invoice", args=[self.public_number])

    @property
    def csv_url(self) -> str:
        """Where its reconciliation file is; as the page, first by month and currency."""
        if self.number is None:
            return reverse("billing:closed_csv", args=[self.month, self.account.currency])
        return reverse("billing:invoice_csv", args=[self.public_number])

    @property
    def public_number(self) -> str:
        """The number on the invoice, such as G000123; empty until it is issued."""
        return "" if self.number is None else invoice_numbers.written(self.number)

    @property
    def state(self) -> InvoiceState:
        return InvoiceState.CLOSED if self.number is None else InvoiceState.ISSUED

    @property
    def payable(self) -> Decimal:
        """What is to be paid: never less than nothing, for a negative total is carried to the next month (R5)."""
        return self.gross + self.carried

    @property
    def entries(self) -> EntryQuerySet:
        return Entry.objects.filter(account_id=self.account_id, month=self.month)

    def log_subject(self) -> dict[str, Any]:
        """What the activity log says of it."""
        return {"partner_id": self.account.partner_id}


class InvoiceCounter(models.Model):
    """The last invoice number given; one row, locked while a number is taken, so that none is left out (R5)."""

    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(pk=1), name="billing_counter_single"),)

    def __str__(self) -> str:
        return str(self.last_number)
