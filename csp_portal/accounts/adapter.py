"""How django-allauth behaves in the portal."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from activity.services import client_address
from csp_portal.accounts.sign_in_log import record_refused_sign_in


class AccountAdapter(DefaultAccountAdapter):
    """Sign-in with an account that somebody made for you; nobody makes their own."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("The e-mail address or the password is not right. Check both and try again."),
        "too_many_login_attempts": _("Too many failed sign-ins. Wait five minutes and try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address the log records too; whose address is unreadable share one limit."""
        return client_address.get() or "unknown"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse a sign-in beyond the limit, and log that too: most of an attack is what comes after it (A3)."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            record_refused_sign_in(sender=type(self), credentials=credentials)
            raise

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """None: a page that asks for the password again is not routed."""
        return []
