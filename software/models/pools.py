"""How full the key pools are, which lines wait for them, and which run low (M7, B5)."""

from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, Func, IntegerField, OuterRef, Q, QuerySet, Subquery

from csp_portal.calendar_utc import utc_day
from csp_portal.pagination import MOST_ROWS_COUNTED
from software.models.catalogue import KeyIssue, Price, Sku
from software.models.keys import KeyStatus, ProductKey
from software.models.purchases import SoftwarePurchase


def capped_count(rows: QuerySet[Any]) -> Func:
    """How many `rows` belong to each row of the outer query; the counting stops where no list counts on (X4)."""
    some = rows.order_by().values("pk")[: MOST_ROWS_COUNTED + 1]
    return Func(ArraySubquery(some), function="cardinality", output_field=IntegerField())


def with_pools(skus: QuerySet[Sku], day: date) -> QuerySet[Any]:
    """Each SKU with how many keys its pool has left, how many lines wait on `day` (UTC), and since when."""
    keys = ProductKey.objects.filter(sku=OuterRef("pk"), status=KeyStatus.AVAILABLE)
    pending = SoftwarePurchase.objects.keys_pending(day).filter(sku=OuterRef("pk"))
    since = Subquery(pending.values("purchased_at")[:1])
    return skus.annotate(left=capped_count(keys), waiting=capped_count(pending), since=since)


def low_pools(now: datetime) -> QuerySet[Any]:
    """Pools with fewer keys left than their mark, of SKUs that have been bought and are sold still."""
    return _pools(now).filter(_is_low(now))


def pools_to_fill(now: datetime) -> QuerySet[Any]:
    """Pools that lines wait for, those that wait longest first, and after them the ones that run low."""
    wanted = _pools(now).filter(Q(waiting__gt=0) | _is_low(now)).select_related("product")
    return wanted.order_by(F("since").asc(nulls_last=True), "left", "title", "pk")


def _pools(now: datetime) -> QuerySet[Any]:
    bought = SoftwarePurchase.objects.filter(sku=OuterRef("pk"))
    return with_pools(Sku.objects.filter(Exists(bought)).exclude(key_issue=KeyIssue.NONE), utc_day(now))


def _is_low(now: datetime) -> Q:
    on_sale = Price.objects.in_force(now).filter(sku=OuterRef("pk"))
    return Q(Exists(on_sale), left__lt=F("low_water"))
