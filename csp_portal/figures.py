"""Figures of related rows as subqueries, for queries that tell of several kinds of rows at once."""

from typing import Any

from django.db.models import Aggregate, BigIntegerField, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce


def figure_of(rows: QuerySet[Any], figure: Aggregate) -> Subquery:
    """An aggregate of `rows` as a subquery: one row, whatever it finds."""
    grouped = rows.order_by().annotate(of_all=Value(1)).values("of_all")
    return Subquery(grouped.annotate(figure=figure).values("figure"))


def number_of(rows: QuerySet[Any], figure: Aggregate) -> Coalesce:
    """A count or a sum of `rows`; 0 where there are none."""
    return Coalesce(figure_of(rows, figure), 0, output_field=BigIntegerField())
