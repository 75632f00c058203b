"""The form of signing in."""

from typing import Any

from allauth.account.forms import LoginForm

from csp_portal.text_errors import TEXT_ERRORS


class SignInForm(LoginForm):
    """django-allauth's form; what it cannot take is told in our words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages.update(TEXT_ERRORS)
