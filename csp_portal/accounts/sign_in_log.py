"""Signing in and being refused leave a row in the activity log (A3)."""

from typing import Any

from django.contrib.auth.models import update_last_login
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.db import transaction

from activity.models import Action
from activity.services import Actor, record
from csp_portal.accounts.models import User


def connect() -> None:
    """Listen to Django's sign-in signals; when somebody signed in last is kept with the row that says so."""
    user_logged_in.disconnect(dispatch_uid="update_last_login")
    user_logged_in.connect(record_sign_in, dispatch_uid="activity-sign-in")
    user_login_failed.connect(record_refused_sign_in, dispatch_uid="activity-sign-in-refused")


@transaction.atomic
def record_sign_in(sender: object, user: User, **kwargs: Any) -> None:
    """Log who signed in, and keep when; who cannot be logged is not let in (A3)."""
    record(Action.SIGNED_IN, actor=user)
    update_last_login(type(user), user)


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
