"""The partner's roles, who holds them, and its profiles, by API (partner-center-api.md, 11)."""

from uuid import UUID

import pytest

from activity.models import Action, Event
from activity.models.scope import MOST_CUSTOMERS, WHOLE_LOG
from csp_portal.accounts.models import Invitation
from csp_portal.accounts.permissions import Role
from csp_portal.accounts.services import accept_invitation
from csp_portal.mail.models import Mail
from tests.api import Caller, refusal_of
from tests.factories import PASSWORD, CustomerFactory, PartnerFactory, UserFactory

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


# The limits of an Auditor

END = "2020-06-30"
DAYS = {"firstDay": "2020-01-01", "lastDay": "2020-03-31"}
MEMBERS = "/roles/auditor/usermembers"


@pytest.fixture
def limits(clock, customer):
    return {"auditorLastDay": END, "logScope": {"customers": [str(customer.tenant_id)], **DAYS}}


def limits_held(user):
    held = user.role_assignments.get(role=Role.AUDITOR)
    return held.last_day and held.last_day.isoformat(), held.scope.as_details()


def whole_log(last_day=None):
    return last_day, WHOLE_LOG.as_details()


def kept(limits):
    scope = limits["logScope"]
    return limits["auditorLastDay"], {
        "customers": scope["customers"],
        "first_day": "2020-01-01",
        "last_day": "2020-03-31",
    }


def test_an_auditor_is_invited_with_a_last_day_and_a_part_of_the_log(caller, limits):
    body = {"email": "new@firm.example", "name": "새 감사인", "roles": ["auditor"]}
    given = {
        "AuditorLastDay": END,
        "LogScope": {"Customers": [c.upper() for c in limits["logScope"]["customers"]], **DAYS},
    }
    made = caller.post("/invitations", {**body, **given}).json()
    assert {name: made[name] for name in limits} == limits
    (listed,) = caller.items("/invitations")
    assert listed == made
    again = caller.post(f"/invitations/{made['id']}/resend").json()
    assert {name: again[name] for name in limits} == limits
    user = accept_invitation(UUID(again["id"]), name="새 감사인", password=PASSWORD)
    assert limits_held(user) == kept(limits)
    assert caller.get(f"/users/{user.public_id}").json()["roles"] == [
        {"id": "auditor", "name": "Auditor", "lastDay": END, "logScope": limits["logScope"]}
    ]


def test_without_limits_an_invitation_tells_of_none(caller):
    made = caller.post("/invitations", {"email": "a@b.example", "name": "A", "roles": ["auditor"]}).json()
    assert not {"auditorLastDay", "logScope"} & made.keys()


def test_the_role_auditor_is_given_with_limits_and_they_are_told(caller, colleague, limits):
    answer = caller.post(MEMBERS, {"id": str(colleague.public_id), **limits})
    assert answer.status_code == 201
    assert {name: answer.json()[name] for name in limits} == limits
    assert limits_held(colleague) == kept(limits)
    assert caller.items(MEMBERS) == [answer.json()]


def test_who_is_auditor_already_is_given_the_limits_that_are_named_and_keeps_the_others(caller, colleague, limits):
    who = {"id": str(colleague.public_id)}
    caller.post(MEMBERS, who)
    caller.post(MEMBERS, {**who, "logScope": limits["logScope"]})
    caller.post(MEMBERS, {**who, "auditorLastDay": END, "logScope": None})
    assert limits_held(colleague) == kept(limits)
    caller.post(MEMBERS, who)
    caller.post("/roles/admin_agent/usermembers", who)
    assert limits_held(colleague) == kept(limits)
    assert Event.objects.filter(action=Action.ROLES_CHANGED).count() == 4
    caller.post(MEMBERS, {**who, "logScope": {"lastDay": "3/31/2020 00:00:00"}})
    assert limits_held(colleague) == (END, {"customers": [], "first_day": None, "last_day": "2020-03-31"})
    caller.post(MEMBERS, {**who, "auditorLastDay": "", "logScope": {"customers": []}})
    assert limits_held(colleague) == whole_log()


def test_a_last_day_that_is_held_may_be_named_once_it_is_over_but_no_new_one(clock, caller, colleague, customer):
    who = {"id": str(colleague.public_id)}
    caller.post(MEMBERS, {**who, "auditorLastDay": "2020-01-24"})
    clock.set("2020-01-25T00:00:00Z")
    caller = Caller.of(caller.client)
    scope = {"customers": [str(customer.tenant_id)]}
    assert caller.post(MEMBERS, {**who, "auditorLastDay": "2020-01-24", "logScope": scope}).status_code == 201
    assert refusal_of(caller.post(MEMBERS, {**who, "auditorLastDay": "2020-01-23"}))[2] == "last_day_over"
    assert limits_held(colleague)[0] == "2020-01-24"


def test_another_role_takes_no_limits_and_changes_those_of_nobody(caller, colleague, limits):
    who = {"id": str(colleague.public_id)}
    caller.post(MEMBERS, {**who, **limits})
    body = {"email": "a@b.example", "name": "A", "roles": ["account_admin"]}
    for given, reason in (
        ({"auditorLastDay": "2020-05-01"}, "last_day_without_auditor"),
        ({"logScope": {"firstDay": "2020-02-01"}}, "scope_without_auditor"),
    ):
        for role in ("account_admin", "admin_agent"):
            assert refusal_of(caller.post(f"/roles/{role}/usermembers", {**who, **given}))[2] == reason
        assert refusal_of(caller.post("/invitations", {**body, **given}))[2] == reason
    empty = {"auditorLastDay": "", "logScope": {"customers": []}}
    assert caller.post("/roles/admin_agent/usermembers", {**who, **empty}).status_code == 201
    assert limits_held(colleague) == kept(limits)
    assert roles_of(colleague) == ["account_admin", "admin_agent", "auditor"]
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    ("limit", "field"),
    [
        ({"auditorLastDay": "2020-02-30"}, "auditorLastDay"),
        ({"auditorLastDay": 20200630}, "auditorLastDay"),
        ({"auditorLastDay": "9999-12-31"}, "auditorLastDay"),
        ({"logScope": "all"}, "logScope"),
        ({"logScope": {}}, "logScope"),
        ({"logScope": {"customerIds": ["x"], "customers": None}}, "logScope"),
        ({"logScope": {"firstDay": ""}}, "logScope.firstDay"),
        ({"logScope": {"lastDay": "tomorrow"}}, "logScope.lastDay"),
        ({"logScope": {"customers": "x"}}, "logScope.customers"),
        ({"logScope": {"customers": ["OWN", "no such thing"]}}, "logScope.customers[1]"),
        ({"logScope": {"customers": ["OWN", "ANOTHERS"]}}, "logScope.customers[1]"),
        ({"logScope": {"customers": ["OWN"] * (MOST_CUSTOMERS + 1)}}, "logScope.customers"),
    ],
)
def test_a_wrong_limit_is_named_and_nothing_is_given(clock, caller, colleague, customer, limit, field):
    ids = {"OWN": str(customer.tenant_id), "ANOTHERS": str(CustomerFactory().tenant_id)}
    scope = limit.get("logScope")
    if isinstance(scope, dict) and isinstance(scope.get("customers"), list):
        limit = {"logScope": {"customers": [ids.get(each, each) for each in scope["customers"]]}}
    invited = {"email": "a@b.example", "name": "A", "roles": ["auditor"]}
    for path, body in ((MEMBERS, {"id": str(colleague.public_id)}), ("/invitations", invited)):
        answer = caller.post(path, {**body, **limit})
        assert refusal_of(answer) == (400, "800002", "input_wrong")
        assert {"key": "field", "value": field} in answer.json()["data"]
    assert roles_of(colleague) == ["account_admin"]
    assert not Invitation.objects.exists()


def test_days_of_the_log_that_cross_are_refused(clock, caller, colleague):
    crossed = {"logScope": {"firstDay": "2020-03-31", "lastDay": "2020-01-01"}}
    answer = caller.post(MEMBERS, {"id": str(colleague.public_id), **crossed})
    assert refusal_of(answer)[2] == "scope_ends_before_it_begins"
    assert roles_of(colleague) == ["account_admin"]
