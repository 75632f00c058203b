"""Cancellations that were confirmed (C6)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import User
from orders.billing.models import Credit
from orders.models import OrderLine


class Cancellation(models.Model):
    """One line cancelled: by whom, under which version of the Important message, with which credit."""

    append_only = True

    order_line = models.OneToOneField(OrderLine, on_delete=models.PROTECT, related_name="cancellation")
    credit = models.OneToOneField(Credit, on_delete=models.PROTECT, related_name="cancellation")
    cancelled_at = models.DateTimeField()
    cancelled_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    quoted_at = models.DateTimeField()
    notice_version = models.PositiveSmallIntegerField(_("version of the Important message"))
    keys_revoked = models.PositiveIntegerField()
    links_revoked = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.order_line}: {self.cancelled_at:%Y-%m-%d}"
