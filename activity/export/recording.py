"""Every export is logged before its first byte leaves the database (A3)."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from activity.models import Action, ExportFormat
from activity.services import Actor, record, refusals_recorded
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, require


@transaction.atomic
def record_export(query: dict[str, str], file_format: ExportFormat, *, actor: Actor, partners: Iterable[Any]) -> None:
    """Log that a job or command exports rows of these partners: in the chain of each, the operator's for None."""
    for partner in partners:
        record(Action.LOG_EXPORTED, actor=actor, partner=partner, details={**query, "format": file_format.value})


@refusals_recorded(Action.LOG_EXPORT_REFUSED)
@transaction.atomic
def begin_export(query: dict[str, str], file_format: ExportFormat, *, actor: User) -> None:
    """Log that a user gets a file at once. Raises Refusal for the role."""
    require(actor, Permission.EXPORT_ACTIVITY)
    record(Action.LOG_EXPORTED, actor=actor, details={**query, "format": file_format.value})
