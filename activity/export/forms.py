"""In which form rows of the log are exported (A2)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from activity.models import ExportFormat
from csp_portal.text_errors import NO_SUCH_CHOICE


class ExportForm(forms.Form):
    format = forms.ChoiceField(
        label=_("Format"),
        choices=ExportFormat.choices,
        initial=ExportFormat.CSV,
        widget=forms.RadioSelect,
        error_messages={**NO_SUCH_CHOICE, "required": _("Choose a format.")},
    )

    @property
    def file_format(self) -> ExportFormat:
        """What a valid form asks for."""
        return ExportFormat(self.cleaned_data["format"])
