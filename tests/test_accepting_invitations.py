"""The page behind the address in an invitation's mail (P5)."""

import re
from datetime import date
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from activity.models import Action, Event
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Role
from csp_portal.accounts.services import invite_user, resend_invitation, revoke_invitation
from csp_portal.mail.addresses import signature_of
from csp_portal.mail.models import Mail
from tests.factories import PASSWORD, UserFactory
from tests.helpers import words_of

pytestmark = pytest.mark.django_db
STILL, NO_MORE = "2020-01-31T11:59:59.999999Z", "2020-01-31T12:00:00Z"


@pytest.fixture
def invitation(clock, global_admin, partner):
    """Made on 2020-01-24 at 12:00 UTC."""
    return invite_user(
        email="anna@partner.example",
        name="Anna",
        roles=[Role.ADMIN_AGENT, Role.AUDITOR],
        auditor_last_day=date(2020, 6, 30),
        partner=partner,
        actor=global_admin,
    )


def address_of(invitation):
    """The address as the mail holds it, without scheme and host."""
    mail = Mail.objects.get(cause__startswith=f"invitation:{invitation.public_id}")
    parts = urlsplit(re.search(r"https?://\S+", mail.complete_text)[0])
    return f"{parts.path}?{parts.query}"


def accept(invitation, browser=None, **fields):
    values = {"name": "Anna Müller", "password": PASSWORD, "password_again": PASSWORD, **fields}
    return (browser or Client()).post(address_of(invitation), values)


def users():
    return User.objects.filter(email="anna@partner.example")


def test_the_invited_person_becomes_a_user_and_is_signed_in(invitation, partner, global_admin):
    browser = Client()
    response = accept(invitation, browser)
    assert (response.status_code, response.url) == (302, "/")
    user = users().get()
    assert (user.name, user.partner, user.roles) == ("Anna Müller", partner, {Role.ADMIN_AGENT, Role.AUDITOR})
    assert user.role_assignments.get(role=Role.AUDITOR).last_day == date(2020, 6, 30)
    assert user.role_assignments.get(role=Role.ADMIN_AGENT).last_day is None
    assert user.check_password(PASSWORD)
    assert EmailAddress.objects.filter(user=user, email=user.email, verified=True, primary=True).exists()
    assert browser.get("/").status_code == 200
    invitation.refresh_from_db()
    assert invitation.state == "accepted"
    event = Event.objects.get(action=Action.USER_CREATED)
    assert (event.partner, event.who, event.details["invited_by"]) == (partner, user.email, global_admin.email)
    assert Event.objects.filter(action=Action.SIGNED_IN, actor_name=user.email).exists()


def test_the_form_is_sent_with_its_own_secret_only(invitation):
    browser = Client(enforce_csrf_checks=True)
    assert accept(invitation, browser).status_code == 403
    secret = browser.get(address_of(invitation)).cookies["csrftoken"].value
    assert accept(invitation, browser, csrfmiddlewaretoken=secret).status_code == 302


@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_the_page_changes_nothing(invitation, method):
    for _time in range(3):
        response = getattr(Client(), method)(address_of(invitation))
        assert response.status_code == 200
    assert "anna@partner.example" in words_of(Client().get(address_of(invitation)))
    invitation.refresh_from_db()
    assert invitation.state == "open"
    assert not users().exists()


def test_the_address_goes_into_no_cache_and_no_other_sites_log(invitation):
    response = Client().get(address_of(invitation))
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "strict-origin"
    assert response.headers["X-Robots-Tag"] == "noindex"


def test_it_works_until_the_seventh_day_is_over_and_not_an_instant_longer(clock, invitation):
    clock.set(STILL)
    assert Client().get(address_of(invitation)).status_code == 200
    clock.set(NO_MORE)
    for response in (Client().get(address_of(invitation)), accept(invitation)):
        assert response.status_code == 410
        assert "This invitation could be used until 31 Jan 2020, 12:00 UTC." in words_of(response)
    assert not users().exists()
    event = Event.objects.get(action=Action.INVITATION_REFUSED)
    assert (event.partner, event.details["reason"]) == (invitation.partner, "invitation_expired")
    clock.set(STILL)
    assert accept(invitation).status_code == 302


def test_it_works_once(invitation):
    accept(invitation)
    for response in (Client().get(address_of(invitation)), accept(invitation, name="Eve", password="another " * 3)):
        assert response.status_code == 410
        assert "This invitation was used on 24 Jan 2020, 12:00 UTC; it works once." in words_of(response)
    assert users().get().name == "Anna Müller"
    assert users().get().check_password(PASSWORD)


def test_a_revoked_one_opens_nothing_and_names_whom_to_ask(invitation, global_admin):
    revoke_invitation(invitation.public_id, actor=global_admin)
    response = accept(invitation)
    assert response.status_code == 410
    assert f"ask {global_admin.email} to invite you again" in words_of(response)
    assert not users().exists()


def test_the_one_before_opens_nothing_when_it_was_sent_again(invitation, global_admin):
    second = resend_invitation(invitation.public_id, actor=global_admin)
    assert accept(invitation).status_code == 410
    assert accept(second).status_code == 302


def test_an_address_that_has_an_account_by_now_is_told_to_sign_in(invitation):
    UserFactory(email="anna@partner.example", name="Somebody else")
    response = accept(invitation)
    assert response.status_code == 409
    assert "There is an account with this e-mail address already." in words_of(response)
    assert users().get().name == "Somebody else"


@pytest.mark.parametrize("query", ["", "?signature=", "?signature=x", "?signature=%00", "?other=1"])
def test_without_its_signature_the_address_is_not_found(invitation, query):
    for response in (
        Client().get(invitation.get_absolute_url() + query),
        Client().post(invitation.get_absolute_url() + query, {"name": "Eve", "password": PASSWORD}),
    ):
        assert response.status_code == 404
        assert "anna" not in words_of(response)
    assert not users().exists()


def test_the_signature_of_one_opens_no_other(invitation, partner, global_admin):
    other = invite_user(email="b@partner.example", name="B", roles=[Role.AUDITOR], partner=partner, actor=global_admin)
    signature = address_of(other).partition("?")[2]
    assert Client().get(f"{invitation.get_absolute_url()}?{signature}").status_code == 404


def test_an_invitation_that_is_unknown_is_not_found(db):
    path = "/invitations/00000000-0000-4000-8000-000000000001/"
    assert Client().get(f"{path}?signature={signature_of(path)}").status_code == 404


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "Give the person's name."),
        ({"name": "x" * 10_000}, "This is too long: give at most 200 characters."),
        ({"name": "Anna\0"}, "This holds a character that no keyboard types."),
        ({"password": "", "password_again": ""}, "Choose a password."),
        ({"password_again": "another password"}, "The two passwords are not the same."),
        ({"password": "short", "password_again": "short"}, "This password is too short."),
        ({"password": "1q2w3e4r5t6y", "password_again": "1q2w3e4r5t6y"}, "This password is too common."),
        ({"password": "anna@partner.example", "password_again": "anna@partner.example"}, "too similar to the e-mail"),
        ({"password": "Anna Müller 1", "password_again": "Anna Müller 1"}, "too similar to the name"),
        ({"password": "x" * 10_000, "password_again": "x" * 10_000}, "This is too long: give at most 128 characters."),
    ],
)
def test_what_is_wrong_is_told_the_name_is_kept_and_no_password_comes_back(invitation, fields, sentence):
    response = accept(invitation, **fields)
    assert response.status_code == 200
    assert sentence in words_of(response)
    assert 'value="Anna Müller"' in response.content.decode() or "name" in fields
    assert PASSWORD not in response.content.decode()
    assert not users().exists()
    assert Client().get(address_of(invitation)).status_code == 200


@pytest.mark.parametrize("name", ['O\'Brien "Bo" <b>', "\u202eevil", "王小明", "김민준"])
def test_a_name_in_any_script_is_taken_as_it_is(invitation, name):
    browser = Client()
    accept(invitation, browser, name=name)
    assert users().get().name == name
    assert "<b>" not in browser.get("/").content.decode()
