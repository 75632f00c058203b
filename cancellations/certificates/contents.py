"""What stands in a certificate, by the schema of docs/certificate.md, and how it is written and read again (C9)."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

SCHEMA = "cancellation-certificate"
VERSION = 1  # of the schema; what is made by another one stays as it is

_AMOUNTS = frozenset({"net", "tax", "gross", "charged"})
_DAYS = frozenset({"last_day"})
_MONTHS = frozenset({"invoice_month"})


def written(contents: dict[str, Any]) -> str:
    """The one text of these contents: JSON by RFC 8785, for they hold texts, whole numbers, true, false and null."""
    return json.dumps(contents, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def instant(when: datetime | None) -> str | None:
    """`2020-02-02T12:00:00.000000Z`: always in UTC, always as long."""
    return None if when is None else f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def read(document: str) -> dict[str, Any]:
    """The contents of a certificate's text, with instants, days, months and amounts as such, known by their names."""
    contents: dict[str, Any] = json.loads(document, object_hook=_typed)
    return contents


def _typed(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(name, fact) for name, fact in facts.items()}


def _value(name: str, fact: Any) -> Any:
    if not isinstance(fact, str):
        return fact
    if name.endswith("_at"):
        return datetime.fromisoformat(fact)
    if name in _DAYS:
        return date.fromisoformat(fact)
    if name in _MONTHS:
        return date.fromisoformat(f"{fact}-01")
    return Decimal(fact) if name in _AMOUNTS else fact
