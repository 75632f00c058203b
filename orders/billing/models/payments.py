"""Payments received for issued invoices, and their reversals (R6)."""

import uuid
from decimal import Decimal
from typing import Any, Self

from django.db import models
from django.db.models import Q, Sum
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import User
from csp_portal.money import AmountField
from csp_portal.rounding import plain_amount
from orders.billing.models.accounts import Account
from orders.billing.models.invoices import Invoice

REFERENCE_LENGTH = 100  # characters


class PaymentState(models.TextChoices):
    """What has become of a payment."""

    POSTED = "posted", _("posted")
    REVERSED = "reversed", _("reversed")
    REVERSAL = "reversal", _("reversal")

    @property
    def tone(self) -> str:
        """The colour of its badge."""
        return "good" if self == PaymentState.POSTED else "neutral"


class PaymentQuerySet(models.QuerySet["Payment"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(account__partner_id=user.partner_id) if user.sees_whole_partner else self.none()

    def with_reference(self, *references: str) -> Self:
        """Those with one of these references, whatever their case."""
        wanted = [Lower(models.Value(reference)) for reference in references]
        return self.annotate(lower_reference=Lower("reference")).filter(lower_reference__in=wanted)

    def total(self) -> Decimal:
        """What was received, less what was reversed."""
        received: Decimal | None = self.aggregate(total=Sum("amount"))["total"]
        return received or Decimal(0)

    def with_names(self) -> Self:
        """With whose they are, what they pay, and what corrects them."""
        return self.select_related("account__partner", "invoice", "reverses", "reversal")


class Payment(models.Model):
    """Money received for an issued invoice, append-only (R6).

    A wrong one is corrected by a reversal, a row of its own with the negative amount, never by a change. The month is
    that of the day of receipt or, if that was closed meanwhile, the first one that is not: a statement stays as it was.
    """

    append_only = True

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="payments")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="payments", verbose_name=_("invoice"))
    amount = AmountField(_("amount"))
    received_on = models.DateField(_("received on"))
    month = models.DateField(editable=False)
    reference = models.CharField(_("reference"), max_length=REFERENCE_LENGTH)
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="reversal")
    posted_at = models.DateTimeField(_("posted"))
    posted_by = models.CharField(_("posted by"), max_length=254)  # the name of a user or a job, as in the log

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ("-received_on", "-pk")
        constraints = (
            models.UniqueConstraint(Lower("reference"), name="billing_payment_reference_once"),
            models.CheckConstraint(
                condition=Q(reverses=None, amount__gt=0) | Q(reverses__isnull=False, amount__lt=0),
                name="billing_payment_sign",
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="billing_payment_month_is_month"),
        )
        indexes = (
            models.Index(fields=["account", "month"], include=["amount"], name="billing_payment_by_month"),
            models.Index(fields=["invoice"], include=["amount"], name="billing_payment_by_invoice"),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def is_reversal(self) -> bool:
        return self.reverses_id is not None

    @property
    def reversed_by(self) -> "Payment | None":
        """The row that corrects it, where one does."""
        return getattr(self, "reversal", None)

    @property
    def state(self) -> "PaymentState":
        """Of a payment that was fetched `with_names`."""
        if self.is_reversal:
            return PaymentState.REVERSAL
        return PaymentState.REVERSED if self.reversed_by else PaymentState.POSTED

    def log_subject(self) -> dict[str, Any]:
        """What the activity log says of it."""
        details = {
            "invoice": self.invoice.public_number,
            "amount": plain_amount(self.amount, self.account.currency),
            "currency": self.account.currency,
            "received_on": self.received_on.isoformat(),
            "reference": self.reference,
        }
        if self.reverses is not None:
            details["reverses"] = self.reverses.reference
        return {"partner_id": self.account.partner_id, "details": details}
