"""Product keys as people paste them. Pure: no Django."""

import re

KEY_LENGTH = 25  # letters and digits: five groups of five
_BETWEEN = re.compile(r"[\s\-\u00ad\u2010-\u2015\u2212\u200b-\u200d\ufeff]+")  # spaces and hyphens of any kind
_SIGNS = re.compile(rf"[A-Z0-9]{{{KEY_LENGTH}}}")
_GROUPS = re.compile(r"(?<![A-Z0-9])[A-Z0-9]{5}(?:[^A-Z0-9]{1,5}[A-Z0-9]{5}){4}(?![A-Z0-9])")
# In one word, with a digit, for else it may be a name; and no part of an e-mail address or of something longer.
_RUN = re.compile(rf"(?<![A-Z0-9@._-])(?=[A-Z]*[0-9])[A-Z0-9]{{{KEY_LENGTH}}}(?![A-Z0-9@_-]|\.[A-Z0-9])")


def canonical_key(text: str) -> str:
    """`text` in capitals, without spaces and hyphens: what is hashed, so that they do not matter."""
    return _BETWEEN.sub("", text).upper()


def looks_like_key(text: str) -> bool:
    """Whether `text` could be a product key and nothing else.

    A name of 25 letters is no key: one in several words has a digit in it, or five words of five signs.
    """
    canonical, written = canonical_key(text), text.strip().upper()
    if not _SIGNS.fullmatch(canonical):
        return False
    return canonical == written or bool(_GROUPS.fullmatch(written)) or any(sign.isdigit() for sign in canonical)


def keys_in(text: str) -> list[str]:
    """The product keys that stand somewhere in `text`, in capitals without what is between their groups."""
    if looks_like_key(text):
        return [canonical_key(text)]
    found = [*_GROUPS.findall(text.upper()), *_RUN.findall(text.upper())]
    return list(dict.fromkeys(re.sub(r"[^A-Z0-9]", "", each) for each in found))


def holds_key(text: str) -> bool:
    """Whether a product key stands in `text`, so that it must stand in no address, history or log."""
    return bool(keys_in(text))
