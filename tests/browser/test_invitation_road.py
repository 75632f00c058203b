"""The road of a new user: invited, mailed, a password chosen, in; with scripts and without (P5)."""

import re

import pytest
from playwright.sync_api import Page, expect

from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Role
from csp_portal.mail.models import Mail
from tests.browser.test_road import sign_in
from tests.factories import PASSWORD, PartnerFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def global_admin(settings, live_server) -> User:
    settings.MAIL_SITE_URL = live_server.url
    return UserFactory(partner=PartnerFactory(legal_name="Fabrikam Cloud Services Ltd"), roles=[Role.GLOBAL_ADMIN])


def invite(page: Page) -> str:
    """From the gear menu to the mail; answers the address in it."""
    page.get_by_label("Administration").first.click()
    page.get_by_role("link", name="Users and roles").click()
    page.get_by_role("link", name="Invite a user").click()
    page.get_by_label("E-mail address").fill("Anna@Fabrikam.example")
    page.get_by_role("textbox", name="Name", exact=True).fill("Anna")
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_text("Choose at least one role.").first).to_be_visible()
    page.get_by_label("Admin agent").check()
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_text("An invitation is on its way to anna@fabrikam.example.")).to_be_visible()
    return re.search(r"https?://\S+", Mail.objects.get().complete_text)[0]


def accept(page: Page, address: str) -> None:
    """Choose a password, at the second try one that is long enough."""
    page.goto(address)
    expect(page.get_by_text("You are invited to work here for Fabrikam Cloud Services Ltd.")).to_be_visible()
    for password in ("too short", PASSWORD):
        page.get_by_label("Password", exact=True).fill(password)
        page.get_by_label("Password once more").fill(password)
        page.get_by_label("Name").fill("Anna Müller")
        page.get_by_role("button", name="Create my account and sign in").click()
    expect(page.get_by_label("Signed in as anna@fabrikam.example")).to_be_visible()


@pytest.mark.parametrize(("scripts", "width"), [(True, 1280), (False, 1280), (False, 390)])
def test_the_road_of_an_invitation(open_browser, global_admin, scripts, width):
    admin_page = open_browser(scripts=scripts, width=width)
    sign_in(admin_page, global_admin.email)
    address = invite(admin_page)
    page = open_browser(scripts=scripts, width=width)
    accept(page, address)
    assert page.request.get(address).status == 410
    admin_page.reload()
    admin_page.get_by_role("link", name="Anna Müller").click()
    admin_page.get_by_label("Auditor", exact=True).check()
    admin_page.get_by_role("button", name="Save the roles").click()
    expect(admin_page.get_by_text("The roles of anna@fabrikam.example are saved.")).to_be_visible()
    admin_page.get_by_role("button", name="Switch the account off").click()
    expect(admin_page.get_by_text("Nobody can sign in with this account.")).to_be_visible()
    page.goto("/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
