"""Invoices: an account's entries by month, numbered and final once they are issued (R5)."""

from decimal import Decimal
from typing import Any, Self

from django.db import models
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import User
from orders.billing import invoice_numbers
from orders.billing.models.accounts import Account
from orders.billing.models.entries import SUMMED, Entry, EntryKind, EntryQuerySet


class InvoiceState(models.TextChoices):
    """How far an invoice is on its way to being paid (R5, R6)."""

    CLOSED = "closed", _("closed, not issued")
    OPEN = "open", _("open")
    PARTLY_PAID = "partly_paid", _("partly paid")
    PAID = "paid", _("paid")
    NOTHING_TO_PAY = "nothing_to_pay", _("nothing to pay")

    @property
    def tone(self) -> str:
        """The colour of its badge."""
        tones = {InvoiceState.PAID: "good", InvoiceState.NOTHING_TO_PAY: "neutral"}
        return tones.get(self, "waiting")


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(account__partner_id=user.partner_id) if user.sees_whole_partner else self.none()

    def issued(self) -> Self:
        return self.exclude(number=None)

    def numbered(self, public_number: str) -> Self:
        """The invoice with a number such as G000123."""
        return self.filter(number=invoice_numbers.read(public_number))

    def with_totals(self) -> Self:
        """Each with `net`, `tax`, `gross` and `carried`, the sums of its entries, and `paid`, that of its payments.

        For `payable`, `open_amount` and `state` too.
        """
        of_invoice = Entry.objects.filter(account=models.OuterRef("account"), month=models.OuterRef("month"))
        itself = Invoice.objects.order_by().filter(pk=models.OuterRef("pk"))

        def total(name: str) -> Coalesce:
            summed = of_invoice.order_by().values("account").annotate(total=Sum(name)).values("total")
            return Coalesce(models.Subquery(summed), Decimal(0))

        received = itself.annotate(received=Sum("payments__amount")).values("received")
        paid = Coalesce(models.Subquery(received), Decimal(0))
        return self.annotate(**{name: total(name) for name in SUMMED}, paid=paid)


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
    paid: Decimal

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
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
        """Of an invoice that was fetched `with_totals`."""
        if self.number is None:
            return InvoiceState.CLOSED
        if not self.payable:
            return InvoiceState.NOTHING_TO_PAY
        if not self.paid:
            return InvoiceState.OPEN
        return InvoiceState.PARTLY_PAID if self.open_amount else InvoiceState.PAID

    @property
    def payable(self) -> Decimal:
        """What is to be paid: never less than nothing, for a negative total is carried to the next month (R5)."""
        return self.gross + self.carried

    @property
    def open_amount(self) -> Decimal:
        """What is still to be paid of it (R6)."""
        return self.payable - self.paid

    @property
    def carried_forward(self) -> Decimal:
        """What it came to below nothing, carried to the next month in the partner's favour (R5); one query."""
        return self.entries.filter(kind=EntryKind.CARRIED_FORWARD).totals()["carried"]

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
