"""Inviting, sending again and revoking (P5)."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from activity.models import Action, Event
from activity.services import Actor
from csp_portal.accounts.models import MOST_OPEN_INVITATIONS, Invitation, InvitationState, Partner, User
from csp_portal.accounts.permissions import Role
from csp_portal.accounts.services import invite_global_admin, invite_user, resend_invitation, revoke_invitation
from csp_portal.errors import Refusal
from csp_portal.mail.addresses import is_genuine, signature_of
from csp_portal.mail.models import Mail
from tests.factories import PartnerFactory, UserFactory

pytestmark = pytest.mark.django_db
OPERATOR = Actor.system("test")


def invite(actor, *, email="Anna@Partner.example", roles=(Role.ADMIN_AGENT,), **more):
    partner = None if isinstance(actor, Actor) else actor.partner
    return invite_user(**{"email": email, "name": "Anna", "roles": roles, "partner": partner, "actor": actor, **more})


def refused(work, *args, **kwargs):
    with pytest.raises(Refusal) as refusal:
        work(*args, **kwargs)
    return refusal.value


@pytest.fixture
def operator_admin():
    return UserFactory(partner=None, roles=[Role.OPERATOR_ADMIN])


def test_an_invitation_is_mailed_and_recorded_and_makes_no_user_yet(clock, global_admin, partner):
    made = invite(global_admin, roles=[Role.ADMIN_AGENT, Role.AUDITOR], auditor_last_day=date(2020, 3, 1))
    invitation = Invitation.objects.get()
    assert made == invitation
    assert (invitation.email, invitation.partner, invitation.state) == ("anna@partner.example", partner, "open")
    assert invitation.roles == ["admin_agent", "auditor"]
    assert f"{invitation.expires_at:%Y-%m-%dT%H:%M:%SZ}" == "2020-01-31T12:00:00Z"
    assert not User.objects.filter(email=invitation.email).exists()
    event = Event.objects.get(action=Action.USER_INVITED)
    assert (event.partner, event.actor_name) == (partner, global_admin.email)
    assert event.details == {"email": "anna@partner.example", "roles": ["admin_agent", "auditor"]}


def test_the_mail_names_the_inviter_and_only_its_complete_text_opens_anything(clock, global_admin, partner):
    invitation = invite(global_admin)
    mail = Mail.objects.get()
    path = invitation.get_absolute_url()
    assert mail.to == "anna@partner.example"
    for told in ("Hello Anna", partner.legal_name, global_admin.email, "Admin agent", "31 Jan 2020, 12:00 UTC"):
        assert told in mail.text
    assert signature_of(path) not in mail.text
    signature = mail.complete_text.split("?signature=")[1].split()[0]
    assert is_genuine(path, signature)


@pytest.mark.parametrize("holder", ["own", "another partner", "the operator"])
def test_an_address_that_has_an_account_is_not_invited_and_nothing_of_it_is_told(global_admin, partner, holder):
    of = {"own": partner, "another partner": PartnerFactory(legal_name="Secret Rival"), "the operator": None}[holder]
    UserFactory(partner=of, email="anna@partner.example", name="Annabel")
    refusal = refused(invite, global_admin)
    assert refusal.code == "has_account"
    assert "anna@partner.example has an account already" in refusal.message
    assert not {"Secret", "Annabel"} & set(str(refusal).split())
    assert not Invitation.objects.exists()
    assert not Mail.objects.exists()
    event = Event.objects.get(action=Action.INVITATION_REFUSED)
    assert (event.partner, event.details["reason"]) == (partner, "has_account")


def test_an_address_has_one_open_invitation_of_a_partner(global_admin):
    invite(global_admin)
    assert refused(invite, global_admin, email="ANNA@partner.example").code == "invited_already"
    assert Invitation.objects.count() == Mail.objects.count() == 1


def test_another_partners_invitation_stands_in_nobodys_way(global_admin, stranger):
    invite(global_admin)
    invite(stranger)
    assert Invitation.objects.waiting().count() == 2


def test_after_seven_days_the_address_can_be_invited_again(clock, global_admin):
    first = invite(global_admin)
    clock.set("2020-01-31T11:59:59Z")
    assert refused(invite, global_admin).code == "invited_already"
    clock.set("2020-01-31T12:00:00Z")
    second = invite(global_admin)
    first.refresh_from_db()
    assert (first.state, second.state) == (InvitationState.REVOKED, InvitationState.OPEN)


def test_the_database_holds_one_waiting_invitation_for_each_partner_and_address(global_admin):
    invitation = invite(global_admin)
    invitation.pk = None
    invitation.public_id = "00000000-0000-4000-8000-000000000001"
    with pytest.raises(IntegrityError, match="accounts_invitation_waiting_once"), transaction.atomic():
        invitation.save(force_insert=True)


@pytest.mark.parametrize("role", [Role.SUPPORT_AGENT, Role.OPERATOR_ADMIN])
def test_no_partner_gives_a_role_of_the_operator(global_admin, role):
    assert refused(invite, global_admin, roles=[Role.AUDITOR, role]).code == "role_of_other_side"
    assert not Invitation.objects.exists()


def test_an_invitation_needs_a_role(global_admin):
    assert refused(invite, global_admin, roles=[]).code == "no_role"


@pytest.mark.parametrize(
    ("roles", "last_day", "code"),
    [
        ([Role.ADMIN_AGENT], date(2020, 3, 1), "last_day_without_auditor"),
        ([Role.AUDITOR], date(2020, 1, 23), "last_day_over"),
    ],
)
def test_a_last_day_fits_the_role_and_the_calendar(clock, global_admin, roles, last_day, code):
    assert refused(invite, global_admin, roles=roles, auditor_last_day=last_day).code == code
    assert not Invitation.objects.exists()


def test_today_can_be_the_last_day(clock, global_admin):
    assert invite(global_admin, roles=[Role.AUDITOR], auditor_last_day=date(2020, 1, 24)).state == "open"


def test_a_partner_has_at_most_so_many_invitations_open(global_admin, partner, clock):
    for number in range(MOST_OPEN_INVITATIONS):
        invite(global_admin, email=f"user-{number}@many.example")
    refusal = refused(invite, global_admin)
    assert (refusal.code, refusal.facts["limit"]) == ("too_many_invitations", 100)
    revoke_invitation(Invitation.objects.waiting()[0].public_id, actor=global_admin)
    assert invite(global_admin).state == "open"


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.GLOBAL_ADMIN, Role.OPERATOR_ADMIN}])
def test_only_an_admin_of_the_side_invites(partner, role):
    user = UserFactory(partner=None if role == Role.SUPPORT_AGENT else partner, roles=[role])
    assert refused(invite, user).code == "role_required"
    assert not Invitation.objects.exists()


def test_an_admin_invites_to_no_other_side(global_admin, operator_admin, partner):
    for actor, other in ((global_admin, PartnerFactory()), (global_admin, None), (operator_admin, partner)):
        with pytest.raises(Partner.DoesNotExist):
            invite(actor, partner=other, roles=[Role.OPERATOR_ADMIN if other is None else Role.ADMIN_AGENT])
    assert not Invitation.objects.exists()


def test_the_operators_admins_invite_staff(operator_admin, settings):
    invitation = invite(operator_admin, roles=[Role.SUPPORT_AGENT])
    assert (invitation.partner, invitation.roles) == (None, ["support_agent"])
    assert settings.OPERATOR_SUPPORT_EMAIL in Mail.objects.get().text
    assert refused(invite, operator_admin, email="b@x.example", roles=[Role.AUDITOR]).code == "role_of_other_side"


def test_a_command_invites_the_first_of_the_operators_staff():
    invitation = invite(OPERATOR, roles=[Role.OPERATOR_ADMIN])
    assert (invitation.invited_by, invitation.invited_by_name) == (None, "system:test")


def test_the_operator_invites_a_partners_global_admin(operator_admin, partner):
    invitation = invite_global_admin(partner, email="Boss@Partner.example", name="Boss", actor=operator_admin)
    assert (invitation.partner, invitation.roles) == (partner, ["global_admin"])
    assert Event.objects.get(action=Action.USER_INVITED).partner == partner


def test_only_the_operators_admins_invite_for_a_partner(global_admin, partner):
    assert refused(invite_global_admin, partner, email="b@x.example", name="B", actor=global_admin).code == (
        "role_required"
    )
    assert not Invitation.objects.exists()


def test_sending_again_replaces_the_invitation(clock, global_admin):
    first = invite(global_admin, roles=[Role.AUDITOR], auditor_last_day=date(2020, 3, 1))
    clock.set("2020-02-20T12:00:00Z")
    second = resend_invitation(first.public_id, actor=global_admin)
    first.refresh_from_db()
    assert first.state == InvitationState.REVOKED
    assert (second.state, second.email, second.roles) == (InvitationState.OPEN, first.email, first.roles)
    assert second.auditor_last_day == date(2020, 3, 1)
    assert f"{second.expires_at:%Y-%m-%dT%H:%M:%SZ}" == "2020-02-27T12:00:00Z"
    assert Mail.objects.count() == 2


def test_an_invitation_is_sent_again_until_the_end_of_the_last_day_as_auditor(clock, global_admin):
    first = invite(global_admin, roles=[Role.AUDITOR], auditor_last_day=date(2020, 1, 25))
    clock.set("2020-01-25T23:59:59Z")
    second = resend_invitation(first.public_id, actor=global_admin)
    clock.set("2020-01-26T00:00:00Z")
    refusal = refused(resend_invitation, second.public_id, actor=global_admin)
    assert (refusal.code, refusal.facts) == ("last_day_over", {"last_day": date(2020, 1, 25)})
    assert Invitation.objects.waiting().get() == second
    assert Mail.objects.count() == 2


def test_what_waits_no_more_is_neither_sent_again_nor_revoked(global_admin):
    invitation = invite(global_admin)
    revoke_invitation(invitation.public_id, actor=global_admin)
    for service in (resend_invitation, revoke_invitation):
        assert refused(service, invitation.public_id, actor=global_admin).code == "invitation_not_waiting"
    assert Invitation.objects.count() == Mail.objects.count() == 1
    assert Event.objects.filter(action=Action.INVITATION_REVOKED).count() == 1


def test_an_invitation_whose_address_has_an_account_by_now_is_not_sent_again(global_admin):
    invitation = invite(global_admin)
    UserFactory(email="anna@partner.example")
    assert refused(resend_invitation, invitation.public_id, actor=global_admin).code == "has_account"
    invitation.refresh_from_db()
    assert (invitation.state, Mail.objects.count()) == (InvitationState.OPEN, 1)


def test_another_partners_invitation_is_not_found(global_admin, stranger):
    invitation = invite(global_admin)
    for service in (resend_invitation, revoke_invitation):
        with pytest.raises(Invitation.DoesNotExist):
            service(invitation.public_id, actor=stranger)
    invitation.refresh_from_db()
    assert invitation.state == InvitationState.OPEN


def test_a_name_is_kept_in_one_line(global_admin):
    invitation = invite(global_admin, name="Anna\r\nBcc: eve@x.example   Müller")
    assert invitation.name == "Anna Bcc: eve@x.example Müller"
    assert "\nBcc" not in Mail.objects.get().text
