"""Files of a request: sent as soon as they are chosen, or with the form where there are no scripts (S1, S3)."""

import re

import pytest
from playwright.sync_api import expect

from cancellations.support.models import Attachment, SupportRequest
from csp_portal.accounts.permissions import Role
from software.models import Kind
from tests.attachments import PDF, PNG
from tests.factories import CustomerFactory, UserFactory, buy_line, make_sku

pytestmark = pytest.mark.django_db(transaction=True)

FILES = [
    {"name": "견적서.pdf", "mimeType": "application/pdf", "buffer": PDF},
    {"name": "屏幕截图.png", "mimeType": "image/png", "buffer": PNG},
]
BAD = {"name": "picture.png", "mimeType": "image/png", "buffer": PDF}


@pytest.fixture
def agent():
    return UserFactory(roles=[Role.ADMIN_AGENT])


@pytest.fixture
def line(agent):
    sku = make_sku(kind=Kind.RESERVATION, cancellation_policy="support_only")
    return buy_line(agent, CustomerFactory(partner=agent.partner), sku)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_files_are_added_taken_out_and_sent(signed_in, agent, line, scripts):
    page = signed_in(agent, scripts=scripts)
    page.goto(f"/support/new/?purchase={line.purchase.public_id}")
    page.get_by_label("Description").fill("같은 예약을 두 번 주문했습니다.")
    for chosen in (FILES, BAD):
        page.get_by_label("Add files").set_input_files(chosen)
        if not scripts:
            page.get_by_role("button", name="Add", exact=True).click()
        expect(page.get_by_role("link", name="屏幕截图.png")).to_be_visible()
    expect(page.get_by_text("The content of picture.png is not what its name says.")).to_be_visible()
    page.get_by_role("button", name="Remove 견적서.pdf").click()
    expect(page.get_by_role("link", name="견적서.pdf")).to_have_count(0)
    expect(page.get_by_label("Description")).to_have_value("같은 예약을 두 번 주문했습니다.")
    page.get_by_label("Refund reason").select_option("by_mistake")
    page.get_by_label("I have read this.").check()
    page.get_by_role("button", name="Submit").click()
    expect(page).to_have_url(re.compile(r"/support/\d{15}/$"))
    assert [file.name for file in SupportRequest.objects.get().attachments.all()] == ["屏幕截图.png"]
    assert Attachment.objects.count() == 1


@pytest.mark.parametrize(("files", "is_filed"), [(FILES, True), ([BAD, FILES[0]], False)], ids=["taken", "refused"])
def test_a_form_that_is_sent_while_a_file_is_on_its_way_waits_for_it(signed_in, agent, line, files, is_filed):
    page, held = signed_in(agent), []
    page.route("**/support/drafts/files/", lambda upload: held.append(upload), times=1)
    page.goto(f"/support/new/?purchase={line.purchase.public_id}")
    page.get_by_label("Description").fill("같은 예약을 두 번 주문했습니다.")
    page.get_by_label("Refund reason").select_option("by_mistake")
    page.get_by_label("I have read this.").check()
    with page.expect_request("**/support/drafts/files/"):
        page.get_by_label("Add files").set_input_files(files)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_label("Description")).to_be_visible()
    assert not SupportRequest.objects.exists()
    held.pop().continue_()
    if is_filed:
        expect(page).to_have_url(re.compile(r"/support/\d{15}/$"))
        assert SupportRequest.objects.get().attachments.count() == len(files)
    else:
        expect(page.get_by_role("link", name="견적서.pdf")).to_be_visible()
        expect(page.get_by_label("Add files")).to_be_focused()  # it is all over
        expect(page.get_by_role("alert")).to_contain_text("The content of picture.png is not what its name says.")
        page.wait_for_load_state("networkidle")  # nothing follows
        assert page.url.endswith(str(line.purchase.public_id))
        assert not SupportRequest.objects.exists()


def test_from_the_menu_the_customer_and_its_orders_are_found_while_typing(signed_in, agent, line):
    page = signed_in(agent)
    page.goto("/support/new/")
    customer = page.get_by_label("Customer: tenant GUID or domain")
    customer.fill(line.order.customer.primary_domain)
    customer.press("Tab")
    page.get_by_label("Order or subscription id").select_option(str(line.purchase.public_id))
    expect(page.get_by_label("Amount requested")).to_have_value("1200.00")
