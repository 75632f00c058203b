"""The monthly mail with the head of the log: what is noted outside the portal proves what stood in it (A5)."""

from datetime import date
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from activity.models import Seal
from activity.seals.program import PROGRAM_SHA256
from csp_portal.accounts.models import Partner, RoleAssignment, User
from csp_portal.accounts.permissions import Role
from csp_portal.calendar_utc import month_of
from csp_portal.jobs import for_each
from csp_portal.mail.addresses import site_address
from csp_portal.mail.models import Mail
from csp_portal.mail.services import queue_mail

TOLD = (Role.GLOBAL_ADMIN, Role.AUDITOR)


def mail_heads() -> int:
    """Mail each partner's head to its Global admins and Auditors, once in a month (UTC); answers how many were mailed.

    A chain without a seal has no head. What was missed while nothing ran is made up for in the same month.
    """
    now = timezone.now()
    return for_each(
        list(Partner.objects.order_by("pk").values_list("pk", flat=True)), partial(_mail_head, month_of(now))
    )


@transaction.atomic
def _mail_head(month: date, partner_id: int) -> int:
    seal = Seal.objects.head_of(partner_id)
    if seal is None:
        return 0
    cause = f"log_head:{month:%Y-%m}"
    users = [user for user in _told(partner_id) if not Mail.objects.filter(cause=f"{cause}:{user.email}").exists()]
    page = site_address(reverse("activity:log"))
    context: dict[str, Any] = {"seal": seal, "sealed_at": seal.sealed_at, "program": PROGRAM_SHA256, "page": page}
    for user in users:
        queue_mail(user.email, "log_head", cause=cause, **context)
    return len(users)


def _told(partner_id: int) -> QuerySet[User]:
    """The partner's Global admins and Auditors who can sign in today (UTC)."""
    held = RoleAssignment.objects.in_force(timezone.now().date()).filter(role__in=TOLD)
    return User.objects.filter(partner=partner_id, is_active=True, pk__in=held.values("user")).order_by("pk")
