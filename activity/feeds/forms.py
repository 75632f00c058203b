"""What a Global admin says of a feed."""

from django import forms
from django.utils.translation import gettext_lazy as _

from activity.feeds.models import LONGEST_NAME, LONGEST_URL, Wanted
from csp_portal.text_errors import NO_SUCH_CHOICE, TEXT_ERRORS


class TokenForm(forms.Form):
    """The name of a collector."""

    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_NAME,
        error_messages={**TEXT_ERRORS, "required": _("Name the program that will read with it.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
        help_text=_("Of the program that will read with it. The log names it so."),
    )


class WebhookForm(forms.Form):
    """Where a webhook is sent, and what."""

    url = forms.CharField(
        label=_("Address"),
        max_length=LONGEST_URL,
        error_messages={**TEXT_ERRORS, "required": _("Give the address of the receiver.")},
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
        help_text=_("By https, on the public internet. It is shown to Global admins only."),
    )
    wanted = forms.TypedChoiceField(
        label=_("Rows"), choices=Wanted.choices, coerce=Wanted, error_messages=NO_SUCH_CHOICE
    )


class SwitchForm(forms.Form):
    """Whether a webhook is to be on."""

    on = forms.TypedChoiceField(choices=[("yes", "yes"), ("no", "no")], coerce=lambda word: word == "yes")


class ReplayForm(forms.Form):
    """The delivery that is to be sent again."""

    sequence = forms.IntegerField(min_value=1, max_value=2**62)
