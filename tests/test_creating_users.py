"""Making users with their roles: the table of spec 1, P1."""

import pytest
from allauth.account.models import EmailAddress

from activity.models import Action, Event
from activity.services import Actor
from csp_portal.accounts.models import RoleAssignment, User
from csp_portal.accounts.permissions import OPERATOR_ROLES, Role
from csp_portal.accounts.services import create_user
from csp_portal.errors import Refusal
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

OPERATOR = Actor.system("test")
PARTNER_ROLES = [role for role in Role if role not in OPERATOR_ROLES]


def create(partner, *roles, email="Anna@Partner.example"):
    return create_user(actor=OPERATOR, email=email, password=PASSWORD, name="Anna", roles=roles, partner=partner)


def test_a_partners_user_holds_the_roles_given(partner):
    user = create(partner, *PARTNER_ROLES)
    assert User.objects.get().roles == set(PARTNER_ROLES)
    assert (user.email, user.partner, user.check_password(PASSWORD)) == ("anna@partner.example", partner, True)
    assert EmailAddress.objects.filter(user=user, email=user.email, verified=True, primary=True).exists()
    event = Event.objects.get(action=Action.USER_CREATED)
    assert (event.partner, event.details) == (partner, {"user": user.email, "roles": sorted(PARTNER_ROLES)})


def test_the_operators_staff_belong_to_no_partner():
    create(None, *OPERATOR_ROLES)
    assert User.objects.get().roles == OPERATOR_ROLES
    assert Event.objects.get(action=Action.USER_CREATED).partner is None


def test_a_role_given_twice_is_held_once(partner):
    create(partner, Role.AUDITOR, Role.AUDITOR)
    assert RoleAssignment.objects.count() == 1


@pytest.mark.parametrize("role", Role, ids=str)
def test_no_role_of_the_other_side_can_be_held(partner, role):
    """An operator's role at a partner, or a partner's at the operator, even beside one that is right."""
    other_side = partner if role in OPERATOR_ROLES else None
    own = PARTNER_ROLES[0] if role in OPERATOR_ROLES else Role.SUPPORT_AGENT
    for roles in ([role], [own, role]):
        with pytest.raises(Refusal) as refusal:
            create(other_side, *roles)
        assert refusal.value.code == "role_of_other_side"
        assert f"The role {role.label} cannot be held" in refusal.value.message
    assert not User.objects.exists()
    assert not RoleAssignment.objects.exists()
    assert not EmailAddress.objects.exists()
    assert not Event.objects.exists()
