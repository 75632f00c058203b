"""The forms with which a refund is decided; the services judge what comes with them (S7)."""

from decimal import Decimal
from typing import Any, Self

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from cancellations.support.models import DenialReason, SupportRequest
from cancellations.support.models.approvals import LONGEST_REASON
from cancellations.support.replies import templates_for
from cancellations.support.services.judging import Decision
from csp_portal.choices import offer
from csp_portal.rounding import quantum


class _Deciding(forms.Form):
    """The step that its reader saw last, and words for the partner, perhaps out of a template."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    template = forms.ChoiceField(label=_("Reply template"), required=False)
    reply = forms.CharField(label=_("Reply to the partner"), required=False, widget=forms.Textarea({"rows": 6}))

    @classmethod
    def of(cls, asked: SupportRequest, data: QueryDict | None = None, initial: dict[str, Any] | None = None) -> Self:
        """The form for a request, with the templates in its language."""
        form = cls(data, initial=initial)
        offered = [(str(template.pk), template.name) for template in templates_for(asked)]
        offer(form, "template", [("", "–"), *offered])
        return form

    def see(self, step: int) -> None:
        """Be of a later step, which its reader is being told of."""
        self.data = {**dict(self.data.items()), self.add_prefix("seen"): str(step)}

    def typed(self, name: str) -> str:
        """A field as it was sent."""
        return str(self.data.get(self.add_prefix(name), ""))


class ApprovalForm(_Deciding):
    """How much is granted, and why not all of it."""

    base = forms.DecimalField(label=_("Credit"), max_digits=18, decimal_places=4, min_value=Decimal(0))
    less_reason = forms.CharField(
        label=_("Why less than the formula gives"),
        required=False,
        max_length=LONGEST_REASON,
        help_text=_("The partner reads it on the invoice."),
    )
    field_order = ("seen", "base", "less_reason", "template", "reply")

    def limit(self, most: Decimal, currency: str, *, included: bool) -> None:
        """Label the amount as net or gross, with its currency, and name the most that can be granted."""
        field = self.fields["base"]
        names = {"currency": currency}
        field.label = (_("Credit, gross, in %(currency)s") if included else _("Credit, net, in %(currency)s")) % names
        step = quantum(currency)
        field.widget.attrs.update({"max": f"{most.quantize(step):f}", "step": f"{step:f}", "min": "0"})

    @property
    def base_typed(self) -> Decimal | None:
        """The amount that was sent, if it can be read."""
        self.is_valid()
        base: Decimal | None = self.cleaned_data.get("base")
        return base

    @property
    def decision(self) -> Decision:
        """What was sent, of a form that is valid."""
        return Decision(**{name: self.cleaned_data[name] for name in ("seen", "base", "less_reason", "reply")})


class DenialForm(_Deciding):
    """Why the refund is denied."""

    reason = forms.ChoiceField(label=_("Reason"), choices=DenialReason.choices, widget=forms.RadioSelect)
    field_order = ("seen", "reason", "template", "reply")
