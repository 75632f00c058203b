"""API clients: made, limited, changed and revoked by Global admins, each told in the log and by mail (spec 1, X3)."""

import re

import pytest
from django.urls import reverse

from activity.models import Action, Event
from csp_portal.accounts.models import MOST_API_CLIENTS, ApiClient, User
from csp_portal.accounts.permissions import Role
from csp_portal.accounts.services.api_clients import change_client, make_client, replace_secret, revoke_client
from csp_portal.errors import Refusal
from csp_portal.mail.models import Mail
from tests.api import Caller, refusal_of
from tests.factories import CustomerFactory, PartnerFactory, UserFactory
from tests.helpers import in_threads, words_of

pytestmark = pytest.mark.django_db
AGENT, ADMIN = Role.ADMIN_AGENT, Role.GLOBAL_ADMIN


@pytest.fixture
def colleague(partner):
    return UserFactory(partner=partner, email="second.admin@partner.example", roles=[ADMIN])


def told(action):
    return [row.details for row in Event.objects.filter(action=action).order_by("pk")]


def rights_of(client):
    """As they stand by now."""
    return User.objects.get(api_client=client).rights


def mailed(word):
    return sorted(mail.to for mail in Mail.objects.filter(subject__contains=word))


def test_making_a_client_is_logged_and_mailed_to_all_global_admins(global_admin, colleague):
    client, secret = make_client("  결제 동기화  ", roles=[AGENT], actor=global_admin)
    (row,) = told(Action.API_CLIENT_MADE)
    assert row == {"client": client.client_id, "name": "결제 동기화", "roles": ["admin_agent"], "limited_to": []}
    assert mailed("결제 동기화") == sorted([global_admin.email, colleague.email])
    assert secret not in client.client_secret
    assert not any(secret in mail.text for mail in Mail.objects.all())


def test_who_is_no_global_admin_makes_none(agent):
    with pytest.raises(Refusal) as refused:
        make_client("Shop", roles=[AGENT], actor=agent)
    assert refused.value.code == "role_required"
    assert not ApiClient.objects.exists()
    assert not User.objects.filter(is_program=True).exists()
    (row,) = told(Action.API_CLIENT_REFUSED)
    assert row["reason"] == "role_required"


@pytest.mark.parametrize(
    ("name", "roles", "code"),
    [
        (" ", [AGENT], "api_client_without_name"),
        ("x" * 201, [AGENT], "api_client_without_name"),
        ("SHOP", [AGENT], "api_client_name_taken"),
        ("Other", [], "no_role"),
        ("Other", [Role.SUPPORT_AGENT], "role_of_other_side"),
    ],
)
def test_what_cannot_be_a_client_is_refused(global_admin, name, roles, code):
    make_client("Shop", roles=[AGENT], actor=global_admin)
    with pytest.raises(Refusal) as refused:
        make_client(name, roles=roles, actor=global_admin)
    assert refused.value.code == code
    assert ApiClient.objects.count() == 1


def test_there_are_no_more_clients_than_can_be_kept_in_view(global_admin):
    for number in range(MOST_API_CLIENTS):
        make_client(f"Client {number}", roles=[AGENT], actor=global_admin)
    with pytest.raises(Refusal) as refused:
        make_client("One more", roles=[AGENT], actor=global_admin)
    assert refused.value.code == "too_many_api_clients"
    revoke_client(ApiClient.objects.first().client_id, actor=global_admin)
    make_client("One more", roles=[AGENT], actor=global_admin)


def test_becoming_an_admin_agent_is_mailed_and_another_change_is_not(global_admin, colleague):
    client, _secret = make_client("Shop", roles=[ADMIN], actor=global_admin)
    Mail.objects.all().delete()
    change_client(client.client_id, roles=[Role.AUDITOR], seen=client.user.rights, limited_to=[], actor=global_admin)
    assert not Mail.objects.exists()
    change_client(client.client_id, roles=[AGENT], seen=rights_of(client), limited_to=[], actor=global_admin)
    assert mailed("is an Admin agent now") == sorted([global_admin.email, colleague.email])
    assert [(row["before"]["roles"], row["after"]["roles"]) for row in told(Action.API_CLIENT_CHANGED)] == [
        (["global_admin"], ["auditor"]),
        (["auditor"], ["admin_agent"]),
    ]


def test_a_change_by_who_saw_other_roles_changes_nothing(global_admin):
    client, _secret = make_client("Shop", roles=[ADMIN], actor=global_admin)
    with pytest.raises(Refusal) as refused:
        change_client(client.client_id, roles=[AGENT], seen="another", limited_to=[], actor=global_admin)
    assert refused.value.code == "api_client_changed_meanwhile"
    assert [held.role for held in client.user.role_assignments.all()] == ["global_admin"]


def test_a_page_from_before_the_limit_does_not_lift_it(global_admin, customer):
    client, _secret = make_client("Shop", roles=[AGENT], actor=global_admin)
    given, limit = {"roles": [AGENT], "seen": client.user.rights, "actor": global_admin}, [customer.tenant_id]
    change_client(client.client_id, limited_to=limit, **given)
    with pytest.raises(Refusal) as refused:
        change_client(client.client_id, limited_to=[], **given)
    assert refused.value.code == "api_client_changed_meanwhile"
    assert User.objects.get(api_client=client).limited_to == limit


def test_what_was_revoked_and_another_partners_is_not_found(global_admin):
    client, _secret = make_client("Shop", roles=[ADMIN], actor=global_admin)
    stranger = UserFactory(partner=PartnerFactory(), roles=[ADMIN])
    for actor in (stranger, global_admin):
        for act in (replace_secret, revoke_client):
            if actor is global_admin:
                revoke_client(client.client_id, actor=actor) if act is replace_secret else None
            with pytest.raises(Refusal) as refused:
                act(client.client_id, actor=actor)
            assert refused.value.code == "api_client_gone"


def test_its_roles_count_from_the_next_call_on(global_admin, customer):
    caller = Caller(global_admin, Role.AUDITOR)
    assert refusal_of(caller.get("/customers")) == (403, "900150", "role_required")
    change_client(
        caller.client.client_id, roles=[AGENT], seen=rights_of(caller.client), limited_to=[], actor=global_admin
    )
    assert [item["id"] for item in caller.items("/customers")] == [str(customer.tenant_id)]


def test_a_limited_client_sees_its_customers_only(global_admin, customer, partner):
    other = CustomerFactory(partner=partner)
    caller = Caller(global_admin, AGENT, limited_to=[other.tenant_id])
    assert [item["id"] for item in caller.items("/customers")] == [str(other.tenant_id)]


def test_a_program_is_no_user_who_signs_in_or_is_mailed(global_admin, client):
    caller = Caller(global_admin, ADMIN)
    assert caller.user.email.endswith("@api-client.invalid")
    assert not caller.user.has_usable_password()
    assert not client.login(email=caller.user.email, password=caller.secret)
    client.force_login(caller.user)
    assert client.get(reverse("home")).status_code == 302
    assert list(User.objects.visible_to(global_admin)) == [global_admin]
    assert list(User.objects.admins()) == [global_admin]
    assert not Mail.objects.filter(to=caller.user.email).exists()


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_make_the_same_client_at_once_make_one(global_admin, colleague):
    def make(actor):
        try:
            make_client("Shop", roles=[AGENT], actor=actor)
        except Refusal as refusal:
            return refusal.code
        return "made"

    assert sorted(in_threads(lambda: make(global_admin), lambda: make(colleague))) == ["api_client_name_taken", "made"]
    assert ApiClient.objects.count() == 1


# The page


def test_the_secret_is_shown_once_and_the_list_says_what_each_may(client_of, global_admin, customer):
    browser = client_of(global_admin)
    given = {"name": "Shop", "roles": ["admin_agent"], "customers": customer.primary_domain}
    made = browser.post(reverse("api_clients:new"), given)
    client = ApiClient.objects.get()
    assert client.client_id in words_of(made)
    assert client.user.limited_to == [customer.tenant_id]
    assert made.headers["Cache-Control"].startswith("max-age=0")
    page = words_of(browser.get(reverse("api_clients:list")))
    assert "Shop" in page
    assert "Admin agent" in page
    assert "Never" in page
    assert customer.company_name in words_of(browser.get(client.get_absolute_url()))


def test_a_customer_that_is_none_of_ones_own_is_named_and_what_was_typed_stays(client_of, global_admin):
    answer = client_of(global_admin).post(
        reverse("api_clients:new"), {"name": "Shop", "roles": ["admin_agent"], "customers": "nobody.example"}
    )
    assert "Line 1: none of your customers has the tenant GUID or primary domain" in words_of(answer)
    assert "Shop" in answer.content.decode()
    assert not ApiClient.objects.exists()


def test_roles_are_changed_the_secret_replaced_and_the_client_revoked_on_its_page(client_of, global_admin):
    client, secret = make_client("Shop", roles=[ADMIN], actor=global_admin)
    browser = client_of(global_admin)
    changed = {"roles": ["auditor"], "seen": client.user.rights, "customers": ""}
    assert browser.post(client.get_absolute_url(), changed).status_code == 302
    assert [held.role for held in client.user.role_assignments.all()] == ["auditor"]
    shown = words_of(browser.post(reverse("api_clients:new_secret", args=[client.client_id])))
    assert secret not in shown
    assert "This is the only time" in shown
    browser.post(reverse("api_clients:revoke", args=[client.client_id]))
    assert browser.get(client.get_absolute_url()).status_code == 404


def sent_by(response):
    """What the form of a client's page sends when it is saved as it is shown."""
    source = response.content.decode()
    return {
        "seen": re.search(r'name="seen" value="([^"]*)"', source)[1],
        "customers": re.search(r'<textarea name="customers"[^>]*>([^<]*)<', source)[1].strip(),
        "roles": re.findall(r'name="roles" value="(\w+)"[^>]* checked', source),
    }


def test_a_page_from_before_the_limit_lifts_it_neither_mended_nor_sent_once_more(client_of, global_admin, customer):
    client, _secret = make_client("Shop", roles=[AGENT], actor=global_admin)
    browser, page = client_of(global_admin), client.get_absolute_url()
    stale, limit = sent_by(browser.get(page)), [customer.tenant_id]
    change_client(client.client_id, roles=[AGENT], seen=stale["seen"], limited_to=limit, actor=global_admin)
    slip = browser.post(page, {**stale, "customers": "nobody.example"})
    refused = browser.post(page, {**sent_by(slip), "customers": "", "roles": ["admin_agent", "auditor"]})
    assert "A colleague has changed the API client Shop meanwhile." in words_of(refused)
    told = words_of(refused).partition("What you asked for, which was not saved")[2]
    assert told.strip().startswith("Roles Admin agent, Auditor Customers that it is limited to –")
    assert sent_by(refused) == {"seen": rights_of(client), "customers": customer.primary_domain, "roles": [AGENT]}
    assert browser.post(page, sent_by(refused)).status_code == 302
    held = User.objects.get(api_client=client)
    assert (held.limited_to, held.roles) == (limit, {AGENT})


def test_a_clients_page_from_before_a_deployment_is_told_that_it_changed(client_of, global_admin):
    client, _secret = make_client("Shop", roles=[AGENT], actor=global_admin)
    response = client_of(global_admin).post(client.get_absolute_url(), {"roles": ["auditor"], "seen": "x" * 64})
    assert "A colleague has changed the API client Shop meanwhile." in words_of(response)
