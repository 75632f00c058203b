"""What the operator changes in the catalogue by hand; an import of prices never takes it back (M6)."""

from typing import Any

from django.db import transaction

from activity.models import Action
from activity.services import Actor, SignedIn, record, refusals_recorded
from csp_portal.accounts.permissions import require_housekeeper
from csp_portal.errors import Refusal
from software import reasons
from software.models import CancellationPolicy, KeyIssue, Kind, Product, Sku, SoftwarePurchase
from software.services.purchasing import lock_pools


@refusals_recorded(Action.CATALOGUE_CHANGE_REFUSED)
@transaction.atomic
def change_product(pk: int, *, family: str, actor: Actor | SignedIn) -> Product:
    """Put a product into another family (M1); title, publisher and kind are the price list's."""
    require_housekeeper(actor)
    product = Product.objects.select_for_update(of=("self",)).get(pk=pk)
    save_changes(product, {"family": family}, actor=actor)
    return product


@refusals_recorded(Action.CATALOGUE_CHANGE_REFUSED)
@transaction.atomic
def change_sku(
    pk: int,
    *,
    key_issue: str,
    cancellation_policy: str,
    hybrid_benefit: bool,
    cores_per_unit: int | None,
    low_water: int,
    actor: Actor | SignedIn,
) -> Sku:
    """Change what the import has proposed for a SKU, and when to tell that its pool runs low (M7).

    Orders that stand keep the policy they pinned (B4, C1).

    Raises Refusal if the kind of its product does not take a value, or if purchases stand on how its keys are issued.
    """
    require_housekeeper(actor)
    lock_pools([pk])  # so that an order which is being placed either stands or waits
    sku = Sku.objects.select_related("product").select_for_update(of=("self",)).get(pk=pk)
    _check_kind_takes(sku, KeyIssue(key_issue), CancellationPolicy(cancellation_policy), hybrid_benefit)
    _check_issue_may_become(sku, KeyIssue(key_issue))
    changes = {
        "key_issue": key_issue,
        "cancellation_policy": cancellation_policy,
        "hybrid_benefit": hybrid_benefit,
        "cores_per_unit": cores_per_unit,
        "low_water": low_water,
    }
    save_changes(sku, changes, actor=actor)
    return sku


def _check_kind_takes(sku: Sku, issue: KeyIssue, policy: CancellationPolicy, benefit: bool) -> None:
    kind = Kind(sku.product.kind)
    if issue != KeyIssue.NONE and not kind.is_software:
        raise Refusal(reasons.KIND_WITHOUT_KEYS, kind=kind.label)
    if policy not in kind.policies:
        raise Refusal(reasons.POLICY_NOT_OF_KIND, kind=kind.label, policy=policy.label)
    if benefit and kind != Kind.SUBSCRIPTION:
        raise Refusal(reasons.BENEFIT_OF_SUBSCRIPTIONS, kind=kind.label)


def _check_issue_may_become(sku: Sku, issue: KeyIssue) -> None:
    if issue != sku.key_issue and SoftwarePurchase.objects.filter(sku=sku).exists():
        raise Refusal(reasons.KEY_ISSUE_FIXED, sku=sku.title)


def save_changes(row: Any, values: dict[str, Any], *, actor: Actor | SignedIn) -> None:
    """Save those of `values` that differ and record each with what stood before; the caller has locked the row."""
    changes = {name: [getattr(row, name), value] for name, value in values.items() if getattr(row, name) != value}
    if not changes:
        return
    for name, (_before, after) in changes.items():
        setattr(row, name, after)
    row.save(update_fields=list(changes))
    record_change(row, {name: [str(before), str(after)] for name, (before, after) in changes.items()}, actor=actor)


def record_change(row: Any, changes: dict[str, Any], *, actor: Actor | SignedIn) -> None:
    """One row of the log for what was changed in the catalogue."""
    details = {"what": row._meta.model_name, "id": row.pk, "name": str(row), "changes": changes}
    record(Action.CATALOGUE_CHANGED, actor=actor, details=details)
