"""Telling the operator that a key pool runs low, once until it was filled (M7, B5)."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from csp_portal.calendar_utc import utc_day
from csp_portal.jobs import for_each
from software.emails import tell_pool_low
from software.models import Sku
from software.models.pools import low_pools, with_pools


def warn_of_low_pools() -> int:
    """Mail the operator of each pool that has fallen below its mark since it was filled last.

    Answers how many were told of.
    """
    now = timezone.now()
    _forget_filled(now)
    due = low_pools(now).filter(low_water_told_at=None).order_by("pk")
    return for_each(list(due.values_list("pk", flat=True)), _warn)


def _forget_filled(now: datetime) -> None:
    """What holds as many keys as its mark again will be told of again."""
    told = with_pools(Sku.objects.exclude(low_water_told_at=None), utc_day(now))
    filled = list(told.filter(left__gte=F("low_water")).values_list("pk", flat=True))
    Sku.objects.filter(pk__in=filled).update(low_water_told_at=None)


@transaction.atomic
def _warn(sku_pk: int) -> int:
    now = timezone.now()
    pool = low_pools(now).select_related("product").filter(pk=sku_pk).first()
    if pool is None or not Sku.objects.filter(pk=sku_pk, low_water_told_at=None).update(low_water_told_at=now):
        return 0
    tell_pool_low(pool, now)
    return 1
