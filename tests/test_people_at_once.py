"""Two at the same moment: one user for an invitation, one admin left, one invitation for an address (P5)."""

from functools import partial

import pytest

from activity.models import Action, Event
from csp_portal.accounts.models import Invitation, User
from csp_portal.accounts.permissions import Role
from csp_portal.accounts.services import (
    accept_invitation,
    change_roles,
    deactivate_user,
    invite_user,
    resend_invitation,
)
from csp_portal.mail.models import Mail
from tests.factories import PASSWORD, PartnerFactory, UserFactory
from tests.helpers import in_threads

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def admins(partner):
    return [UserFactory(partner=partner, roles=[Role.GLOBAL_ADMIN]) for _one in range(2)]


def invite(actor):
    return invite_user(
        email="anna@partner.example", name="Anna", roles=[Role.AUDITOR], partner=actor.partner, actor=actor
    )


def accept(invitation, name):
    return accept_invitation(invitation.public_id, name=name, password=PASSWORD)


def test_two_accepts_make_one_user(global_admin):
    invitation = invite(global_admin)
    answers = in_threads(partial(accept, invitation, "One"), partial(accept, invitation, "Two"))
    user = User.objects.get(email="anna@partner.example")
    assert sorted(map(str, answers)) == ["anna@partner.example", "invitation_used"]
    assert user in answers
    assert Event.objects.filter(action=Action.USER_CREATED).count() == 1
    assert Event.objects.filter(action=Action.INVITATION_REFUSED).count() == 1


def test_two_partners_invitations_of_one_address_make_one_user(global_admin):
    other_admin = UserFactory(partner=PartnerFactory(), roles=[Role.GLOBAL_ADMIN])
    answers = in_threads(*[partial(accept, invite(admin), "Anna") for admin in (global_admin, other_admin)])
    assert sorted(map(str, answers)) == ["anna@partner.example", "invited_has_account"]
    assert User.objects.filter(email="anna@partner.example").count() == 1


def test_two_who_invite_the_same_address_send_one_invitation(admins):
    answers = in_threads(*[partial(invite, admin) for admin in admins])
    assert sorted(map(str, answers)) == ["anna@partner.example", "invited_already"]
    assert Invitation.objects.count() == Mail.objects.count() == 1


def test_a_double_click_on_send_again_sends_once(global_admin):
    again = partial(resend_invitation, invite(global_admin).public_id, actor=global_admin)
    answers = in_threads(again, again)
    assert sorted(map(str, answers)) == ["anna@partner.example", "invitation_not_waiting"]
    assert Invitation.objects.waiting().count() == 1
    assert Mail.objects.count() == 2


def take_role(other, actor):
    left = Role.SUPPORT_AGENT if other.partner is None else Role.AUDITOR
    return change_roles(other.public_id, roles=[left], seen=other.rights, actor=actor)


def switch_off(other, actor):
    return deactivate_user(other.public_id, actor=actor)


@pytest.mark.parametrize("work", [take_role, switch_off])
@pytest.mark.parametrize("role", [Role.GLOBAL_ADMIN, Role.OPERATOR_ADMIN])
def test_of_two_admins_who_remove_each_other_one_stays(partner, work, role):
    side = None if role == Role.OPERATOR_ADMIN else partner
    first, second = (UserFactory(partner=side, roles=[role]) for _one in range(2))
    answers = in_threads(partial(work, second, first), partial(work, first, second))
    assert "role_required" in answers
    assert User.objects.filter(partner=side).admins().count() == 1
    assert Event.objects.filter(action=Action.USER_CHANGE_REFUSED).count() == 1
