"""A forgotten password is replaced by a mail to the account's address (P3)."""

import re
from urllib.parse import urlsplit

import pytest
from django.test import Client

from activity.models import Action, Event
from csp_portal.accounts.models import User
from csp_portal.mail.addresses import signature_of
from csp_portal.mail.models import Mail
from tests.factories import PASSWORD
from tests.helpers import words_of

pytestmark = pytest.mark.django_db
PAGE = "/accounts/password/"
NEW = "four quite different words"


def ask(email, browser=None):
    return (browser or Client()).post(PAGE, {"email": email})


def address():
    """The address of the newest mail, without scheme and host."""
    parts = urlsplit(re.search(r"https?://\S+", Mail.objects.latest("queued_at").complete_text)[0])
    return f"{parts.path}?{parts.query}"


def choose(where, **fields):
    return Client().post(where, {"password": NEW, "password_again": NEW, **fields})


def has_password(user, password):
    return User.objects.get(pk=user.pk).check_password(password)


def test_a_new_password_by_mail(clock, agent, client_of):
    signed_in = client_of(agent)
    assert ask(agent.email.upper()).status_code == 200
    where = address()
    assert agent.email in words_of(Client().get(where))
    response = choose(where)
    assert response.url == "/accounts/sign-in/"
    assert has_password(agent, NEW)
    assert signed_in.get("/").status_code == 302
    events = Event.objects.filter(action__in=[Action.PASSWORD_RESET_ASKED, Action.PASSWORD_CHANGED])
    assert [(event.partner, event.who) for event in events] == [(agent.partner, agent.email)] * 2


def test_whether_an_address_has_an_account_is_not_told(clock, agent):
    known, unknown = ask("someone@partner.example"), ask(agent.email)
    told = [words_of(known), words_of(unknown).replace(agent.email, "someone@partner.example")]
    assert told[0] == told[1]
    assert Mail.objects.get().to == agent.email


def test_who_is_switched_off_is_mailed_nothing(agent):
    User.objects.update(is_active=False)
    ask(agent.email)
    assert not Mail.objects.exists()
    assert not Event.objects.exists()


def test_the_address_works_for_an_hour(clock, agent):
    ask(agent.email)
    where = address()
    clock.set("2020-01-24T12:59:59.999999Z")
    assert Client().get(where).status_code == 200
    clock.set("2020-01-24T13:00:00Z")
    assert Client().get(where).status_code == choose(where).status_code == 410
    assert has_password(agent, PASSWORD)
    assert Event.objects.get(action=Action.SIGN_IN_REFUSED).details["reason"] == "password_reset_over"


def test_it_works_once_and_not_after_a_sign_in(clock, agent, client_of):
    ask(agent.email)
    where = address()
    client_of(agent)
    assert choose(where).status_code == 410
    clock.set("2020-01-24T12:20:00Z")
    ask(agent.email)
    where = address()
    assert choose(where).status_code == 302
    assert choose(where, password=PASSWORD, password_again=PASSWORD).status_code == 410
    assert has_password(agent, NEW)


def test_opening_it_changes_nothing_and_goes_into_no_cache(agent):
    ask(agent.email)
    for _time in range(2):
        response = Client().get(address())
        assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-store")
    assert has_password(agent, PASSWORD)


def test_what_is_stored_opens_nothing(agent):
    ask(agent.email)
    path = urlsplit(address()).path
    stored = Mail.objects.get()
    assert signature_of(path) not in f"{stored.text}{stored.signed_path}"
    assert Client().get(path).status_code == choose(path).status_code == 404
    assert has_password(agent, PASSWORD)


def test_one_user_is_mailed_at_most_once_in_ten_minutes(clock, agent):
    for instant in ("2020-01-24T12:00:00Z", "2020-01-24T12:09:59Z", "2020-01-24T12:10:00Z"):
        clock.set(instant)
        ask(agent.email)
    assert Mail.objects.count() == 2


def test_asking_again_and_again_is_told_to_wait(clock, agent):
    assert [ask(agent.email).status_code for _time in range(6)] == [200] * 5 + [429]


@pytest.mark.parametrize("typed", ["", "anna", "a" * 10_000 + "@x.example", "anna\0@x.example"])
def test_what_is_no_address_is_told(typed):
    response = ask(typed)
    assert 'class="field-error"' in response.content.decode()
    assert not Mail.objects.exists()


@pytest.mark.parametrize("fields", [{"password": "short", "password_again": "short"}, {"password_again": "another"}])
def test_a_password_that_is_too_weak_or_written_differently_is_refused(agent, fields):
    ask(agent.email)
    response = choose(address(), **fields)
    assert response.status_code == 200
    assert 'class="field-error"' in response.content.decode()
    assert has_password(agent, PASSWORD)
