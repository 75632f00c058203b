"""What is written about a request that stands; the services judge it (S4)."""

from typing import TypedDict
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _


class Sent(TypedDict):
    """What came with a partner's reply."""

    text: str
    draft_id: UUID | None


class Written(forms.Form):
    """A text for the other side."""

    text = forms.CharField(label=_("Your reply"), required=False, widget=forms.Textarea({"rows": 5}))

    @property
    def written(self) -> str:
        """The words as they were sent, for the service to judge."""
        return self.data.get(self.add_prefix("text"), "")


class ReplyForm(Written):
    """A partner's reply, with the draft that holds its files."""

    draft = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def sent(self) -> Sent:
        """Both fields; a draft that cannot be read is none."""
        self.is_valid()
        return {"text": self.written, "draft_id": self.cleaned_data.get("draft")}


class AnswerForm(Written):
    """A support agent's reply or question."""

    template = forms.CharField(required=False)
