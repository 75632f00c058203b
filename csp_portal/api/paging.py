"""Pages of a list: by a continuation token (seek), or by an offset (partner-center-api.md, 1.6)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.utils.translation import gettext as _

from csp_portal.api.reasons import CONTINUATION_WRONG, INPUT_WRONG
from csp_portal.api.resources import link, resource
from csp_portal.errors import Refusal

HEADER = "MS-ContinuationToken"
MOST_DIGITS = 9  # of a size or an offset
_CHECK = 16  # bytes
Write = Callable[[Any], Any]


def seek_page(
    request: Any, rows: QuerySet[Any], by: Sequence[str], write: Write, *, path: str, usual: int = 500, most: int = 2000
) -> dict[str, Any]:
    """The page behind the token that came, in the order of the columns `by` (`-` before all of them: newest first).

    No row is skipped or told twice while others come: the token holds the last row's place. Raises Refusal.
    """
    size = asked_size(request.query, usual=usual, most=most)
    query = {name: value for name, value in request.query.items() if name not in ("size", "seekoperation")}
    token = request.headers.get(HEADER, "") if request.query.get("seekoperation", "").lower() == "next" else ""
    found = list(_behind(rows, by, _read(token, path, query)).order_by(*by)[: size + 1])
    items, links = found[:size], {"self": link(_uri(path, {**query, "size": size}))}
    members: dict[str, Any] = {"totalCount": len(items), "items": [write(row) for row in items]}
    if len(found) > size:
        members["continuationToken"] = _token(items[-1], by, path, query)
        next_uri = _uri(path, {**query, "size": size, "seekOperation": "Next"})
        links["next"] = link(next_uri, headers={HEADER: members["continuationToken"]})
    return resource("Collection", links=links, **members)


def offset_page(
    request: Any, rows: Any, write: Write, *, path: str, usual: int = 100, most: int = 500
) -> dict[str, Any]:
    """The page from `offset` on (zero-based). Raises Refusal."""
    size, offset = asked_size(request.query, usual=usual, most=most), asked_offset(request.query)
    query = {name: value for name, value in request.query.items() if name not in ("size", "offset")}
    found = list(rows[offset : offset + size + 1])
    links = {"self": link(_uri(path, {**query, "size": size, "offset": offset}))}
    if len(found) > size:
        links["next"] = link(_uri(path, {**query, "size": size, "offset": offset + size}))
    if offset:
        links["previous"] = link(_uri(path, {**query, "size": size, "offset": max(0, offset - size)}))
    items = [write(row) for row in found[:size]]
    return resource("Collection", totalCount=len(items), items=items, links=links)


def asked_size(query: Mapping[str, str], *, usual: int, most: int) -> int:
    """How many rows a page is to have; 0 asks for the usual ones. Raises Refusal."""
    return min(_number(query, "size") or usual, most)


def asked_offset(query: Mapping[str, str]) -> int:
    """How many rows come before the page. Raises Refusal."""
    return _number(query, "offset")


def _number(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "").strip()
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise Refusal(INPUT_WRONG, field=name, problem=_("It must be a whole number, 0 or more."))
    return int(text)


def _behind(rows: QuerySet[Any], by: Sequence[str], place: Sequence[Any] | None) -> QuerySet[Any]:
    """The rows behind a place; all of them at the beginning."""
    if place is None:
        return rows
    columns = Tuple(*(F(name.removeprefix("-")) for name in by))
    later: Any = (TupleLessThan if by[0].startswith("-") else TupleGreaterThan)(columns, tuple(place))
    return rows.filter(later)


def _token(row: Any, by: Sequence[str], path: str, query: Mapping[str, str]) -> str:
    """Opaque text for the place of a row in this list."""
    place = json.dumps([_written(getattr(row, name.removeprefix("-"))) for name in by]).encode()
    return base64.urlsafe_b64encode(_check(place, path, query) + place).decode()


def _read(token: str, path: str, query: Mapping[str, str]) -> list[Any] | None:
    """The place that a token stands for; None without one. Raises Refusal for one of another list, or none at all."""
    if not token:
        return None
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except ValueError:
        raise Refusal(CONTINUATION_WRONG) from None
    check, place = raw[:_CHECK], raw[_CHECK:]
    if not hmac.compare_digest(check, _check(place, path, query)):
        raise Refusal(CONTINUATION_WRONG)
    read: list[Any] = json.loads(place)
    return read


def _check(place: bytes, path: str, query: Mapping[str, str]) -> bytes:
    """Keyed, so that nobody makes a place of their own; over the list, so that the token fits no other one."""
    told = json.dumps([path, sorted(query.items())]).encode()
    return hmac.new(settings.SECRET_KEY.encode(), told + b"\0" + place, hashlib.sha256).digest()[:_CHECK]


def _written(value: Any) -> Any:
    return value if isinstance(value, int | str) else str(value)


def _uri(path: str, query: Mapping[str, Any]) -> str:
    return f"{path}?{urlencode(query)}" if query else path
