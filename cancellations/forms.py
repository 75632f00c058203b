"""The form of a cancellation."""

from django import forms


class CancellationForm(forms.Form):
    """The signed quote and the tick; the service judges both (C4)."""

    quote = forms.CharField(required=False)
    notice_accepted = forms.BooleanField(required=False)
