"""Signing in and being refused leave a row in the activity log (A3)."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_login_failed

from activity.models import Action
from activity.services import Actor, record
from csp_portal.accounts.models import User


def connect() -> None:
    """Listen to Django's sign-in signals."""
    user_logged_in.connect(record_sign_in, dispatch_uid="activity-sign-in")
    user_login_failed.connect(record_refused_sign_in, dispatch_uid="activity-sign-in-refused")


def record_sign_in(sender: object, user: User, **kwargs: Any) -> None:
    record(Action.SIGNED_IN, actor=user)


def record_refused_sign_in(sender: object, credentials: dict[str, Any], **kwargs: Any) -> None:
    """Log the address that was tried, in the chain of its partner where there is such a user."""
    email = str(credentials.get("email") or credentials.get("username") or "")[:254]
    user = User.objects.filter(email__iexact=email).select_related("partner").first()
    record(
        Action.SIGN_IN_REFUSED,
        actor=Actor.visitor(),
        partner=user.partner if user else None,
        details={"email": email},
    )
