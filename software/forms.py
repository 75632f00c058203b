"""Forms about builds, keys and links."""

from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from csp_portal.key_text import holds_key
from csp_portal.territories import language_name
from csp_portal.text_errors import TEXT_ERRORS
from csp_portal.typed_text import one_line
from software.build_choice import FIELDS, BuildChoice
from software.models import LONGEST_LABEL


class SelectProductForm(forms.Form):
    """Select product: version, language, file type. `possible_only` offers what goes together, else everything."""

    sku = forms.UUIDField(widget=forms.HiddenInput)
    purchase = forms.UUIDField(widget=forms.HiddenInput)
    version = forms.ChoiceField(label=_("Version"))
    language = forms.ChoiceField(label=_("Language"))
    file_type = forms.ChoiceField(label=_("File type/OS"))

    def __init__(self, choice: BuildChoice, *, possible_only: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        values = choice.possible_values if possible_only else choice.all_values
        for name in FIELDS:
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # the three above
            field.choices = [(value, language_name(value) if name == "language" else value) for value in values(name)]
            field.initial = choice.asked.get(name)


class GetForm(forms.Form):
    """Get keys and downloads: which build, and the number of the grant that the page showed (K4)."""

    build = forms.UUIDField()
    grant = forms.IntegerField(min_value=0)


class LabelField(forms.CharField):
    """The label of a link, as it is kept: in one line."""

    def to_python(self, value: Any) -> str:
        return one_line(super().to_python(value) or "")

    def validate(self, value: str) -> None:
        super().validate(value)
        if holds_key(value):  # it would stand in the log and in mails (K2)
            raise forms.ValidationError(_("This is a product key. Choose another label; it is written down."))


class AnotherLinkForm(forms.Form):
    """Another link to a build, beside the one without a label (K4)."""

    @property
    def typed(self) -> str:
        """The label as it was typed, for an address to hold: what is longer than a browser sends is cut."""
        return self.data.get("label", "")[: LONGEST_LABEL * 2]

    build = forms.UUIDField(widget=forms.HiddenInput)
    label = LabelField(
        label=_("Label"),
        max_length=LONGEST_LABEL,
        help_text=_("Whom the link is for, such as a branch or a person. Only your organisation sees it."),
        error_messages={**TEXT_ERRORS, "required": _("Give the link a label: whom it is for.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class Address(models.TextChoices):
    """What becomes of a link's address when it is renewed."""

    KEEP = "keep", _("Keep the address: whoever has it can go on with it")
    REPLACE = "replace", _("Replace the address: the old one stops working at once")


class RenewForm(forms.Form):
    """Renew: the number of the grant that the page showed, and what becomes of the address (K4)."""

    grant = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    address = forms.ChoiceField(
        label=_("Address"), choices=Address.choices, initial=Address.KEEP, widget=forms.RadioSelect
    )
