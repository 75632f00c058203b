"""Making partners and their users."""

from collections.abc import Iterable
from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from activity.models import Action
from activity.services import Actor, record
from csp_portal.accounts.models import Partner, RoleAssignment, User
from csp_portal.accounts.permissions import OPERATOR_ROLES, Role
from csp_portal.errors import Reason, Refusal

ROLE_OF_OTHER_SIDE = Reason(
    code="role_of_other_side",
    rule="P1",
    sentence=_("The role %(role)s cannot be held by this user."),
    next_step=_("Give operator roles to the operator's staff only, and partner roles to a partner's users only."),
)


@transaction.atomic
def create_partner(*, actor: Actor, **fields: Any) -> Partner:
    """Make a partner with its legal name, address, tax id and support contact (P5)."""
    partner = Partner.objects.create(**fields)
    record(Action.PARTNER_CREATED, actor=actor, partner=partner, details={"partner": partner.legal_name})
    return partner


@transaction.atomic
def create_user(
    *, actor: Actor, email: str, password: str, name: str, roles: Iterable[Role], partner: Partner | None
) -> User:
    """Make a user with a verified e-mail address and `roles`; without `partner`, one of the operator's staff.

    Raises Refusal if a role is the other side's.
    """
    chosen = frozenset(roles)
    for role in chosen:
        if (role in OPERATOR_ROLES) != (partner is None):
            raise Refusal(ROLE_OF_OTHER_SIDE, role=role.label)
    user = User.objects.create_user(email, password, name=name, partner=partner)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    RoleAssignment.objects.bulk_create(RoleAssignment(user=user, role=role) for role in sorted(chosen))
    record(
        Action.USER_CREATED,
        actor=actor,
        partner=partner,
        details={"user": user.email, "roles": sorted(chosen)},
    )
    return user
