"""A line of text as somebody typed or pasted it, made fit to keep. Pure: no Django."""

import re
import unicodedata

_NEVER_KEPT = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # control characters
    "\ud800-\udfff"  # halves of pairs, which no database takes
    # Signs that turn the text after them as well; right-to-left marks (U+200E, U+200F, U+061C) do not, and stay.
    "\u202a-\u202e\u2066-\u2069]"
)


def one_line(text: str) -> str:
    """`text` without control characters, its white space evened out, composed (NFC); empty if nothing is to be seen."""
    evened = " ".join(_NEVER_KEPT.sub(" ", unicodedata.normalize("NFC", text)).split())
    return evened if any(sign.isprintable() and not sign.isspace() for sign in evened) else ""
