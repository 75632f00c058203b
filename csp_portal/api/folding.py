"""Names in any case: keys of JSON at every depth, and of the query (the .NET SDK writes PascalCase)."""

from typing import Any

DEEPEST = 50  # levels of a body; no resource has ten


class TooDeep(ValueError):
    """A body is nested deeper than any resource is."""


class NotText(ValueError):
    """A text has a sign that no text has: zero, or half of a pair."""


def folded(value: Any, depth: int = 0) -> Any:
    """`value` with all names in lower case. Raises TooDeep and NotText."""
    if depth > DEEPEST:
        raise TooDeep
    if isinstance(value, dict):
        return {_sound(name).lower(): folded(each, depth + 1) for name, each in value.items()}
    if isinstance(value, list):
        return [folded(each, depth + 1) for each in value]
    return _sound(value) if isinstance(value, str) else value


def _sound(text: str) -> str:
    if "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise NotText
    return text


def squashed(text: str) -> str:
    """A word of an enumeration as it is compared: `one_time`, `OneTime` and `onetime` are the same."""
    return text.replace("_", "").replace("-", "").lower()
