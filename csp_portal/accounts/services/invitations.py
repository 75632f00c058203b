"""Inviting people by e-mail: an invitation works once, for 7 days (P5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from activity.models import Action
from activity.models.scope import WHOLE_LOG, LogScope
from activity.services import Actor, record, refusals_recorded
from csp_portal.accounts.models import INVITATION_LIFETIME, MOST_OPEN_INVITATIONS, Invitation, Partner, User
from csp_portal.accounts.permissions import Permission, Role, require
from csp_portal.accounts.reasons import HAS_ACCOUNT, INVITATION_NOT_WAITING, INVITED_ALREADY, TOO_MANY_INVITATIONS
from csp_portal.accounts.scope_words import in_short
from csp_portal.accounts.services.sides import (
    check_last_day,
    check_roles,
    check_scope,
    hold_side,
    one_line,
    require_side,
    scope_details,
)
from csp_portal.errors import Refusal
from csp_portal.mail.services import queue_mail


@dataclass(frozen=True)
class Offer:
    """What somebody is invited to."""

    roles: list[Role]
    auditor_last_day: date | None = None
    auditor_scope: LogScope = WHOLE_LOG


@refusals_recorded(Action.INVITATION_REFUSED)
@transaction.atomic
def invite_user(
    *,
    email: str,
    name: str,
    roles: Iterable[Role],
    partner: Partner | None,
    auditor_last_day: date | None = None,
    auditor_scope: LogScope = WHOLE_LOG,
    actor: Actor | User,
) -> Invitation:
    """Mail an invitation to become a user of `partner`, or without one of the operator's staff, with `roles` (P5).

    The role Auditor may end after a day, and be limited to a part of the log.
    Raises Refusal if the address has an account or an open invitation, or if the roles cannot be given;
    Partner.DoesNotExist for another partner.
    """
    partner_id = partner.pk if partner else None
    if isinstance(actor, User):
        require(actor, Permission.MANAGE_USERS)
    hold_side(partner_id)
    require_side(actor, partner_id)
    offer = Offer(check_roles(roles, partner_id), auditor_last_day, auditor_scope)
    return _invite(email, name, offer, partner, actor)


@refusals_recorded(Action.INVITATION_REFUSED)
@transaction.atomic
def invite_global_admin(partner: Partner, *, email: str, name: str, actor: User) -> Invitation:
    """Mail the operator's invitation to be a Global admin of `partner`: its first one, or when it has lost all (P5).

    Raises Refusal if the actor is no Operator admin, or if the address has an account or an open invitation.
    """
    require(actor, Permission.KEEP_HOUSE)
    hold_side(partner.pk)
    return _invite(email, name, Offer([Role.GLOBAL_ADMIN]), partner, actor)


@refusals_recorded(Action.INVITATION_REFUSED)
@transaction.atomic
def resend_invitation(invitation_id: UUID, *, actor: User) -> Invitation:
    """Put a new invitation, for 7 days from now, in the place of one that waits; the old address opens nothing more.

    Raises Refusal if it waits no more, its last day as Auditor is over or the address has an account by now,
    Invitation.DoesNotExist for another partner's.
    """
    old = _waiting(invitation_id, actor)
    offer = Offer([Role(role) for role in old.roles], old.auditor_last_day, old.scope)
    check_last_day(offer.auditor_last_day, offer.roles)
    _check_address(old.email)
    now = timezone.now()
    _end(old, now)
    return _send(old.email, old.name, offer, old.partner, actor, now)


@refusals_recorded(Action.INVITATION_REFUSED)
@transaction.atomic
def revoke_invitation(invitation_id: UUID, *, actor: User) -> Invitation:
    """Make an invitation that waits worthless.

    Raises Refusal if it waits no more, Invitation.DoesNotExist for another partner's.
    """
    invitation = _waiting(invitation_id, actor)
    _end(invitation, timezone.now())
    record(Action.INVITATION_REVOKED, actor=actor, partner=invitation.partner, details={"email": invitation.email})
    return invitation


def _invite(email: str, name: str, offer: Offer, partner: Partner | None, actor: Actor | User) -> Invitation:
    """Check all that is not about the actor, then send; the caller holds the side's lock."""
    now, email = timezone.now(), email.lower()
    check_last_day(offer.auditor_last_day, offer.roles)
    check_scope(offer.auditor_scope, offer.roles)
    _check_address(email)
    waiting = Invitation.objects.filter(partner=partner).waiting()
    old = waiting.filter(email=email).first()
    if old and now < old.expires_at:
        raise Refusal(INVITED_ALREADY, email=email, expires_at=old.expires_at)
    if old:
        _end(old, now)
    if waiting.count() >= MOST_OPEN_INVITATIONS:
        raise Refusal(TOO_MANY_INVITATIONS, limit=MOST_OPEN_INVITATIONS)
    return _send(email, one_line(name), offer, partner, actor, now)


def _send(
    email: str, name: str, offer: Offer, partner: Partner | None, actor: Actor | User, now: datetime
) -> Invitation:
    who = Actor.of(actor)
    invitation = Invitation.objects.create(
        partner=partner,
        email=email,
        name=name,
        roles=offer.roles,
        auditor_last_day=offer.auditor_last_day,
        **Invitation.columns_of(offer.auditor_scope),
        invited_by=actor if isinstance(actor, User) else None,
        invited_by_name=who.name,
        created_at=now,
        expires_at=now + INVITATION_LIFETIME,
    )
    details = {"email": email, "roles": sorted(invitation.roles), **scope_details(offer.auditor_scope)}
    record(Action.USER_INVITED, actor=actor, partner=partner, details=details)
    _mail(invitation)
    return invitation


def _mail(invitation: Invitation) -> None:
    queue_mail(
        invitation.email,
        "invitation",
        cause=f"invitation:{invitation.public_id}",
        signed_path=invitation.get_absolute_url(),
        name=invitation.name,
        organisation=str(invitation.partner or ""),
        inviter=invitation.inviter,
        roles=", ".join(invitation.role_names),
        scope=in_short(invitation.scope, {}),  # customers are no names for a mailbox that nobody has proven yet
        auditor_last_day=invitation.auditor_last_day,
        expires_at=invitation.expires_at,
    )


def _waiting(invitation_id: UUID, actor: User) -> Invitation:
    """An invitation of the actor's side that can be resent or revoked, with the side and the row locked."""
    require(actor, Permission.MANAGE_USERS)
    hold_side(actor.partner_id)
    require_side(actor, actor.partner_id)
    rows = Invitation.objects.visible_to(actor).select_for_update(of=("self",))
    invitation: Invitation = rows.select_related("partner").get(public_id=invitation_id)
    if invitation.accepted_at or invitation.revoked_at:
        raise Refusal(INVITATION_NOT_WAITING, email=invitation.email)
    return invitation


def _end(invitation: Invitation, now: datetime) -> None:
    invitation.revoked_at = now
    invitation.save(update_fields=["revoked_at"])


def _check_address(email: str) -> None:
    """Refuse an address that has an account, whosever: it says no more than that."""
    if User.objects.filter(email=email).exists():
        raise Refusal(HAS_ACCOUNT, email=email)
