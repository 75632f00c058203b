"""Versions of what can be changed: who saves a page, or calls with `If-Match`, names the one that they saw."""

import hashlib

LENGTH = 16  # hexadecimal signs


def version_of(state: object) -> str:
    """A text that is another one for each other state; `state` is of built-in types, whose `repr` says all of them."""
    return hashlib.sha256(repr(state).encode()).hexdigest()[:LENGTH]
