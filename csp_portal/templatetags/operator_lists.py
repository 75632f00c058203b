"""What the lists of the operator's site need beside Django's own tags."""

from collections.abc import Iterable, Iterator
from typing import Any

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

register = template.Library()


@register.filter
def labelled(cells: Iterable[str], headers: Iterable[dict[str, Any]]) -> Iterator[SafeString]:
    """Django's cells of a row, each with the head of its column, which stands beside it on a phone."""
    for cell, header in zip(cells, headers, strict=True):
        label = escape(capfirst(str(header["text"])))
        yield mark_safe(cell.replace("<td", f'<td data-label="{label}"', 1))  # noqa: S308  # Django's own HTML
