"""The queue by keyboard, and several requests assigned with and without scripts (S5, X2)."""

import pytest
from playwright.sync_api import Page, expect

from cancellations.support.models import SupportRequest
from csp_portal.accounts.permissions import Role
from tests.factories import UserFactory
from tests.support import file_question

pytestmark = pytest.mark.django_db(transaction=True)

TITLES = ("first", "second", "第三个请求")


@pytest.fixture
def requests():
    """Three questions, due in the order of their titles."""
    agent = UserFactory(roles=[Role.ADMIN_AGENT])
    return [file_question(agent, title=title) for title in TITLES]


@pytest.fixture
def supporter():
    return UserFactory(partner=None, roles=[Role.SUPPORT_AGENT], name="王芳")


def link_to(page: Page, title: str):
    return page.get_by_role("link", name=title, exact=True)


def owners() -> list[str]:
    return [request.owner.name if request.owner else "" for request in SupportRequest.objects.order_by("pk")]


def test_a_request_is_found_claimed_and_answered_by_keys_alone(signed_in, requests, supporter):
    page = signed_in(supporter)
    page.goto("/queue/?sort=filed")
    page.keyboard.press("j")
    expect(link_to(page, "first")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(link_to(page, "第三个请求")).to_be_focused()
    page.keyboard.press("k")
    expect(link_to(page, "second")).to_be_focused()
    page.keyboard.press("c")
    expect(page.get_by_role("status").filter(has_text="is yours.")).to_be_visible()
    assert owners() == ["", "王芳", ""]
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("first")
    page.keyboard.press("c")
    expect(page.get_by_role("status").filter(has_text="is yours.")).to_be_visible()
    page.keyboard.press("r")
    expect(page.get_by_label("Your words")).to_be_focused()
    page.keyboard.type("jkc?")
    expect(page.get_by_label("Your words")).to_have_value("jkc?")
    assert owners() == ["王芳", "王芳", ""]


def test_the_question_mark_tells_of_the_keys_and_not_while_somebody_types(signed_in, requests, supporter):
    page = signed_in(supporter)
    page.goto("/queue/")
    help_ = page.get_by_role("dialog", name="Keyboard")
    search = page.get_by_label("Number, title, partner, customer or order number")
    search.press_sequentially("?jc")
    expect(search).to_have_value("?jc")
    expect(help_).to_be_hidden()
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("?")
    expect(help_).to_be_visible()
    page.keyboard.press("j")
    expect(link_to(page, "first")).not_to_be_focused()
    page.keyboard.press("Escape")
    expect(help_).to_be_hidden()
    page.get_by_role("button", name="Keyboard").click()
    expect(help_).to_be_visible()
    assert owners() == ["", "", ""]


@pytest.mark.parametrize("scripts", [True, False])
def test_ticked_requests_are_assigned_with_and_without_scripts(signed_in, requests, supporter, scripts):
    page = signed_in(supporter, scripts=scripts)
    page.goto("/queue/?view=unassigned&sort=filed")
    for request in requests[:2]:
        page.get_by_label(f"Choose request {request.number}").check()
    page.get_by_label("Assign to").select_option(label=f"王芳 ({supporter.email})")
    page.get_by_role("button", name="Assign the chosen requests").click()
    expect(page.get_by_text("2 requests are assigned.")).to_be_visible()
    expect(link_to(page, "第三个请求")).to_be_visible()
    expect(link_to(page, "first")).to_have_count(0)
    assert owners() == ["王芳", "王芳", ""]
