"""Users and roles, for Global admins (spec 1, P2)."""

import re

import pytest
from django.test import Client

from csp_portal.accounts.models import Invitation, User, roles_of_side
from csp_portal.accounts.permissions import Role
from csp_portal.accounts.services import invite_user
from csp_portal.mail.models import Mail
from tests.factories import UserFactory
from tests.helpers import MOST_QUERIES, queries_of, source_of, words_of

pytestmark = pytest.mark.django_db
RLO = "\N{RIGHT-TO-LEFT OVERRIDE}"


@pytest.fixture
def browser(client_of, global_admin) -> Client:
    return client_of(global_admin)


def ticked_in(response):
    return re.findall(r'name="roles" value="(\w+)"[^>]* checked', source_of(response))


def invite(browser, **fields):
    values = {"email": "anna@partner.example", "name": "Anna", "roles": ["admin_agent"], **fields}
    return browser.post("/users/invite/", values)


def test_people_stand_there_with_roles_last_sign_in_and_state(clock, browser, partner):
    auditor = UserFactory(partner=partner, name="Audrey", roles=[Role.AUDITOR, Role.ACCOUNT_ADMIN], is_active=False)
    auditor.role_assignments.filter(role=Role.AUDITOR).update(last_day="2020-01-23")
    UserFactory(name="Stranger")
    words = words_of(browser.get("/users/"))
    assert "Audrey" in words
    assert "Account admin Auditor ended after 23 January 2020 (UTC)" in words
    assert "switched off" in words
    assert "Stranger" not in words


def test_the_list_asks_a_fixed_number_of_queries(browser, global_admin, partner):
    counts = []
    for start in (0, 20):
        for number in range(start, start + 5):
            UserFactory(partner=partner, roles=[Role.AUDITOR, Role.ADMIN_AGENT])
            invite_user(
                email=f"n{number}@x.example", name="N", roles=[Role.AUDITOR], partner=partner, actor=global_admin
            )
        counts.append(len(queries_of(browser, "/users/")))
    assert counts[0] == counts[1] <= MOST_QUERIES


def test_the_gear_menu_leads_there_or_says_why_not(browser, agent, client_of):
    assert 'href="/users/"' in browser.get("/").content.decode()
    words = words_of(client_of(agent).get("/"))
    assert "Only these roles may manage users and roles: Global admin, Operator admin. Yours: Admin agent." in words


def test_inviting_from_the_page(browser, partner):
    response = invite(browser, roles=["admin_agent", "auditor"], auditor_last_day="2099-03-01")
    assert response.url == "/users/"
    invitation = Invitation.objects.get()
    assert (invitation.partner, invitation.roles) == (partner, ["admin_agent", "auditor"])
    words = words_of(browser.get("/users/"))
    assert "An invitation is on its way to anna@partner.example." in words
    assert "Invitations that wait" in words


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"email": ""}, "Give an e-mail address."),
        ({"email": "anna"}, "Write an e-mail address like this"),
        ({"email": "a" * 10_000 + "@x.example"}, "This is too long: give at most 254 characters."),
        ({"email": f"an{RLO}na@x.example"}, "Write an e-mail address like this"),
        ({"name": ""}, "Give the person's name."),
        ({"name": "王" * 10_000}, "This is too long: give at most 200 characters."),
        ({"roles": []}, "Choose at least one role."),
        ({"roles": ["operator_admin"]}, "There is no such choice."),
        ({"roles": ["x" * 10_000]}, "There is no such choice."),
        ({"roles": ["auditor"], "auditor_last_day": "2020-02-31"}, "There is no such day."),
        ({"roles": ["auditor"], "auditor_last_day": "2001-02-03"}, "is over. Choose today or a later day"),
        ({"auditor_last_day": "2099-01-01"}, "Only the role Auditor can have a last day."),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_is_kept(browser, fields, sentence):
    response = invite(browser, **fields)
    assert response.status_code == 200
    assert sentence in words_of(response)
    typed = fields.get("auditor_last_day")
    if typed:
        assert f'value="{typed}"' in source_of(response)
    assert 'value="Anna"' in source_of(response) or "name" in fields
    assert not Invitation.objects.exists()
    assert not Mail.objects.exists()


def test_an_address_with_an_account_is_refused_on_the_form(browser, agent):
    response = invite(browser, email=agent.email.upper())
    assert f"{agent.email} has an account already" in words_of(response)
    assert not Invitation.objects.exists()


def test_a_name_is_shown_as_text_in_a_direction_of_its_own(browser):
    invite(browser, name=f'{RLO}<b>O\'Neil "王"')
    source = source_of(browser.get("/users/"))
    assert f"<bdi>{RLO}&lt;b&gt;O&#x27;Neil &quot;王&quot;</bdi>" in source


def test_an_invitation_is_sent_again_and_revoked_from_the_list(browser):
    invite(browser)
    browser.post(f"/users/invitations/{Invitation.objects.get().public_id}/resend/")
    assert Mail.objects.count() == 2
    waiting = Invitation.objects.waiting().get()
    browser.post(f"/users/invitations/{waiting.public_id}/revoke/")
    words = words_of(browser.get("/users/"))
    assert "The invitation of anna@partner.example is revoked." in words
    assert "Invitations that wait" not in words
    response = browser.post(f"/users/invitations/{waiting.public_id}/revoke/")
    assert response.status_code == 409
    assert "waits no more" in words_of(response)


def test_roles_are_changed_on_a_users_page(browser, agent):
    page = f"/users/{agent.public_id}/"
    assert 'value="admin_agent"' in browser.get(page).content.decode()
    response = browser.post(page, {"roles": ["auditor"], "seen": agent.rights, "auditor_last_day": "2099-03-01"})
    assert response.url == page
    assert User.objects.get(pk=agent.pk).roles == {Role.AUDITOR}
    assert "2099-03-01" in browser.get(page).content.decode()


def test_a_page_that_saw_other_roles_changes_nothing_and_shows_what_is_so(browser, agent):
    page = f"/users/{agent.public_id}/"
    response = browser.post(page, {"roles": ["auditor"], "seen": "another"})
    assert f"The roles of {agent.email} or their limits were changed meanwhile." in words_of(response)
    assert User.objects.get(pk=agent.pk).roles == {Role.ADMIN_AGENT}
    assert source_of(response).count('name="seen"') == 1
    assert f'<input type="hidden" name="seen" value="{agent.rights}">' in source_of(response)
    assert ticked_in(response) == ["admin_agent"]
    assert "What you asked for, which was not saved Roles Auditor" in words_of(response)
    assert source_of(response).count('class="form-check-input"') == len(roles_of_side(agent.partner_id))


def test_an_account_is_switched_off_and_on(browser, agent):
    page = f"/users/{agent.public_id}/"
    assert browser.post(f"{page}switch-off/").url == page
    words = words_of(browser.get(page))
    assert "Nobody can sign in with this account." in words
    assert browser.post(f"{page}switch-on/").url == page
    assert User.objects.get(pk=agent.pk).is_active


def test_the_own_account_cannot_be_switched_off_and_the_page_says_why(browser, global_admin):
    page = f"/users/{global_admin.public_id}/"
    assert f"{global_admin.email} is the last one with the role Global admin." in words_of(browser.get(page))
    response = browser.post(f"{page}switch-off/")
    assert response.status_code == 409
    assert User.objects.get(pk=global_admin.pk).is_active


def test_the_own_admin_role_stays_and_the_form_says_why(browser, global_admin, partner):
    UserFactory(partner=partner, roles=[Role.GLOBAL_ADMIN])
    page = f"/users/{global_admin.public_id}/"
    response = browser.post(page, {"roles": ["auditor"], "seen": global_admin.rights})
    assert "Nobody takes the role Global admin from themselves." in words_of(response)


def test_the_operators_admins_see_their_staff_only(client_of, agent):
    admin = UserFactory(partner=None, roles=[Role.OPERATOR_ADMIN], name="Olga")
    browser = client_of(admin)
    words = words_of(browser.get("/users/"))
    assert "Olga" in words
    assert agent.name not in words
    form = browser.get("/users/invite/").content.decode()
    assert 'value="support_agent"' in form
    assert 'value="auditor"' not in form
    assert "auditor_last_day" not in form
    assert browser.get(f"/users/{agent.public_id}/").status_code == 404
