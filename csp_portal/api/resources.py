"""How resources are written: links, attributes, collections, instants and amounts (partner-center-api.md, 1.5)."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from babel.numbers import get_currency_symbol

NO_DATE = "0001-01-01T00:00:00"


def link(uri: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A link; `uri` is relative to `/v1`, without it (the Java SDK puts it in front)."""
    told = [{"key": key, "value": value} for key, value in (headers or {}).items()]
    return {"uri": uri, "method": method, "headers": told}


def instant(when: datetime | None) -> str | None:
    """An instant in UTC, as `2020-02-03T10:11:12.123456Z`."""
    return when.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z" if when else None


def instant_or_none(when: datetime | None) -> str:
    """The same where clients need a date: none is the first instant of all."""
    return instant(when) or NO_DATE


def day(when: date | None) -> str | None:
    """The first instant of a day in UTC."""
    return f"{when.isoformat()}T00:00:00Z" if when else None


def symbol_of(currency: str) -> str:
    """`$` for USD: as English has it, so that it is the same for every client."""
    symbol: str = get_currency_symbol(currency, locale="en_US")
    return symbol


def resource(kind: str, /, etag: str | None = None, **members: Any) -> dict[str, Any]:
    """A resource of a kind: what it has, without what is None, and its attributes."""
    told = {name: value for name, value in members.items() if value is not None}
    return {**told, "attributes": {**({"etag": etag} if etag else {}), "objectType": kind}}


def collection(items: Iterable[Any], self_uri: str | None = None, **more: Any) -> dict[str, Any]:
    """All there is, in one page."""
    listed = list(items)
    links = {"self": link(self_uri)} if self_uri else {}
    return resource("Collection", totalCount=len(listed), items=listed, links=links, **more)
