"""Every export is logged before its first byte leaves the database (A3)."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from activity.models import Action, ExportFormat
from activity.services import Actor, SignedIn, record


@transaction.atomic
def record_export(
    query: dict[str, str], file_format: ExportFormat, *, actor: Actor | SignedIn, partners: Iterable[Any] = (None,)
) -> None:
    """Log that rows of these partners go out: a row in the chain of each, the operator's where there is none.

    A user's is the own partner's, which needs no naming.
    """
    for partner in partners:
        record(Action.LOG_EXPORTED, actor=actor, partner=partner, details={**query, "format": file_format.value})
