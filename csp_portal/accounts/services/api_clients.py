"""API clients: made, changed, given another secret, revoked (spec 1, X3). A secret is answered once and kept hashed."""

import re
import secrets
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from activity.models import Action
from activity.models.scope import MOST_CUSTOMERS
from activity.services import record, refusals_recorded
from csp_portal.accounts.models import MOST_API_CLIENTS, NAME_LENGTH, ApiClient, RoleAssignment, User
from csp_portal.accounts.models.api_clients import USE_NOTED_AFTER
from csp_portal.accounts.models.people import PROGRAM_DOMAIN
from csp_portal.accounts.permissions import Permission, Role, require
from csp_portal.accounts.reasons import (
    API_CLIENT_CHANGED_MEANWHILE,
    API_CLIENT_GONE,
    API_CLIENT_NAME_TAKEN,
    API_CLIENT_WITHOUT_NAME,
    SCOPE_TOO_LONG,
    TOO_MANY_API_CLIENTS,
)
from csp_portal.accounts.services.sides import check_roles, hold_side, require_still
from csp_portal.errors import Refusal
from csp_portal.mail.services import queue_mail
from csp_portal.typed_text import one_line


@refusals_recorded(Action.API_CLIENT_REFUSED)
@transaction.atomic
def make_client(
    name: str, *, roles: Iterable[Role], limited_to: Iterable[UUID] = (), actor: User
) -> tuple[ApiClient, str]:
    """Make a client with `roles`, which sees the customers it is limited to or all; answers its secret, once.

    All Global admins are mailed. Whose customers are named is asked by the face: another partner's would show nothing.
    Raises Refusal (role, no name or taken, no role, too many).
    """
    partner_id = _hold(actor)
    kept, chosen, limit = one_line(name), check_roles(roles, partner_id), _checked_limit(limited_to)
    live = ApiClient.objects.visible_to(actor).live()
    if not 0 < len(kept) <= NAME_LENGTH:
        raise Refusal(API_CLIENT_WITHOUT_NAME, longest=NAME_LENGTH)
    if live.filter(name__iexact=kept).exists():
        raise Refusal(API_CLIENT_NAME_TAKEN, name=kept)
    if live.count() >= MOST_API_CLIENTS:
        raise Refusal(TOO_MANY_API_CLIENTS, limit=MOST_API_CLIENTS)
    secret = secrets.token_urlsafe(32)
    client = ApiClient(
        name=kept,
        client_type=ApiClient.CLIENT_CONFIDENTIAL,
        authorization_grant_type=ApiClient.GRANT_CLIENT_CREDENTIALS,
        client_secret=secret,
        made_by_name=actor.email,
    )
    client.user = _program(client, partner_id, limit)
    client.save()
    RoleAssignment.objects.bulk_create(RoleAssignment(user=client.user, role=role) for role in chosen)
    told = {"client": client.client_id, "name": kept, "roles": sorted(chosen), "limited_to": _written(limit)}
    record(Action.API_CLIENT_MADE, actor=actor, details=told)
    _mail_admins("api_client_made", client, chosen, actor, cause=f"api_client_made:{client.client_id}")
    return client, secret


@refusals_recorded(Action.API_CLIENT_REFUSED)
@transaction.atomic
def change_client(
    client_id: str, *, roles: Iterable[Role], seen: str, limited_to: Iterable[UUID], actor: User
) -> ApiClient:
    """Give a client exactly `roles` and the limit; they count from its next call on.

    `seen` are the `User.rights` that the actor saw: if it has others by now, nothing changes. Where it becomes an Admin
    agent, all Global admins are mailed. Raises Refusal (role, gone, changed meanwhile, no role).
    """
    client = _held(client_id, actor)
    user, limit = client.user, _checked_limit(limited_to)
    chosen, held = check_roles(roles, user.partner_id), {Role(each.role) for each in user.role_assignments.all()}
    if user.rights != seen:
        raise Refusal(API_CLIENT_CHANGED_MEANWHILE, name=client.name)
    if held == set(chosen) and sorted(user.limited_to) == limit:
        return client
    before = {"roles": sorted(held), "limited_to": _written(user.limited_to)}
    user.role_assignments.exclude(role__in=chosen).delete()
    RoleAssignment.objects.bulk_create(RoleAssignment(user=user, role=role) for role in chosen if role not in held)
    user.limited_to = limit
    user.save(update_fields=["limited_to"])
    after = {"roles": sorted(chosen), "limited_to": _written(limit)}
    row = record(
        Action.API_CLIENT_CHANGED,
        actor=actor,
        details={"client": client.client_id, "name": client.name, "before": before, "after": after},
    )
    if Role.ADMIN_AGENT in set(chosen) - held:
        _mail_admins("api_client_admin_agent", client, chosen, actor, cause=f"api_client_admin_agent:{row.pk}")
    return client


@refusals_recorded(Action.API_CLIENT_REFUSED)
@transaction.atomic
def replace_secret(client_id: str, *, actor: User) -> tuple[ApiClient, str]:
    """Give a client another secret, answered once; the old one and all tokens are dead at once.

    Raises Refusal (role, gone).
    """
    client, secret = _held(client_id, actor), secrets.token_urlsafe(32)
    client.client_secret = secret
    client.secret_made_at = timezone.now()
    client.save(update_fields=["client_secret", "secret_made_at", "updated"])
    details = {"client": client.client_id, "name": client.name}
    record(Action.API_CLIENT_SECRET_REPLACED, actor=actor, details=details)
    return client, secret


@refusals_recorded(Action.API_CLIENT_REFUSED)
@transaction.atomic
def revoke_client(client_id: str, *, actor: User) -> ApiClient:
    """Revoke a client: its secret and its tokens are dead at once and for good. Raises Refusal (role, gone)."""
    client = _held(client_id, actor)
    client.revoked_at = timezone.now()
    client.save(update_fields=["revoked_at", "updated"])
    client.user.is_active = False
    client.user.save(update_fields=["is_active"])
    record(Action.API_CLIENT_REVOKED, actor=actor, details={"client": client.client_id, "name": client.name})
    return client


def note_use(client: ApiClient) -> None:
    """Note that a client was used, once in a while; a column that is shown, nothing hangs on it."""
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_NOTED_AFTER)
    if client.last_used_at is None or client.last_used_at < now - USE_NOTED_AFTER:
        ApiClient.objects.filter(stale, pk=client.pk).update(last_used_at=now)


@transaction.atomic
def token_made(client: ApiClient, expires_at: datetime) -> None:
    """Record that a client was given a token."""
    details = {"client": client.client_id, "name": client.name, "expires_at": expires_at.isoformat()}
    record(Action.API_TOKEN_MADE, actor=client.user, details=details)


def _hold(actor: User) -> int:
    """Lock the partner, whose admins change its clients one after the other. Raises Refusal (role)."""
    require(actor, Permission.MANAGE_API_CLIENTS)
    assert actor.partner_id is not None  # no role of the operator's gives the permission
    hold_side(actor.partner_id)
    require_still(actor, Permission.MANAGE_API_CLIENTS)
    return actor.partner_id


def _held(client_id: str, actor: User) -> ApiClient:
    """The client of the actor's partner, which stands. Raises Refusal (role, gone)."""
    _hold(actor)
    client = ApiClient.objects.visible_to(actor).live().with_roles().filter(client_id=client_id).first()
    if client is None:
        raise Refusal(API_CLIENT_GONE)
    return client


def _checked_limit(limited_to: Iterable[UUID]) -> list[UUID]:
    limit = sorted(set(limited_to))
    if len(limit) > MOST_CUSTOMERS:
        raise Refusal(SCOPE_TOO_LONG, limit=MOST_CUSTOMERS, count=len(limit))
    return limit


def _written(customers: Iterable[UUID]) -> list[str]:
    return sorted(str(customer) for customer in customers)


def _program(client: ApiClient, partner_id: int, limit: list[UUID]) -> User:
    """The user that the client acts as. Its address names it wherever a user's does."""
    word = re.sub(r"[^a-z0-9]+", "-", client.name.lower()).strip("-")[:40] or "client"
    user = User(
        email=f"{word}.{client.client_id[:8]}@{PROGRAM_DOMAIN}",
        name=client.name,
        partner_id=partner_id,
        is_program=True,
        limited_to=limit,
    )
    user.set_unusable_password()
    user.save()
    return user


def _mail_admins(template: str, client: ApiClient, roles: Iterable[Role], actor: User, *, cause: str) -> None:
    names = ", ".join(str(role.label) for role in roles)
    for admin in User.objects.filter(partner=actor.partner_id).admins().distinct():
        queue_mail(admin.email, template, cause=cause, name=client.name, roles=names, by=actor.email)
