"""Filling the fields of a reply, such as `{{ customer }}`, and finding those that are left (S5). Pure: no Django."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

# What stands between two braces on each side, and braces that lack their other side.
_FIELD = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}|\{\{|\}\}")


@dataclass(frozen=True)
class Left:
    """A field that is still in a text: as it is written there, and in which line, counted from 1."""

    field: str
    line: int


def merged(text: str, values: Mapping[str, str]) -> str:
    """`text` with every field filled that has a value; the others stay as they are, for a person to see.

    What is filled in is not looked at again: a customer's name with braces in it stands as it is.
    """
    return _FIELD.sub(lambda found: values.get(found[1] or "") or found[0], text)


def fields_left(text: str) -> list[Left]:
    """Every field that `text` still has, unknown or without a value, in its order."""
    return [Left(found[0], text.count("\n", 0, found.start()) + 1) for found in _FIELD.finditer(text)]
