"""`manage.py invite_user`: the way in of a portal that nobody can enter yet (P5)."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from activity.models import Action, Event
from csp_portal.accounts.models import Invitation, User
from csp_portal.accounts.permissions import Role
from csp_portal.mail.models import Mail
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def invite(*, email="Olga@Operator.example", name="Olga", role="operator_admin", **more):
    out = StringIO()
    call_command("invite_user", email=email, name=name, role=[role], stdout=out, **more)
    return out.getvalue()


def test_the_first_operator_admin_of_an_empty_portal_comes_in():
    address = invite(show=True).splitlines()[-1]
    assert Event.objects.get(action=Action.USER_INVITED).actor_name == "system:invite_user"
    browser = Client()
    form = {"name": "Olga", "password": PASSWORD, "password_again": PASSWORD}
    assert browser.post(address, form).status_code == 302
    assert User.objects.get().roles == {Role.OPERATOR_ADMIN}
    assert browser.get("/users/").status_code == 200


def test_the_address_is_mailed_and_not_printed_unless_asked_for():
    assert "signature" not in invite()
    assert Mail.objects.get().to == "olga@operator.example"


def test_a_partners_user_is_invited_by_the_partners_name(partner):
    invite(role="global_admin", partner=partner.legal_name)
    assert (Invitation.objects.get().partner, Invitation.objects.get().roles) == (partner, ["global_admin"])


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"email": "olga"}, "'olga' is no e-mail address."),
        ({"name": " "}, "Give a name of at most 200 characters."),
        ({"name": "x" * 201}, "Give a name of at most 200 characters."),
        ({"partner": "Nobody Ltd"}, "There is no one partner called 'Nobody Ltd'."),
        ({"role": "global_admin"}, "The role Global admin cannot be held by this user."),
        ({"email": "taken@x.example"}, "taken@x.example has an account already"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_nobody_is_invited(given, sentence):
    UserFactory(email="taken@x.example")
    with pytest.raises(CommandError, match=sentence.replace(".", r"\.")):
        invite(**given)
    assert not Invitation.objects.exists()
