"""What every change of people rests on: a side is one partner with its users, or the operator with its staff."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from activity.models.scope import MOST_CUSTOMERS, LogScope
from activity.services import Actor
from csp_portal.accounts.models import Partner, User, roles_of_side
from csp_portal.accounts.permissions import Permission, Role, require
from csp_portal.accounts.reasons import (
    LAST_DAY_OVER,
    LAST_DAY_WITHOUT_AUDITOR,
    NO_ROLE,
    ROLE_OF_OTHER_SIDE,
    SCOPE_ENDS_BEFORE_IT_BEGINS,
    SCOPE_TOO_LONG,
    SCOPE_WITHOUT_AUDITOR,
)
from csp_portal.errors import Refusal


def hold_side(partner_id: int | None) -> None:
    """Lock the side, so that two of its admins change its people one after the other. Locked before all else."""
    rows: QuerySet = Partner.objects.filter(pk=partner_id) if partner_id else User.objects.filter(partner=None)
    list(rows.order_by("pk").select_for_update(of=("self",), no_key=True).values_list("pk"))


def require_still(actor: User, permission: Permission) -> None:
    """Raise the role's refusal unless the actor may use `permission` now; asked under the lock.

    A colleague may have taken the role away, or switched the account off, while this one waited for it.
    """
    require(User.objects.get(pk=actor.pk), permission)


def require_side(actor: Actor | User, partner_id: int | None) -> None:
    """Raise unless `actor` manages the users of the side: its own admin, or a command of the portal."""
    if isinstance(actor, Actor):
        return
    require_still(actor, Permission.MANAGE_USERS)
    if actor.partner_id != partner_id:
        raise Partner.DoesNotExist


def check_roles(roles: Iterable[Role], partner_id: int | None) -> list[Role]:
    """`roles` once each, in the table's order; refused where there is none, or one of the other side's."""
    chosen = frozenset(roles)
    own = roles_of_side(partner_id)
    for role in Role:
        if role in chosen and role not in own:
            raise Refusal(ROLE_OF_OTHER_SIDE, role=role.label)
    if not chosen:
        raise Refusal(NO_ROLE)
    return [role for role in own if role in chosen]


def check_last_day(last_day: date | None, roles: Iterable[Role], *, held: date | None = None) -> None:
    """Refuse a last day without the role that can have one, and a new one that is over (UTC)."""
    if last_day is None:
        return
    if Role.AUDITOR not in roles:
        raise Refusal(LAST_DAY_WITHOUT_AUDITOR)
    if last_day != held and last_day < timezone.now().date():
        raise Refusal(LAST_DAY_OVER, last_day=last_day)


def check_scope(scope: LogScope, roles: Iterable[Role]) -> None:
    """Refuse to limit the log of who is no Auditor, days that cross, and more customers than a scope names.

    Whose customers they are is asked by the face, which knows customers: another partner's would show nothing.
    """
    if scope.is_limited and Role.AUDITOR not in roles:
        raise Refusal(SCOPE_WITHOUT_AUDITOR)
    if scope.first_day and scope.last_day and scope.first_day > scope.last_day:
        raise Refusal(SCOPE_ENDS_BEFORE_IT_BEGINS, day=scope.first_day, last_day=scope.last_day)
    if len(scope.customers) > MOST_CUSTOMERS:
        raise Refusal(SCOPE_TOO_LONG, limit=MOST_CUSTOMERS, count=len(scope.customers))


def scope_details(scope: LogScope) -> dict[str, Any]:
    """What the log tells of a scope that leaves something out."""
    return {"scope": scope.as_details()} if scope.is_limited else {}


def one_line(name: str) -> str:
    """A name as it is kept: without line breaks and double spaces, which would break the lines of a mail."""
    return " ".join(name.split())
