"""The parameter `filter`: one JSON object, in the .NET SDK's dialect or in Java's (partner-center-api.md, 1.7)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from csp_portal.api.folding import NotText, TooDeep, folded, squashed
from csp_portal.api.reasons import FILTER_WRONG
from csp_portal.errors import Refusal


@dataclass(frozen=True)
class Filter:
    """A field, how it is compared, and with what; the field and the operator as the endpoint names them."""

    field: str
    operator: str
    value: str


def filter_of(text: str, fields: Mapping[str, Sequence[str]]) -> Filter | None:
    """What the parameter asks for, by the fields of a list and the operators that each takes; None where it is empty.

    Raises Refusal.
    """
    if not text.strip():
        return None
    given = _parsed(text, fields)
    field = _named(str(given.get("field", "")), fields)
    operator = _named(str(given.get("operator", "")), fields.get(field, ())) if field else ""
    value = given.get("value")
    if not field:
        raise _wrong(f"no field {given.get('field')!r}", fields)
    if not operator:
        raise _wrong(f"{field} does not take the operator {given.get('operator')!r}", fields)
    if not isinstance(value, str | int) or not str(value).strip():
        raise _wrong(f"{field} has no value", fields)
    return Filter(field, operator, str(value).strip())


def _parsed(text: str, fields: Mapping[str, Sequence[str]]) -> dict[str, object]:
    try:
        given = folded(json.loads(text))
    except (ValueError, TooDeep, NotText, RecursionError):
        raise _wrong("it is no JSON object", fields) from None
    if not isinstance(given, dict):
        raise _wrong("it is no JSON object", fields)
    return given


def _named(given: str, names: Mapping[str, object] | Sequence[str]) -> str:
    return next((name for name in names if squashed(name) == squashed(given)), "")


def _wrong(problem: str, fields: Mapping[str, Sequence[str]]) -> Refusal:
    return Refusal(FILTER_WRONG, problem=problem, fields=", ".join(fields))
