"""Purchases and the keys they get (B5)."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from activity.models import Action
from activity.services import Actor, SignedIn, record
from csp_portal.calendar_utc import term_end, utc_day
from csp_portal.jobs import for_each
from customers.models import Customer
from software.emails import tell_keys_ready
from software.models import KeyIssue, KeyState, KeyStatus, ProductKey, Sku, SoftwarePurchase

FILLER = Actor.system("fill_waiting_lines")


def create_purchase(*, customer: Customer, sku: Sku, quantity: int, now: datetime) -> SoftwarePurchase:
    """Make the purchase of one order line, its term starting today (UTC) (B5, B6); its keys wait to be allotted."""
    start = utc_day(now)
    waits = KeyIssue(sku.key_issue).keys_for(quantity) > 0
    return SoftwarePurchase.objects.create(
        customer=customer,
        sku=sku,
        quantity=quantity,
        key_state=KeyState.PENDING if waits else KeyState.NONE,
        purchased_at=now,
        term_start=start,
        term_end=term_end(start, sku.term),
    )


def lock_pools(sku_ids: Iterable[int]) -> None:
    """Hold the key pools of these SKUs until the transaction ends, so that nobody passes a line that waits (B5).

    How keys of these SKUs are issued stays as it is meanwhile. Always in one order, so that two who need the same
    pools do not hold each other up.
    """
    lock = "SELECT pg_advisory_xact_lock(hashtextextended('key_pool', sku)) FROM unnest(%s::bigint[]) AS sku"
    with connection.cursor() as cursor:
        cursor.execute(lock, [sorted(set(sku_ids))])


def allot_keys(purchase: SoftwarePurchase, *, actor: Actor | SignedIn, now: datetime) -> bool:
    """Give a pending purchase all its keys, or none; a new line waits behind older ones of its pool (B5).

    Runs in the caller's transaction, which holds the pool and has made or locked the purchase. Answers whether it has
    its keys.
    """
    needed = purchase.keys_needed
    if purchase.key_state != KeyState.PENDING or _older_line_waits(purchase, now):
        return False
    pool = ProductKey.objects.filter(sku=purchase.sku, status=KeyStatus.AVAILABLE).order_by("pk")
    keys = list(pool.select_for_update(skip_locked=True).values_list("pk", flat=True)[:needed])
    if len(keys) < needed:
        return False
    ProductKey.objects.filter(pk__in=keys).update(status=KeyStatus.ALLOTTED, purchase=purchase, allotted_at=now)
    purchase.key_state = KeyState.ALLOTTED
    purchase.save(update_fields=["key_state"])
    record(Action.KEYS_ALLOTTED, actor=actor, on=purchase, details={"keys": needed})
    return True


def _older_line_waits(purchase: SoftwarePurchase, now: datetime) -> bool:
    waiting = SoftwarePurchase.objects.keys_pending(utc_day(now)).filter(sku=purchase.sku).exclude(pk=purchase.pk)
    same_instant = Q(purchased_at=purchase.purchased_at, pk__lt=purchase.pk)
    return waiting.filter(Q(purchased_at__lt=purchase.purchased_at) | same_instant).exists()


@transaction.atomic
def fill_pending(sku_id: int, *, actor: Actor | SignedIn) -> int:
    """Give keys to the lines that wait for this SKU's pool, oldest first, until one cannot be filled (B5).

    So a large line at the front holds up smaller ones behind it. Answers how many were filled; their buyers are told.
    """
    now = timezone.now()
    lock_pools([sku_id])
    waiting = SoftwarePurchase.objects.keys_pending(utc_day(now)).filter(sku_id=sku_id)
    locked = list(waiting.select_for_update().values_list("pk", flat=True))
    filled = 0
    # Read after the locks: what was joined before may be stale, such as the units that are left of a line.
    for purchase in waiting.filter(pk__in=locked).for_log():
        if not allot_keys(purchase, actor=actor, now=now):
            break
        tell_keys_ready(purchase)
        filled += 1
    return filled


def fill_waiting_lines() -> int:
    """Serve every pool that lines wait for, each in its own transaction. Answers how many lines were filled."""
    waiting = SoftwarePurchase.objects.keys_pending(utc_day(timezone.now()))
    skus = waiting.order_by("sku_id").values_list("sku_id", flat=True).distinct()
    return for_each(list(skus), lambda sku_id: fill_pending(sku_id, actor=FILLER))
