"""A form's field for a day of the calendar."""

from datetime import date
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)  # of the calendar that the portal deals with

NO_SUCH_DAY = _("There is no such day. Write a day of the calendar like this: 2020-02-24.")
NO_DAY = _("Give a day.")


class DayField(forms.DateField):
    """A day written year first. The browser's own control would empty what is no day, so then it becomes a text."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})

    def __init__(self, **kwargs: Any) -> None:
        messages = {"invalid": NO_SUCH_DAY, "required": NO_DAY}
        super().__init__(input_formats=["%Y-%m-%d"], error_messages=messages, **kwargs)

    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value is not None and not FIRST_DAY <= value <= LAST_DAY:
            limits = {"first": date_format(FIRST_DAY, "DATE_FORMAT"), "last": date_format(LAST_DAY, "DATE_FORMAT")}
            raise forms.ValidationError(_("Choose a day from %(first)s to %(last)s."), params=limits, code="limits")


def keep_what_was_typed(form: forms.BaseForm) -> None:
    """Show days that were refused as texts; call it when the form has been cleaned."""
    for name in form.errors:
        field = form.fields.get(name)
        if isinstance(field, DayField):
            field.widget.input_type = "text"
