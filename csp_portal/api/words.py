"""Words of an enumeration that stand in a path or a query, in any of their spellings (partner-center-api.md, 0.1)."""

from collections.abc import Iterable

from csp_portal.api.folding import squashed
from csp_portal.api.reasons import WORD_UNKNOWN
from csp_portal.errors import Refusal

_LONGEST_TOLD = 50  # characters of what was given


def word_of(text: str, known: Iterable[str], *, field: str) -> str:
    """The one of `known` that `text` spells. Raises Refusal."""
    words = list(known)
    found = next((word for word in words if squashed(word) == squashed(text.strip())), None)
    if found is None:
        raise Refusal(WORD_UNKNOWN, field=field, given=text[:_LONGEST_TOLD], known=", ".join(words))
    return found
