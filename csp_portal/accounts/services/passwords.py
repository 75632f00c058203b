"""A new password for whoever has forgotten theirs: by a mail to the address of the account, once, for an hour (P3)."""

import hmac
from datetime import UTC, datetime
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from activity.models import Action, ActorKind
from activity.services import Actor, record, refusals_recorded
from csp_portal.accounts.models import RESET_INTERVAL, RESET_LIFETIME, User
from csp_portal.accounts.reasons import RESET_OVER
from csp_portal.errors import Refusal
from csp_portal.mail.services import queue_mail


@transaction.atomic
def request_password_reset(email: str) -> None:
    """Mail a way to a new password, if somebody signs in with `email`; whether, the caller is not told.

    One mail in RESET_INTERVAL, however often it is asked for.
    """
    now = timezone.now()
    user = User.objects.filter(email=email.lower(), is_active=True).first()
    if user is None:
        return
    sent = int(now.timestamp())
    path = reverse("choose_password", args=[user.public_id, sent, _state(user)])
    interval = sent // int(RESET_INTERVAL.total_seconds())
    cause = f"password:{user.public_id}:{interval}"
    queue_mail(
        user.email, "password_reset", cause=cause, signed_path=path, name=user.name, expires_at=now + RESET_LIFETIME
    )
    record(Action.PASSWORD_RESET_ASKED, actor=Actor(ActorKind.VISITOR, name=user.email), partner=user.partner)


def user_to_reset(user_id: UUID, sent: int, state: str) -> User:
    """The user for whom the address was mailed. Raises Refusal if it is over, User.DoesNotExist."""
    user: User = User.objects.get(public_id=user_id)
    _check(user, sent, state)
    return user


def reset_password(user_id: UUID, sent: int, state: str, *, password: str) -> User:
    """Give the user another password, which ends every session of theirs; an address does it once.

    Raises Refusal if the address is over, ValidationError if the password is too weak, User.DoesNotExist.
    """
    holder = Actor(ActorKind.VISITOR, name=User.objects.get(public_id=user_id).email)
    return _reset(user_id, sent, state, password=password, actor=holder)


@refusals_recorded(Action.SIGN_IN_REFUSED)
@transaction.atomic
def _reset(user_id: UUID, sent: int, state: str, *, password: str, actor: Actor) -> User:
    user: User = User.objects.select_for_update(of=("self",)).get(public_id=user_id)
    _check(user, sent, state)
    validate_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    record(Action.PASSWORD_CHANGED, actor=actor, partner=user.partner)
    return user


def _check(user: User, sent: int, state: str) -> None:
    over = timezone.now() >= datetime.fromtimestamp(sent, UTC) + RESET_LIFETIME
    if over or not user.is_active or not hmac.compare_digest(state, _state(user)):
        raise Refusal(RESET_OVER, on=user)


def _state(user: User) -> str:
    """What changes when the user gets another password, signs in, or has all sessions ended."""
    last_login = user.last_login.isoformat() if user.last_login else ""
    value = f"{user.public_id}:{user.password}:{user.sessions_ended}:{last_login}"
    return salted_hmac("csp_portal.accounts.password_reset", value, algorithm="sha256").hexdigest()[:32]
