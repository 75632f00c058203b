"""Users: made, given other roles, switched off and on again."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db import transaction

from activity.models import Action
from activity.models.scope import WHOLE_LOG, LogScope
from activity.services import Actor, record, refusals_recorded
from csp_portal.accounts.models import Partner, RoleAssignment, User, admin_role
from csp_portal.accounts.permissions import Permission, Role, require
from csp_portal.accounts.reasons import LAST_ADMIN, OWN_ACCOUNT, OWN_ADMIN_ROLE, ROLES_CHANGED_MEANWHILE
from csp_portal.accounts.services.sides import (
    check_last_day,
    check_roles,
    check_scope,
    hold_side,
    one_line,
    require_still,
    scope_details,
)
from csp_portal.errors import Reason, Refusal

UNLIMITED = (None, WHOLE_LOG)  # without a last day, and for all of the log


@transaction.atomic
def create_user(
    *,
    actor: Actor | User,
    email: str,
    password: str,
    name: str,
    roles: Iterable[Role],
    partner: Partner | None,
    auditor_last_day: date | None = None,
    auditor_scope: LogScope = WHOLE_LOG,
    **details: str,
) -> User:
    """Make a user with a verified e-mail address and `roles`; without `partner`, one of the operator's staff.

    Called where somebody was invited or the demo is made. Raises Refusal if a role is the other side's.
    """
    chosen = check_roles(roles, partner.pk if partner else None)
    user = User.objects.create_user(email, password, name=one_line(name), partner=partner)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    _give(user, chosen, auditor_last_day, auditor_scope)
    told = {"user": user.email, "roles": sorted(chosen), **details, **scope_details(auditor_scope)}
    record(Action.USER_CREATED, actor=actor, partner=partner, details=told)
    return user


@refusals_recorded(Action.USER_CHANGE_REFUSED)
@transaction.atomic
def change_roles(
    user_id: UUID,
    *,
    roles: Iterable[Role],
    seen: str,
    auditor_last_day: date | None = None,
    auditor_scope: LogScope = WHOLE_LOG,
    actor: User,
) -> User:
    """Give a user of the actor's side exactly `roles`; they count from the user's next request on (P1).

    The role Auditor may end after a day, and be limited to a part of the log.
    `seen` are the `User.rights` that the actor saw: if the user has others by now, nothing changes.
    Raises Refusal, or User.DoesNotExist for another partner's user.
    """
    user = _held(user_id, actor)
    held = {Role(given.role): (given.last_day, given.scope) for given in user.role_assignments.all()}
    chosen = check_roles(roles, user.partner_id)
    if user.rights != seen:
        raise Refusal(ROLES_CHANGED_MEANWHILE, email=user.email)
    check_last_day(auditor_last_day, chosen, held=held.get(Role.AUDITOR, UNLIMITED)[0])
    check_scope(auditor_scope, chosen)
    if admin_role(user.partner_id) in held.keys() - set(chosen):
        _check_not_admin(user, actor, OWN_ADMIN_ROLE)
    if held == {role: (auditor_last_day, auditor_scope) if role == Role.AUDITOR else UNLIMITED for role in chosen}:
        return user
    user.role_assignments.exclude(role__in=chosen).delete()
    _limit(user, auditor_last_day, auditor_scope)
    _give(user, [role for role in chosen if role not in held], auditor_last_day, auditor_scope)
    details = {
        "user": user.email,
        "before": sorted(held),
        "after": sorted(chosen),
        "last_day": _written(auditor_last_day),
        "scope": auditor_scope.as_details() if auditor_scope.is_limited else None,
    }
    record(Action.ROLES_CHANGED, actor=actor, partner=user.partner, details=details)
    return user


@refusals_recorded(Action.USER_CHANGE_REFUSED)
@transaction.atomic
def deactivate_user(user_id: UUID, *, actor: User) -> User:
    """Switch an account of the actor's side off; its sessions end at once and for good.

    Again does nothing. Raises Refusal, or User.DoesNotExist for another partner's user.
    """
    user = _held(user_id, actor)
    if not user.is_active:
        return user
    refusal = why_not_deactivate(user, actor=actor)
    if refusal:
        raise refusal
    user.is_active = False
    user.sessions_ended += 1
    user.save(update_fields=["is_active", "sessions_ended"])
    record(Action.USER_DEACTIVATED, actor=actor, partner=user.partner, details={"user": user.email})
    return user


@refusals_recorded(Action.USER_CHANGE_REFUSED)
@transaction.atomic
def reactivate_user(user_id: UUID, *, actor: User) -> User:
    """Switch an account of the actor's side on again, with the roles and the password that it had.

    Again does nothing. Raises Refusal, or User.DoesNotExist for another partner's user.
    """
    user = _held(user_id, actor)
    if user.is_active:
        return user
    user.is_active = True
    user.save(update_fields=["is_active"])
    record(Action.USER_REACTIVATED, actor=actor, partner=user.partner, details={"user": user.email})
    return user


def why_not_deactivate(user: User, *, actor: User) -> Refusal | None:
    """Why `actor` may not switch the account off: the last admin's, or their own; None if they may."""
    try:
        _check_not_admin(user, actor, OWN_ACCOUNT)
    except Refusal as refusal:
        return refusal
    return None


def _held(user_id: UUID, actor: User) -> User:
    """The user, with the side locked, once it is sure that the actor manages it."""
    require(actor, Permission.MANAGE_USERS)
    hold_side(actor.partner_id)
    require_still(actor, Permission.MANAGE_USERS)
    user: User = User.objects.visible_to(actor).select_for_update(of=("self",)).get(public_id=user_id)
    return user


def _check_not_admin(user: User, actor: User, own: Reason) -> None:
    """Refuse what would leave the side without an admin, and, as `own`, what an admin would do to themselves."""
    role = admin_role(user.partner_id).label
    others = User.objects.visible_to(user).admins().exclude(pk=user.pk)
    admins = User.objects.visible_to(user).admins().filter(pk=user.pk)
    if admins.exists() and not others.exists():
        raise Refusal(LAST_ADMIN, email=user.email, role=role)
    if user.pk == actor.pk:
        raise Refusal(own, role=role)


def _give(user: User, roles: Iterable[Role], auditor_last_day: date | None, auditor_scope: LogScope) -> None:
    limits = {"last_day": auditor_last_day, **RoleAssignment.columns_of(auditor_scope)}
    RoleAssignment.objects.bulk_create(
        RoleAssignment(user=user, role=role, **(limits if role == Role.AUDITOR else {})) for role in roles
    )


def _limit(user: User, auditor_last_day: date | None, auditor_scope: LogScope) -> None:
    """Put new limits to the role Auditor, if it is held already."""
    limits = RoleAssignment.columns_of(auditor_scope)
    user.role_assignments.filter(role=Role.AUDITOR).update(last_day=auditor_last_day, **limits)


def _written(day: date | None) -> str | None:
    return day.isoformat() if day else None
