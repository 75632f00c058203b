"""The forms of a cancellation."""

import re
from typing import TypedDict

from django import forms

_UNITS = re.compile(r"[0-9]{1,9}")


class Sent(TypedDict):
    """What came with Submit."""

    quote: str
    notice_accepted: bool


class CancellationForm(forms.Form):
    """The signed quote and the tick; the service judges both (C4)."""

    quote = forms.CharField(required=False)
    notice_accepted = forms.BooleanField(required=False)

    def sent(self) -> Sent:
        """Both fields; what is missing or cannot be read is empty, for the service to refuse."""
        self.is_valid()
        return {
            "quote": self.cleaned_data.get("quote", ""),
            "notice_accepted": self.cleaned_data.get("notice_accepted", False),
        }


def units_in(text: str) -> int | None:
    """The number of units that was typed; None for nothing, 0 for what is no number, which no line has to cancel."""
    typed = text.strip()
    if not typed:
        return None
    return int(typed) if _UNITS.fullmatch(typed) else 0
