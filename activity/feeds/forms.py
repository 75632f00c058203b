"""What a Global admin says of a feed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from activity.feeds.models import LONGEST_NAME, LONGEST_URL, Wanted, Webhook
from activity.feeds.reasons import WEBHOOK_CHANGED_MEANWHILE
from csp_portal.errors import Refusal
from csp_portal.stale_forms import tell_what_stands
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


class WebhookChangeForm(WebhookForm):
    """The same of a webhook that stands; `seen` is the version of it that the page showed."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, webhook: Webhook) -> None:
        initial = {"url": webhook.url, "wanted": webhook.wanted, "seen": webhook.version}
        super().__init__(None if data is None else data.copy(), initial=initial)

    def refuse(self, refusal: Refusal, webhook: Webhook) -> None:
        """Tell why nothing was saved, with what stands there by now; what was typed stays and can be saved then."""
        self.add_error(None, refusal.form_error)
        if refusal.reason == WEBHOOK_CHANGED_MEANWHILE:
            shown = {"url": webhook.url, "wanted": webhook.get_wanted_display()}
            tell_what_stands(self, webhook, shown, version_in="seen")


class SwitchForm(forms.Form):
    """Whether a webhook is to be on."""

    on = forms.TypedChoiceField(choices=[("yes", "yes"), ("no", "no")], coerce=lambda word: word == "yes")


class ReplayForm(forms.Form):
    """The delivery that is to be sent again."""

    sequence = forms.IntegerField(min_value=1, max_value=2**62)
