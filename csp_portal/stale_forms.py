"""Forms about something that was changed after they were shown."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _


def tell_what_stands(form: forms.Form, standing: Any, shown: Mapping[str, Any], *, version_in: str) -> None:
    """Say beside each field that asks for something else what stands there by now; what was typed stays.

    `shown` are the fields, each with the value of now as people read it. The hidden field `version_in` gets the version
    of now, so that the form can be saved as it is; its data must be a copy of what was sent.
    """
    form.data[version_in] = str(standing.version)  # type: ignore[index]  # a copy of what was sent
    for name, value in shown.items():
        if form.cleaned_data.get(name) != getattr(standing, name):
            form.add_error(name, _("Now: %(value)s") % {"value": value})
