"""Cancellations that were confirmed (C6)."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import User
from csp_portal.errors import Text
from orders.billing.models import Credit
from orders.models import OrderLine


class CancellationManager(models.Manager["Cancellation"]):
    """A cancellation is never shown without who did it and asked for it, its credit, and the entry once it stands.

    Its certificate comes with it, but for the text of it.
    """

    def get_queryset(self) -> models.QuerySet["Cancellation"]:
        names = ("cancelled_by", "filed_by", "credit__entry", "certificate")
        return super().get_queryset().select_related(*names).defer("certificate__document")


class Cancellation(models.Model):
    """Units of a line cancelled, or all of them: by whom, under which Important message, with which credit (C6, C8).

    Who cancels accepts the duty to uninstall. Where support approved a request, who filed it did, when it was filed;
    that is the instant of its amounts too (S7).
    """

    append_only = True

    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="cancellations")
    credit = models.OneToOneField(Credit, on_delete=models.PROTECT, related_name="cancellation")
    cancelled_at = models.DateTimeField()
    cancelled_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    filed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")  # null: self-service
    quoted_at = models.DateTimeField()
    notice_version = models.PositiveSmallIntegerField(_("version of the Important message"))
    keys_revoked = models.PositiveIntegerField()
    links_revoked = models.PositiveIntegerField()

    objects = CancellationManager()

    class Meta:
        ordering = ("cancelled_at", "pk")

    def __str__(self) -> str:
        return f"{self.order_line}: {self.cancelled_at:%Y-%m-%d}"

    @property
    def canceller(self) -> Text:
        """Who cancelled, as a partner is told: of the operator's staff none is named."""
        return _("support") if self.filed_by else self.cancelled_by.email

    @property
    def accepted_by(self) -> User:
        """Who accepted the duty to uninstall (C3)."""
        return self.filed_by or self.cancelled_by

    @property
    def accepted_at(self) -> datetime:
        """When they did."""
        return self.quoted_at if self.filed_by else self.cancelled_at

    @property
    def certificate_url(self) -> str:
        """Where its certificate is; empty until it has one: until a job has made up for a release that made none."""
        certificate = getattr(self, "certificate", None)
        return certificate.get_absolute_url() if certificate else ""

    @property
    def quantity(self) -> int:
        """Units that it cancelled."""
        return self.credit.quantity

    @property
    def left(self) -> int:
        """Units that it left to the customer."""
        return self.order_line.quantity - self.credit.units_before - self.credit.quantity
