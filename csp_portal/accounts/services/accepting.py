"""Accepting an invitation: whoever was mailed its address becomes a user, once (P5)."""

from typing import Any
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.utils import timezone

from activity.models import Action, ActorKind
from activity.services import Actor, refusals_recorded
from csp_portal.accounts.models import Invitation, User
from csp_portal.accounts.permissions import Role
from csp_portal.accounts.reasons import INVITATION_EXPIRED, INVITATION_REVOKED, INVITATION_USED, INVITED_HAS_ACCOUNT
from csp_portal.accounts.services.users import create_user
from csp_portal.errors import Reason, Refusal


def usable_invitation(invitation_id: UUID) -> Invitation:
    """The invitation, if it can be accepted now. Raises Refusal with the reason, or Invitation.DoesNotExist."""
    invitation = Invitation.objects.with_parties().get(public_id=invitation_id)
    _check_usable(invitation)
    return invitation


def accept_invitation(invitation_id: UUID, *, name: str, password: str) -> User:
    """Make the user who was invited, with a verified address and the roles of the invitation; works once (P5).

    Raises Refusal if it was used, revoked or has expired, or if the address has an account by now;
    ValidationError if the password is too weak; Invitation.DoesNotExist.
    """
    email = Invitation.objects.get(public_id=invitation_id).email
    holder = Actor(ActorKind.VISITOR, name=email)
    return _accept(invitation_id, email, name=name, password=password, actor=holder)


@refusals_recorded(Action.INVITATION_REFUSED)
@transaction.atomic
def _accept(invitation_id: UUID, email: str, *, name: str, password: str, actor: Actor) -> User:
    now = timezone.now()
    invitation = _locked(invitation_id, email)
    _check_usable(invitation)
    validate_password(password, User(email=email, name=name))
    user = create_user(
        actor=actor,
        email=email,
        password=password,
        name=name,
        roles=[Role(role) for role in invitation.roles],
        partner=invitation.partner,
        auditor_last_day=invitation.auditor_last_day,
        auditor_scope=invitation.scope,
        invited_by=invitation.invited_by_name,
    )
    invitation.accepted_at = now
    invitation.save(update_fields=["accepted_at"])
    return user


def _locked(invitation_id: UUID, email: str) -> Invitation:
    """The invitation, locked with all others of its address: two partners' are accepted one after the other."""
    rows = Invitation.objects.with_parties().filter(email=email).order_by("pk").select_for_update(of=("self",))
    return next(row for row in rows if row.public_id == invitation_id)


def _check_usable(invitation: Invitation) -> None:
    """Refuse a dead invitation, and one whose address has come by an account in another way."""
    if invitation.accepted_at:
        raise _refusal(INVITATION_USED, invitation, when=invitation.accepted_at)
    if invitation.revoked_at:
        raise _refusal(INVITATION_REVOKED, invitation, when=invitation.revoked_at)
    if timezone.now() >= invitation.expires_at:
        raise _refusal(INVITATION_EXPIRED, invitation, expires_at=invitation.expires_at)
    if User.objects.filter(email=invitation.email).exists():
        raise _refusal(INVITED_HAS_ACCOUNT, invitation)


def _refusal(reason: Reason, invitation: Invitation, **facts: Any) -> Refusal:
    return Refusal(reason, on=invitation, inviter=invitation.inviter, **facts)
