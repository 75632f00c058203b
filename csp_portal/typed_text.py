"""A line of text as somebody typed or pasted it, made fit to keep. Pure: no Django."""

import unicodedata

# Signs that turn the text after them as well; right-to-left marks (U+200E, U+200F, U+061C) do not, and stay.
_TURNS_THE_TEXT_AROUND = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NEVER_KEPT = frozenset({"Cc", "Cs"})  # control characters, and halves of pairs, which no database takes


def one_line(text: str) -> str:
    """`text` without control characters, its white space evened out, composed (NFC); empty if nothing is to be seen."""
    kept = "".join(" " if _is_dropped(sign) else sign for sign in unicodedata.normalize("NFC", text))
    evened = " ".join(kept.split())
    return evened if any(sign.isprintable() and not sign.isspace() for sign in evened) else ""


def _is_dropped(sign: str) -> bool:
    return sign in _TURNS_THE_TEXT_AROUND or unicodedata.category(sign) in _NEVER_KEPT
