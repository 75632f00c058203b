"""The partner's roles, who holds them, and its profiles, by API (partner-center-api.md, 11)."""

import pytest

from csp_portal.accounts.models import Invitation
from csp_portal.accounts.permissions import Role
from csp_portal.mail.models import Mail
from tests.api import Caller, refusal_of
from tests.factories import PartnerFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(global_admin):
    return Caller(global_admin, Role.GLOBAL_ADMIN)


@pytest.fixture
def colleague(partner):
    return UserFactory(partner=partner, email="kim.minjun@partner.example", name="김민준", roles=[Role.ACCOUNT_ADMIN])


def roles_of(user):
    return sorted(held.role for held in user.role_assignments.all())


def test_the_roles_are_those_of_a_partner(caller):
    roles = caller.items("/roles?size=500&sortField=name")
    assert [role["name"] for role in roles][:2] == ["Admin agent", "Global admin"]
    assert "support_agent" not in {role["id"] for role in roles}
    assert roles[0]["links"]["usermembers"]["uri"] == "/roles/admin_agent/usermembers"


def test_a_role_tells_who_holds_it_and_no_program(caller, colleague, global_admin):
    Caller(global_admin, Role.ACCOUNT_ADMIN, name="A program")
    (member,) = caller.items("/roles/account_admin/usermembers")
    assert (member["displayName"], member["userPrincipalName"]) == ("김민준", colleague.email)
    assert (member["id"], member["roleId"]) == (str(colleague.public_id), "account_admin")


@pytest.mark.parametrize("role", ["admin_agent", "Admin agent", "ADMIN_AGENT", "Admin%20agent"])
def test_a_user_is_given_a_role_by_address_or_id_and_keeps_the_others(caller, colleague, role):
    path = f"/roles/{role}/usermembers"
    body = {"UserPrincipalName": colleague.email.upper(), "DisplayName": None}
    assert caller.post(path, body).status_code == 201
    assert caller.post(path, {"id": str(colleague.public_id)}).status_code == 201
    assert roles_of(colleague) == ["account_admin", "admin_agent"]


def test_a_role_is_taken_away_but_not_the_last_one(caller, colleague):
    caller.post("/roles/admin_agent/usermembers", {"id": str(colleague.public_id)})
    assert caller.delete(f"/roles/admin_agent/usermembers/{colleague.public_id}").status_code == 204
    assert roles_of(colleague) == ["account_admin"]
    answer = caller.delete(f"/roles/account_admin/usermembers/{colleague.public_id}")
    assert refusal_of(answer)[2] == "no_role"
    assert roles_of(colleague) == ["account_admin"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/roles/nothing/usermembers", {"userPrincipalName": "kim.minjun@partner.example"}),
        ("/roles/support_agent/usermembers", {"userPrincipalName": "kim.minjun@partner.example"}),
        ("/roles/admin_agent/usermembers", {"userPrincipalName": "nobody@partner.example"}),
        ("/roles/admin_agent/usermembers", {}),
    ],
)
def test_what_there_is_not_is_not_found(caller, colleague, path, body):
    assert refusal_of(caller.post(path, body)) == (404, "1000", "not_found")
    assert roles_of(colleague) == ["account_admin"]


def test_another_partners_user_is_not_found(caller):
    stranger = UserFactory(partner=PartnerFactory(), roles=[Role.ACCOUNT_ADMIN])
    answer = caller.post("/roles/admin_agent/usermembers", {"id": str(stranger.public_id)})
    assert refusal_of(answer) == (404, "1000", "not_found")
    assert roles_of(stranger) == ["account_admin"]


def test_who_may_not_manage_users_may_not_by_api_either(global_admin, colleague, customer):
    for client in (
        Caller(global_admin, Role.ADMIN_AGENT),
        Caller(global_admin, Role.GLOBAL_ADMIN, limited_to=[customer.tenant_id], name="Limited"),
    ):
        answer = client.post("/roles/admin_agent/usermembers", {"id": str(colleague.public_id)})
        assert refusal_of(answer)[0] == 403
        assert refusal_of(client.get("/roles"))[0] == 403
    assert roles_of(colleague) == ["account_admin"]


def test_profiles_tell_what_the_operator_keeps_of_the_partner(caller, partner):
    told = {
        kind: caller.get(f"/profiles/{kind}").json()
        for kind in ("organization", "legalbusiness", "billing", "support", "mpn")
    }
    assert told["organization"]["companyName"] == partner.legal_name
    assert told["organization"]["id"] == str(partner.public_id)
    assert told["organization"]["profileType"] == "OrganizationProfile"
    assert told["legalbusiness"]["address"]["addressLine1"] == partner.address
    assert told["billing"]["taxId"] == partner.tax_id
    assert told["support"]["email"] == partner.support_email
    assert told["mpn"]["partnerName"] == partner.legal_name
    assert caller.get(f"/profiles/mpn?MpnId={partner.public_id}").status_code == 200
    assert refusal_of(caller.get("/profiles/mpn?mpnId=1234567"))[0] == 404


def test_users_are_listed_and_switched_off_and_on(caller, colleague, global_admin):
    listed = caller.items("/users")
    assert [user["userPrincipalName"] for user in listed] == [global_admin.email, colleague.email]
    assert listed[1]["roles"] == [{"id": "account_admin", "name": "Account admin"}]
    path = f"/users/{colleague.public_id}"
    assert caller.patch(path, {"IsActive": False}).json()["isActive"] is False
    colleague.refresh_from_db()
    assert not colleague.is_active
    assert caller.patch(path, {"isActive": True}).json()["isActive"] is True
    assert caller.get(path).json()["displayName"] == "김민준"


def test_the_last_global_admin_is_not_switched_off(caller, global_admin):
    answer = caller.patch(f"/users/{global_admin.public_id}", {"isActive": False})
    assert refusal_of(answer)[0] == 409
    global_admin.refresh_from_db()
    assert global_admin.is_active


def test_a_user_is_invited_mailed_anew_and_the_invitation_revoked(caller):
    body = {"email": "new@partner.example", "name": "새 동료", "roles": ["AdminAgent", "auditor"]}
    made = caller.post("/invitations", body)
    assert (made.status_code, made.json()["roles"], made.json()["status"]) == (201, ["admin_agent", "auditor"], "open")
    again = caller.post(f"/invitations/{made.json()['id']}/resend").json()
    assert [each["id"] for each in caller.items("/invitations")] == [again["id"]]
    assert Mail.objects.filter(to="new@partner.example").count() == 2
    assert "http" not in str(again)
    assert caller.delete(f"/invitations/{again['id']}").status_code == 204
    assert caller.items("/invitations") == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "email"),
        ({"email": "a@b.example", "name": "A", "roles": []}, "roles"),
        ({"email": "a@b.example", "name": "A", "roles": ["king"]}, "roles[0]"),
        ({"email": "a@b.example", "name": 7, "roles": ["auditor"]}, "name"),
        ({"email": "no address", "name": "A", "roles": ["auditor"]}, "email"),
    ],
)
def test_a_wrong_invitation_is_named(caller, body, field):
    answer = caller.post("/invitations", body)
    assert refusal_of(answer) == (400, "800002", "input_wrong")
    assert {"key": "field", "value": field} in answer.json()["data"]
    assert not Invitation.objects.exists()


def test_another_partners_user_and_invitation_are_not_found(caller):
    stranger = UserFactory(partner=PartnerFactory(), roles=[Role.GLOBAL_ADMIN])
    invited = Caller(stranger, Role.GLOBAL_ADMIN).post(
        "/invitations", {"email": "a@b.example", "name": "A", "roles": ["auditor"]}
    )
    for path in (f"/users/{stranger.public_id}", "/users/1"):
        assert refusal_of(caller.get(path)) == (404, "1000", "not_found")
    assert refusal_of(caller.delete(f"/invitations/{invited.json()['id']}")) == (404, "1000", "not_found")
    assert Invitation.objects.get().revoked_at is None
