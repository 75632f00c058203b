"""What the operator sets for support: opening hours, holidays, targets, reply templates, thresholds (S5, S7).

Each change is recorded; what due times hang on has them worked out anew once it is committed.
"""

from datetime import date, time
from decimal import Decimal
from typing import Any

from celery import signature
from django.db import models, transaction

from activity.models import Action
from activity.services import Actor, SignedIn, record, refusals_recorded
from cancellations.support import reasons
from cancellations.support.merging import fields_left, merged
from cancellations.support.models import ApprovalThreshold, Holiday, OpeningSpan, ReplyTemplate, ResponseTarget
from cancellations.support.models.house import MIDNIGHT
from cancellations.support.replies import FIELDS
from csp_portal.accounts.permissions import require_housekeeper
from csp_portal.errors import Refusal
from software.services.advisory_locks import lock_in_transaction

HOUSE_LOCK = "support_house"
WORK_OUT_DUE_TIMES = "cancellations.support.tasks.work_out_due_times"
# What of it can be taken away; each impact keeps a target.
Removable = OpeningSpan | Holiday | ReplyTemplate | ApprovalThreshold


@refusals_recorded(Action.SUPPORT_HOUSE_REFUSED)
@transaction.atomic
def set_opening_span(
    pk: int | None, *, weekday: int, opens: time, closes: time, actor: Actor | SignedIn
) -> OpeningSpan:
    """Add hours to a weekday (no `pk`), or change them; none reach into others of that day (S5)."""
    _begin(actor)
    if closes <= opens and closes != MIDNIGHT:
        raise Refusal(reasons.SPAN_ENDS_BEFORE_START)
    for other in OpeningSpan.objects.filter(weekday=weekday).exclude(pk=pk or 0):
        if opens < (other.closes or time.max) and (closes == MIDNIGHT or other.opens < closes):
            raise Refusal(reasons.SPANS_OVERLAP, span=str(other))
    return _set(OpeningSpan, pk, {"weekday": weekday, "opens": opens, "closes": closes}, actor)


@refusals_recorded(Action.SUPPORT_HOUSE_REFUSED)
@transaction.atomic
def set_holiday(pk: int | None, *, day: date, name: str, actor: Actor | SignedIn) -> Holiday:
    """Add a day on which nobody works (no `pk`), or change it (S5)."""
    _begin(actor)
    _check_free(Holiday, pk, day=day)
    return _set(Holiday, pk, {"day": day, "name": name}, actor)


@refusals_recorded(Action.SUPPORT_HOUSE_REFUSED)
@transaction.atomic
def set_response_target(pk: int, *, hours: int, actor: Actor | SignedIn) -> ResponseTarget:
    """Change within how many business hours requests of an impact are due (S5)."""
    _begin(actor)
    if hours < 1:
        raise Refusal(reasons.TARGET_OF_NO_HOURS)
    return _set(ResponseTarget, pk, {"hours": hours}, actor)


@refusals_recorded(Action.SUPPORT_HOUSE_REFUSED)
@transaction.atomic
def set_reply_template(
    pk: int | None, *, name: str, language: str, text: str, actor: Actor | SignedIn
) -> ReplyTemplate:
    """Add words for replies (no `pk`), or change them; with fields that can be filled in, and no others (S5)."""
    _begin(actor)
    _check_free(ReplyTemplate, pk, name=name, language=language)
    if left := fields_left(merged(text, dict.fromkeys(FIELDS, "–"))):
        raise Refusal(reasons.TEMPLATE_FIELD_UNKNOWN, field=left[0].field)
    return _set(ReplyTemplate, pk, {"name": name, "language": language, "text": text}, actor)


@refusals_recorded(Action.SUPPORT_HOUSE_REFUSED)
@transaction.atomic
def set_approval_threshold(
    pk: int | None, *, currency: str, amount: Decimal, actor: Actor | SignedIn
) -> ApprovalThreshold:
    """Say above which gross credit in a currency a second agent must approve; else each needs two (S7)."""
    _begin(actor)
    _check_free(ApprovalThreshold, pk, currency=currency)
    if amount < 0:
        raise Refusal(reasons.THRESHOLD_BELOW_ZERO)
    return _set(ApprovalThreshold, pk, {"currency": currency, "amount": amount}, actor)


@refusals_recorded(Action.SUPPORT_HOUSE_REFUSED)
@transaction.atomic
def remove_setting(model: type[Removable], pk: int, *, actor: Actor | SignedIn) -> str:
    """Take away hours, a holiday, a template or a threshold; answers what it was. Raises DoesNotExist."""
    _begin(actor)
    row = model.objects.select_for_update().get(pk=pk)
    told = str(row)
    _record(row, {"removed": [told, None]}, actor)
    row.delete()
    _work_out_after(model)
    return told


def _begin(actor: Actor | SignedIn) -> None:
    """Let in a housekeeper, one at a time."""
    require_housekeeper(actor)
    lock_in_transaction(HOUSE_LOCK)


def _check_free(model: type[models.Model], pk: int | None, **values: Any) -> None:
    other = model._default_manager.filter(**values).exclude(pk=pk).first()
    if other is not None:
        raise Refusal(reasons.SET_ALREADY, setting=str(other))


def _set(model: type[Any], pk: int | None, values: dict[str, Any], actor: Actor | SignedIn) -> Any:
    """Add a row with `values`, or give them to the one that there is; what differs is recorded."""
    if pk is None:
        row = model.objects.create(**values)
        _record(row, {"added": [None, str(row)]}, actor)
        _work_out_after(model)
        return row
    row = model.objects.select_for_update().get(pk=pk)
    changes = {name: [getattr(row, name), value] for name, value in values.items() if getattr(row, name) != value}
    if changes:
        for name, (_before, after) in changes.items():
            setattr(row, name, after)
        row.save(update_fields=list(changes))
        _record(row, {name: [str(before), str(after)] for name, (before, after) in changes.items()}, actor)
        _work_out_after(model)
    return row


def _record(row: models.Model, changes: dict[str, Any], actor: Actor | SignedIn) -> None:
    details = {"what": row._meta.model_name, "id": row.pk, "name": str(row), "changes": changes}
    record(Action.SUPPORT_HOUSE_CHANGED, actor=actor, details=details)


def _work_out_after(model: type[models.Model]) -> None:
    """Have the due times worked out anew if they hang on what has changed; a nightly job does it in any case."""
    if model in (OpeningSpan, Holiday, ResponseTarget):
        transaction.on_commit(signature(WORK_OUT_DUE_TIMES).delay, robust=True)
