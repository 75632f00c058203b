"""Signing in and out by e-mail and password (spec 1, A3)."""

import pytest
from allauth.account.adapter import get_adapter
from django.test import Client
from django.urls import NoReverseMatch, reverse

from activity.models import Action, Address, Event
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Role
from csp_portal.accounts.services import create_user
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

PAGE = "/accounts/sign-in/"


@pytest.fixture
def browser():
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def user(global_admin, partner):
    """A user made as the portal makes them."""
    return create_user(
        actor=global_admin,
        email="Anna@Partner.example",
        password=PASSWORD,
        name="Anna",
        roles=[Role.ADMIN_AGENT],
        partner=partner,
    )


def send(browser, page, action=None, **fields):
    """Open `page` and send its form, with the secret that it holds."""
    secret = browser.get(page).cookies.get("csrftoken") or browser.cookies["csrftoken"]
    return browser.post(action or page, {"csrfmiddlewaretoken": secret.value, **fields})


def sign_in(browser, email, password=PASSWORD, page=PAGE):
    return send(browser, page, login=email, password=password)


def is_signed_in(browser):
    return browser.get("/").status_code == 200


def test_a_user_signs_in_and_comes_home(browser, user):
    response = sign_in(browser, user.email)
    assert (response.status_code, response.url) == (302, "/")
    assert "Welcome, Anna" in browser.get("/").content.decode()
    event = Event.objects.get(action=Action.SIGNED_IN)
    assert (event.actor_name, event.partner) == ("anna@partner.example", user.partner)
    assert Address.objects.filter(event_id=event.pk, address="127.0.0.1").exists()


def test_the_address_is_taken_in_any_case(browser, user):
    sign_in(browser, "ANNA@partner.EXAMPLE")
    assert is_signed_in(browser)


def test_signing_in_leads_back_to_the_page_that_was_asked_for(browser, user):
    asked = browser.get("/invoices/?page=2")
    assert asked.url == f"{PAGE}?next=%2Finvoices%2F%3Fpage%3D2"
    secret = browser.get(asked.url).cookies["csrftoken"].value
    fields = {"csrfmiddlewaretoken": secret, "login": user.email, "password": PASSWORD, "next": "/invoices/?page=2"}
    assert browser.post(PAGE, fields).url == "/invoices/?page=2"


def test_signing_in_leads_to_no_other_site(browser, user):
    response = send(browser, PAGE, login=user.email, password=PASSWORD, next="https://evil.example/")
    assert response.url == "/"


@pytest.mark.parametrize(
    ("email", "password"), [("anna@partner.example", "not the password"), ("nobody@x.example", PASSWORD)]
)
def test_a_wrong_address_or_password_is_refused_in_the_same_words(browser, user, email, password):
    response = sign_in(browser, email, password)
    assert response.status_code == 200
    assert "The e-mail address or the password is not right." in response.content.decode()
    assert f'value="{email}"' in response.content.decode()
    assert password not in response.content.decode()
    assert not is_signed_in(browser)


def test_a_refused_sign_in_is_in_the_log_of_the_partner_whose_user_was_tried(browser, user):
    sign_in(browser, user.email, "wrong")
    event = Event.objects.get(action=Action.SIGN_IN_REFUSED)
    assert (event.partner, event.who, event.details) == (user.partner, "visitor without sign-in", {"email": user.email})
    assert not Event.objects.filter(action=Action.SIGNED_IN).exists()


def test_a_refused_sign_in_of_nobody_we_know_is_in_no_partners_log(browser, user):
    sign_in(browser, "nobody@x.example")
    assert Event.objects.get(action=Action.SIGN_IN_REFUSED).partner is None


def test_no_password_ever_reaches_the_log(browser, user):
    sign_in(browser, user.email, "hunter2-hunter2")
    sign_in(browser, user.email)
    assert all("hunter2" not in str(event.details) for event in Event.objects.all())
    assert all(PASSWORD not in str(event.details) for event in Event.objects.all())


def test_who_is_switched_off_does_not_come_in(browser, user):
    user.is_active = False
    user.save()
    response = sign_in(browser, user.email)
    assert response.url == "/accounts/inactive/"
    assert "This account is switched off" in browser.get(response.url).content.decode()
    assert not is_signed_in(browser)


def test_who_is_switched_off_while_signed_in_is_out_at_once(browser, user):
    sign_in(browser, user.email)
    user.is_active = False
    user.save()
    assert not is_signed_in(browser)


def test_too_many_failures_make_the_next_attempt_wait(browser, user):
    for _attempt in range(6):
        response = sign_in(browser, user.email, "wrong")
    assert "Too many failed sign-ins" in response.content.decode()
    sign_in(browser, user.email)
    assert not is_signed_in(browser)


def test_too_many_requests_to_the_form_are_a_page(browser):
    for number in range(30):
        sign_in(browser, f"user{number}@partner.example", "")
    response = sign_in(browser, "user@partner.example", "")
    assert response.status_code == 429
    assert "Too many requests" in response.content.decode()


@pytest.mark.parametrize("path", ["/accounts/signup/", "/accounts/sign-up/", "/signup/", "/accounts/password/reset/"])
def test_sign_up_is_closed(browser, user, path):
    users = User.objects.count()
    assert browser.get(path).status_code == 404
    assert Client().post(path, {"email": "eve@x.example", "password1": PASSWORD}).status_code == 404
    assert User.objects.count() == users


def test_no_address_of_sign_up_is_known_and_the_door_behind_it_is_shut(rf):
    with pytest.raises(NoReverseMatch):
        reverse("account_signup")
    assert not get_adapter().is_open_for_signup(rf.get("/"))


def test_signing_out_is_a_post(browser, user):
    sign_in(browser, user.email)
    assert "Sign out?" in browser.get("/accounts/sign-out/").content.decode()
    assert is_signed_in(browser)
    assert send(browser, "/accounts/sign-out/").url == PAGE
    assert "You are signed out." in browser.get(PAGE).content.decode()
    assert not is_signed_in(browser)


def test_a_form_without_its_secret_is_refused_with_a_page_of_the_portal(browser, user):
    response = browser.post(PAGE, {"login": user.email, "password": PASSWORD})
    assert response.status_code == 403
    assert "This form is out of date" in response.content.decode()
    assert not is_signed_in(browser)
