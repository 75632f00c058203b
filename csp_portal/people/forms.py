"""Inviting, and giving roles."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.forms import EmailForm, NameField
from csp_portal.accounts.models import User, roles_of_side
from csp_portal.accounts.permissions import Role
from csp_portal.choices import offer
from csp_portal.people.scope_form import ScopeForm
from csp_portal.text_errors import NO_SUCH_CHOICE


class PersonForm(EmailForm):
    """Who is invited."""

    name = NameField(widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        email = self.fields["email"]
        email.help_text = _("The invitation is sent there, and the person signs in with it.")
        email.widget.attrs["autocomplete"] = "off"


class RoleChoice(ScopeForm):
    """The roles of the reader's side, with the limits of the one that can have some."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={**NO_SUCH_CHOICE, "required": _("Choose at least one role.")},
    )

    def __init__(self, data: QueryDict | None, *, reader: User, **kwargs: Any) -> None:
        super().__init__(data, reader=reader, **kwargs)
        offered = roles_of_side(reader.partner_id)
        offer(self, "roles", [(role.value, role.label) for role in offered])
        if Role.AUDITOR not in offered:
            self.drop_limits()

    def chosen(self) -> dict[str, Any]:
        """What a valid form asks for, as the services take it."""
        return {**self.limits, "roles": [Role(role) for role in self.cleaned_data["roles"]]}


class InviteForm(RoleChoice, PersonForm):
    """Who is invited, and to which roles."""

    field_order = ("email", "name", "roles", *ScopeForm.LIMITS)

    def chosen(self) -> dict[str, Any]:
        """What a valid form asks for, as the service takes it."""
        return {**super().chosen(), "email": self.cleaned_data["email"], "name": self.cleaned_data["name"]}


class RolesForm(RoleChoice):
    """The roles of a user; `seen` are the rights that the page showed, as long as it shows what was typed."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    field_order = ("roles", *ScopeForm.LIMITS)

    def __init__(self, data: QueryDict | None, *, person: User, reader: User) -> None:
        held = {held.role: held for held in person.role_assignments.all()}
        initial = {"roles": list(held), "seen": person.rights, **self.held_limits(held.get(Role.AUDITOR), reader)}
        super().__init__(data, reader=reader, initial=initial)

    def chosen(self) -> dict[str, Any]:
        """What a valid form asks for, as the service takes it."""
        return {**super().chosen(), "seen": self.cleaned_data["seen"]}
