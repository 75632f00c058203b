"""Pages of a list. No list counts its rows beyond 10,000 (X4)."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

MOST_ROWS_COUNTED = 10_000
ROWS_PER_PAGE = 25


class CappedPaginator(Paginator):
    """A paginator whose count stops at MOST_ROWS_COUNTED; what lies beyond is found by a narrower search."""

    @cached_property
    def _counted(self) -> int:
        """Rows there are, at most one more than is counted; one query that reads no further than that."""
        if isinstance(self.object_list, QuerySet):
            return self.object_list.order_by()[: MOST_ROWS_COUNTED + 1].count()
        return len(self.object_list[: MOST_ROWS_COUNTED + 1])

    @cached_property
    def count(self) -> int:
        return min(self._counted, MOST_ROWS_COUNTED)

    @property
    def is_capped(self) -> bool:
        """Whether there are more rows than are counted and shown."""
        return self._counted > MOST_ROWS_COUNTED


def page_of(
    request: HttpRequest,
    rows: Any,
    per_page: int = ROWS_PER_PAGE,
    *,
    complete: Callable[[Any], Any] | None = None,
) -> "Page[Any]":
    """The page of `rows` that `?page=` asks for; the nearest one where there is no such page. Two queries.

    `complete` adds to a queryset what is looked up row by row: only for the rows shown, not for those before them,
    through which the database counts its way.
    """
    page = CappedPaginator(rows, per_page).get_page(request.GET.get("page"))
    if complete is not None:
        shown: Any = page.object_list  # a slice of `rows`
        page.object_list = complete(rows.filter(pk__in=shown.values("pk")))
    return page
