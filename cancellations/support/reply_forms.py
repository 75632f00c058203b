"""What is written about a request that stands; the services judge it (S4)."""

from typing import TypedDict
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from csp_portal.guids import guid_of


class Sent(TypedDict):
    """What came with a partner's reply."""

    text: str
    draft_id: UUID | None


class Written(forms.Form):
    """A text for the other side."""

    text = forms.CharField(label=_("Your reply"), widget=forms.Textarea({"rows": 5}))

    @property
    def written(self) -> str:
        """The words as they were sent, for the service to judge."""
        return self.data.get(self.add_prefix("text"), "")


class ReplyForm(Written):
    """A partner's reply, with the draft that holds its files: a new one, until the form has been sent."""

    draft = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=uuid4)

    @property
    def draft_id(self) -> UUID | None:
        """The draft that was sent; one that cannot be read is none."""
        return guid_of(self.data.get("draft", ""))

    def sent(self) -> Sent:
        """Both fields."""
        return {"text": self.written, "draft_id": self.draft_id}


class AnswerForm(Written):
    """A support agent's reply or question."""

    template = forms.CharField(required=False)
