"""Versions of cancellation policies: what has begun is followed by a new version, never rewritten (C1, B4)."""

from datetime import date

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from activity.models import Action
from activity.services import Actor, SignedIn, refusals_recorded
from csp_portal.accounts.permissions import require_housekeeper
from csp_portal.calendar_utc import utc_day
from csp_portal.errors import Refusal
from software import reasons
from software.models import MOST_WINDOW_DAYS, CancellationPolicy, PolicyVersion
from software.services.advisory_locks import lock_in_transaction
from software.services.catalogue import record_change

POLICIES_LOCK = "policy_versions"


@refusals_recorded(Action.CATALOGUE_CHANGE_REFUSED)
@transaction.atomic
def add_policy_version(
    *, policy: str, window_days: int | None, valid_from: date, actor: Actor | SignedIn
) -> PolicyVersion:
    """Give a policy new terms from a day (UTC) on, today or later, under its next number (C1).

    Of two versions that begin on one day the later number counts. Orders that stand keep the version they pinned; a
    review that was shown under the former one orders nothing and is shown anew (B4). Raises Refusal if the day is
    past, if *never* were to have a window or another policy none.
    """
    require_housekeeper(actor)
    _check_terms(CancellationPolicy(policy), window_days, valid_from)
    lock_in_transaction(POLICIES_LOCK)
    last: int = PolicyVersion.objects.filter(policy=policy).aggregate(last=Max("version", default=0))["last"]
    made = PolicyVersion.objects.create(policy=policy, version=last + 1, window_days=window_days, valid_from=valid_from)
    record_change(made, {"added": [None, _terms(made)]}, actor=actor)
    return made


@refusals_recorded(Action.CATALOGUE_CHANGE_REFUSED)
@transaction.atomic
def withdraw_policy_version(pk: int, *, actor: Actor | SignedIn) -> None:
    """Take a version back before its day (UTC) has come, when no order can have pinned it (C1); else raise Refusal."""
    require_housekeeper(actor)
    lock_in_transaction(POLICIES_LOCK)
    version = PolicyVersion.objects.select_for_update().get(pk=pk)
    refusal = refusal_to_withdraw(version)
    if refusal is not None:
        raise refusal
    record_change(version, {"withdrawn": [_terms(version), None]}, actor=actor)
    version.delete()


def refusal_to_withdraw(version: PolicyVersion) -> Refusal | None:
    """Why a version stays; None while its day is to come."""
    today = utc_day(timezone.now())
    if not version.has_begun(today):
        return None
    return Refusal(
        reasons.TERMS_COUNT_ALREADY,
        policy=version.get_policy_display(),
        version=version.version,
        valid_from=version.valid_from,
        today=today,
    )


def _check_terms(policy: CancellationPolicy, window_days: int | None, valid_from: date) -> None:
    today = utc_day(timezone.now())
    if valid_from < today:
        raise Refusal(reasons.TERMS_OF_THE_PAST, valid_from=valid_from, today=today)
    if policy.is_never:
        if window_days is not None:
            raise Refusal(reasons.NEVER_HAS_NO_WINDOW)
    elif window_days is None or not 0 <= window_days <= MOST_WINDOW_DAYS:
        raise Refusal(reasons.WINDOW_WANTED, policy=policy.label, limit=MOST_WINDOW_DAYS)


def _terms(version: PolicyVersion) -> dict[str, str | int | None]:
    return {"window_days": version.window_days, "valid_from": version.valid_from.isoformat()}
