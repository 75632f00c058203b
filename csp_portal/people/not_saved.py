"""What a form asked for when a colleague was faster, for who is shown the form as things are now."""

from typing import cast

from django import forms
from django.forms.boundfield import BoundField


def not_saved(asked: forms.Form, now: forms.Form) -> list[tuple[str, str]]:
    """Label and text of each field in which something else was asked for than there is now; the text may be empty."""
    texts = [(str(field.label), _text(asked[field.name]), _text(field)) for field in now.visible_fields()]
    return [(label, text) for label, text, held in texts if text != held]


def _text(field: BoundField) -> str:
    """What was ticked, by name; else what was typed, whatever the order of the lines."""
    if isinstance(field.field, forms.MultipleChoiceField):
        ticked, offered = set(map(str, field.value() or ())), cast("list[tuple[str, str]]", field.field.choices)
        return ", ".join(str(label) for value, label in offered if str(value) in ticked)
    return ", ".join(sorted(line.strip() for line in str(field.value() or "").splitlines() if line.strip()))
