"""Who approved a refund, and above which amount a second one must (S7)."""

from datetime import datetime
from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cancellations.models import Cancellation
from cancellations.support.models.requests import LONGEST_TEXT, SupportRequest
from csp_portal.accounts.models import User
from csp_portal.money import AmountField
from csp_portal.rounding import plain_amount
from orders.models import OrderLine

LONGEST_REASON = 500  # characters


class DenialReason(models.TextChoices):
    """Why a refund was denied, by a stable code."""

    SOFTWARE_USED = "software_used", _("The software was used")
    NOT_COVERED = "not_covered", _("The reason given is not covered by the cancellation policy")
    NOT_ENOUGH_FACTS = "not_enough_facts", _("What we asked for was not given")
    REFUNDED_ELSEWHERE = "refunded_elsewhere", _("It was credited in another way")
    REPEATED = "repeated", _("The same has been refunded to this customer before")
    OTHER = "other", _("Another reason")


class ApprovalThreshold(models.Model):
    """The gross credit in a currency above which a second agent must approve; without one every refund needs two."""

    currency = models.CharField(_("currency"), max_length=3, unique=True)
    amount = AmountField(_("amount"))

    class Meta:
        verbose_name = _("approval threshold")
        verbose_name_plural = _("approval thresholds")
        ordering = ("currency",)
        constraints = (models.CheckConstraint(condition=Q(amount__gte=0), name="support_threshold_not_negative"),)

    def __str__(self) -> str:
        return f"{self.currency} {plain_amount(self.amount, self.currency)}"


def needs_second(line: OrderLine, gross: Decimal) -> bool:
    """Whether a credit of `gross` of the line must be approved by two agents (S7).

    What was credited of the line before counts with it: in parts it would else need but one.
    """
    threshold = ApprovalThreshold.objects.filter(currency=line.order.currency).first()
    return threshold is None or line.credited_gross + gross > threshold.amount


class ApprovalQuerySet(models.QuerySet["Approval"]):
    def standing(self) -> Self:
        """Those that were not withdrawn."""
        return self.filter(withdrawn_at=None)


class Approval(models.Model):
    """What one agent, or two, approved of a refund request; with its cancellation once that is done (S7).

    `base` is what is credited, net or gross as the line is charged (R2); `formula_base` what R1 gives as of filing.
    """

    request = models.ForeignKey(SupportRequest, on_delete=models.PROTECT, related_name="approvals")
    filed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")  # who asked for it
    first_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    first_at = models.DateTimeField()
    needs_second = models.BooleanField()
    second_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    second_at = models.DateTimeField(null=True)
    quantity = models.PositiveIntegerField()
    base = AmountField()
    formula_base = AmountField()
    less_reason = models.TextField(max_length=LONGEST_REASON, blank=True)
    reply = models.TextField(max_length=LONGEST_TEXT, blank=True)
    withdrawn_at = models.DateTimeField(null=True)
    cancellation = models.OneToOneField(Cancellation, on_delete=models.PROTECT, null=True, related_name="approval")

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        ordering = ("first_at", "pk")
        constraints = (
            models.UniqueConstraint("request", condition=Q(withdrawn_at=None), name="support_approval_stands_once"),
            models.CheckConstraint(condition=~Q(first_by=F("filed_by")), name="support_approver_did_not_ask"),
            models.CheckConstraint(
                condition=Q(second_by=None) | ~Q(second_by=F("first_by")) & ~Q(second_by=F("filed_by")),
                name="support_second_approver_is_another",
            ),
            models.CheckConstraint(
                condition=Q(second_by=None, second_at=None) | Q(second_by__isnull=False, second_at__isnull=False),
                name="support_second_approval_has_instant",
            ),
            models.CheckConstraint(
                condition=Q(cancellation=None) | Q(needs_second=False) | Q(second_by__isnull=False),
                name="support_two_where_two_are_needed",
            ),
            models.CheckConstraint(
                condition=Q(cancellation=None) | Q(withdrawn_at=None), name="support_done_is_not_withdrawn"
            ),
            models.CheckConstraint(
                condition=Q(base=F("formula_base")) | Q(base__gte=0, base__lt=F("formula_base")) & ~Q(less_reason=""),
                name="support_less_only_with_a_reason",
            ),
        )

    def __str__(self) -> str:
        return f"{self.request_id}: {self.base}"

    @property
    def approved_at(self) -> datetime:
        """When the last of those who must had approved."""
        return self.second_at or self.first_at
