"""The form of a cancellation."""

from typing import TypedDict

from django import forms


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
