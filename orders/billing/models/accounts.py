"""A partner's account in one currency: what it may owe, and which months of it are closed (B3, R5)."""

from datetime import date, datetime
from typing import Self

from django.db import models
from django.db.models import F, Max, Q
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import Partner, User
from csp_portal.calendar_utc import add_months, month_of
from csp_portal.money import AmountField


class AccountQuerySet(models.QuerySet["Account"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(partner_id=user.partner_id) if user.sees_whole_partner else self.none()

    def by_last_invoice(self) -> Self:
        """First the one with the newest issued invoice; those without one last, by currency."""
        newest = Max("invoices__issued_at")
        return self.annotate(newest=newest).order_by(F("newest").desc(nulls_last=True), "currency")


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

    def has_closed(self, month: date) -> bool:
        """Whether the month is closed: no entry falls into it any more (R5)."""
        return self.closed_through is not None and month <= self.closed_through

    def month_for(self, instant: datetime) -> date:
        """The month (its first day) that an entry of `instant` falls into: its UTC month, or, if that is closed, the
        first one that is not (R5). Ask only under the account's lock."""
        month = month_of(instant)
        if self.closed_through is None or month > self.closed_through:
            return month
        return add_months(self.closed_through, 1)
