"""Signing in, accepting an invitation, and choosing a password."""

from typing import Any

from allauth.account.forms import LoginForm
from django import forms
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import NAME_LENGTH
from csp_portal.text_errors import TEXT_ERRORS

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
