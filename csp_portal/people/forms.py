"""Inviting, and giving roles."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.forms import EmailForm, NameField
from csp_portal.accounts.models import User, roles_of_side
from csp_portal.accounts.permissions import Role
from csp_portal.choices import offer
from csp_portal.day_field import DayField, keep_what_was_typed
from csp_portal.text_errors import NO_SUCH_CHOICE


class PersonForm(EmailForm):
    """Who is invited."""

    name = NameField(widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        email = self.fields["email"]
        email.help_text = _("The invitation is sent there, and the person signs in with it.")
        email.widget.attrs["autocomplete"] = "off"


class RoleChoice(forms.Form):
    """The roles of one side, with a last day for the one that can have it."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={**NO_SUCH_CHOICE, "required": _("Choose at least one role.")},
    )
    auditor_last_day = DayField(
        label=_("Last day as Auditor (UTC)"),
        required=False,
        help_text=_("After it the role stops by itself. Empty: it stays until somebody takes it away."),
    )

    def __init__(self, *args: Any, partner_id: int | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = roles_of_side(partner_id)
        offer(self, "roles", [(role.value, role.label) for role in offered])
        if Role.AUDITOR not in offered:
            del self.fields["auditor_last_day"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        keep_what_was_typed(self)
        return cleaned

    def chosen(self) -> dict[str, Any]:
        """What a valid form asks for, as the services take it."""
        return {**self.cleaned_data, "roles": [Role(role) for role in self.cleaned_data["roles"]]}


class InviteForm(RoleChoice, PersonForm):
    """Who is invited, and to which roles."""

    field_order = ("email", "name", "roles", "auditor_last_day")


class RolesForm(RoleChoice):
    """The roles of a user; `seen` are those that the page showed, which after a refusal are those of now."""

    seen = forms.MultipleChoiceField(choices=Role.choices, required=False, widget=forms.MultipleHiddenInput)

    def __init__(self, data: Any, *, person: User) -> None:
        held = {held.role: held.last_day for held in person.role_assignments.all()}
        initial = {"roles": list(held), "auditor_last_day": held.get(Role.AUDITOR)}
        super().__init__(data, partner_id=person.partner_id, initial=initial)

    def chosen(self) -> dict[str, Any]:
        """What a valid form asks for, as the service takes it."""
        return {**super().chosen(), "seen": [Role(role) for role in self.cleaned_data["seen"]]}
