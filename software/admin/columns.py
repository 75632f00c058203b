"""Columns that several lists of the operator share."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Func, IntegerField, QuerySet
from django.utils import formats
from django.utils.translation import gettext as _

from csp_portal.pagination import MOST_ROWS_COUNTED


def capped_count(rows: QuerySet[Any]) -> Func:
    """How many `rows` belong to each row of the outer query; the counting stops where no list counts on (X4)."""
    some = rows.order_by().values("pk")[: MOST_ROWS_COUNTED + 1]
    return Func(ArraySubquery(some), function="cardinality", output_field=IntegerField())


def written_count(count: int) -> str:
    """The number, or that there are more than are counted."""
    if count > MOST_ROWS_COUNTED:
        return _("more than %(most)s") % {"most": formats.number_format(MOST_ROWS_COUNTED, force_grouping=True)}
    return formats.number_format(count, force_grouping=True)
