"""Signing in, inviting, accepting an invitation, and giving roles."""

from typing import Any

from allauth.account.forms import LoginForm
from django import forms
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import NAME_LENGTH, User, roles_of_side
from csp_portal.accounts.permissions import Role
from csp_portal.choices import offer
from csp_portal.day_field import DayField, keep_what_was_typed
from csp_portal.text_errors import NO_SUCH_CHOICE, TEXT_ERRORS

EMAIL_LENGTH = 254  # characters, as the column has it
PASSWORD_LENGTH = 128  # characters at most: more is no safer, and long ones cost the server time


class SignInForm(LoginForm):
    """django-allauth's form; what it cannot take is told in our words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages.update(TEXT_ERRORS)


class NameField(forms.CharField):
    """A person's name, in any script."""

    def __init__(self, **kwargs: Any) -> None:
        messages = {**TEXT_ERRORS, "required": _("Give the person's name.")}
        widget = forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"})
        super().__init__(
            label=_("Name"), max_length=NAME_LENGTH, error_messages=messages, **{"widget": widget, **kwargs}
        )


class EmailForm(forms.Form):
    """An address of somebody's."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=EMAIL_LENGTH,
        error_messages={
            **TEXT_ERRORS,
            "required": _("Give an e-mail address."),
            "invalid": _("Write an e-mail address like this: anna@partner.example."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )


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


class NewPasswordForm(forms.Form):
    """A password that somebody chooses, written twice."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=PASSWORD_LENGTH,
        error_messages={**TEXT_ERRORS, "required": _("Choose a password.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 12 characters; several words are easier to remember than signs."),
    )
    password_again = forms.CharField(
        label=_("Password once more"),
        strip=False,
        max_length=PASSWORD_LENGTH,
        error_messages={**TEXT_ERRORS, "required": _("Write the password once more.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, second = cleaned.get("password"), cleaned.get("password_again")
        if first and second and first != second:
            self.add_error("password_again", _("The two passwords are not the same. Write both again."))
        return cleaned


class AcceptForm(NewPasswordForm):
    """Name and password of whoever was invited."""

    name = NameField()
    field_order = ("name", "password", "password_again")

    def chosen(self) -> dict[str, str]:
        """What a valid form asks for, as the service takes it."""
        return {"name": self.cleaned_data["name"], "password": self.cleaned_data["password"]}
