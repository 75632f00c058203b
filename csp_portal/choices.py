"""What a field of a form offers, where that is known only when the form is made."""

from collections.abc import Iterable
from typing import Any

from django import forms


def offer(form: forms.Form, name: str, choices: Iterable[tuple[Any, Any]]) -> None:
    """Let the choice field `name` of `form` offer `choices`, and take no other."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = [*choices]
