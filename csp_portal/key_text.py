"""Product keys as people paste them. Pure: no Django."""

import re

KEY_LENGTH = 25  # letters and digits: five groups of five
_BETWEEN = re.compile(r"[\s\-\u00ad\u2010-\u2015\u2212\u200b-\u200d\ufeff]+")  # spaces and hyphens of any kind
_SIGNS = re.compile(rf"[A-Z0-9]{{{KEY_LENGTH}}}")
_GROUPS = re.compile(r"[A-Z0-9]{5}([^A-Z0-9]+[A-Z0-9]{5}){4}")


def canonical_key(text: str) -> str:
    """`text` in capitals, without spaces and hyphens: what is hashed, so that they do not matter."""
    return _BETWEEN.sub("", text).upper()


def looks_like_key(text: str) -> bool:
    """Whether `text` could be a product key, so that it must stand in no address, history or log.

    A name of 25 letters is no key: one in several words has a digit in it, or five words of five signs.
    """
    canonical, written = canonical_key(text), text.strip().upper()
    if not _SIGNS.fullmatch(canonical):
        return False
    return canonical == written or bool(_GROUPS.fullmatch(written)) or any(sign.isdigit() for sign in canonical)
