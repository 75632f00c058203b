"""What cannot be cancelled, asked of support: form, evidence, approval, credit on the invoice, log; or a denial."""

from collections.abc import Callable
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from cancellations.models import Cancellation
from cancellations.support.models import ApprovalThreshold, RequestStatus, SupportRequest
from csp_portal.accounts.permissions import Role
from orders.billing.services import close_due_months, issue_due_invoices
from orders.models import OrderLine
from software.models import CancellationPolicy
from tests.factories import CustomerFactory, PartnerFactory, UserFactory, buy_line, make_sku

pytestmark = pytest.mark.django_db(transaction=True)

TITLE = "Windows 7 Extended Security Updates 2020"
FILED, DECIDED = "2020-02-03T12:00:00Z", "2020-04-20T12:00:00Z"  # in the window, and long after it
CREDIT = "1,163.93\xa0USD"  # of 1,200.00 USD as of the filing: 366 days, 11 of them used


@pytest.fixture
def line() -> OrderLine:
    """What is cancelled only by support request, bought on 2020-01-24."""
    partner = PartnerFactory(legal_name="Fabrikam Cloud Services Ltd")
    agent = UserFactory(partner=partner, roles=[Role.ADMIN_AGENT, Role.GLOBAL_ADMIN], name="王小明")
    customer = CustomerFactory(partner=partner, company_name="한빛전자 주식회사")
    with time_machine.travel("2020-01-24T12:00:00Z"):
        sku = make_sku("1200.00", title=TITLE, keys=1, cancellation_policy=CancellationPolicy.SUPPORT_ONLY)
        return buy_line(agent, customer, sku)


@pytest.fixture
def agent(line):
    return line.order.placed_by


@pytest.fixture
def support(db):
    """A support agent who approves by himself up to 5,000.00 USD."""
    ApprovalThreshold.objects.create(currency="USD", amount=Decimal(5000))
    return UserFactory(partner=None, roles=[Role.SUPPORT_AGENT], name="Sam Support")


def ask_for_refund(page: Page, line: OrderLine, *, scripts: bool) -> SupportRequest:
    """From the Cancel that is not available to the form, which knows all but why; answers what was filed."""
    page.goto(reverse("cancellations:software", args=[line.order.customer.tenant_id]))
    page.locator("summary", has_text="Cancel").click()
    expect(page.get_by_text(f"{TITLE} is cancelled only by a support request")).to_be_visible()
    page.get_by_role("link", name="Report a problem").click()
    expect(page.get_by_label("Customer: tenant GUID or domain")).to_have_value(str(line.order.customer.tenant_id))
    expect(page.get_by_label("Amount requested")).to_have_value("1163.93")
    page.get_by_label("Refund reason").select_option(label="Wrong product or edition")
    page.get_by_label("Impact").select_option("moderate")
    page.get_by_label("Description").fill("잘못된 제품을 주문했습니다.\nNothing was installed.")
    page.get_by_label("Add files").set_input_files(
        {"name": "주문서.txt", "mimeType": "text/plain", "buffer": "주문 확인서".encode()}
    )
    if scripts:
        expect(page.locator("#file-list").get_by_role("link", name="주문서.txt")).to_be_visible()
    page.get_by_label("I have read this.").check()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("is filed.")).to_be_visible()
    expect(page.get_by_role("link", name="주문서.txt")).to_be_visible()
    return SupportRequest.objects.get()


def take_up(page: Page, asked: SupportRequest) -> None:
    """From the queue to the request, with its evidence."""
    page.goto("/queue/?view=unassigned")
    page.get_by_role("button", name="Claim").first.click()
    page.goto(f"/queue/{asked.number}/")
    expect(page.get_by_text("Nothing was installed.").first).to_be_visible()
    expect(page.get_by_role("heading", name="Evidence")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_the_road_to_a_refund(line, agent, support, signed_in: Callable[..., Page], scripts):
    with time_machine.travel(FILED) as clock:
        asked = ask_for_refund(signed_in(agent, scripts=scripts), line, scripts=scripts)

        clock.move_to(DECIDED)
        page = signed_in(support, scripts=scripts)
        take_up(page, asked)
        page.get_by_role("link", name="The purchase in the log").click()
        expect(page.get_by_text(line.order.number).first).to_be_visible()
        page.goto(f"/queue/{asked.number}/")
        page.get_by_role("link", name="Approve…").click()
        expect(page.get_by_text(CREDIT).first).to_be_visible()
        page.get_by_role("textbox", name="Reply to the partner").fill("환불이 승인되었습니다.")
        page.get_by_role("button", name="Approve and cancel").click()
        expect(page.get_by_text("is approved").first).to_be_visible()
        assert Cancellation.objects.get().credit.net == Decimal("1163.93")

        page = signed_in(agent, scripts=scripts)
        page.goto(asked.get_absolute_url())
        expect(page.get_by_text(f"Credit {CREDIT} incl. tax, on the April 2020 invoice.")).to_be_visible()
        expect(page.get_by_text("환불이 승인되었습니다.")).to_be_visible()
        expect(page.get_by_text("Sam Support")).to_have_count(0)
        page.get_by_role("link", name="Certificate of cancellation").click()
        expect(page.get_by_role("heading", name="Certificate of cancellation")).to_be_visible()

        clock.move_to("2020-05-08T00:10:00Z")
        close_due_months(timezone.now())
        issue_due_invoices(timezone.now())
        page = signed_in(agent, scripts=scripts)
        page.goto("/invoices/")
        page.get_by_role("link", name="G000002").click()
        expect(page.get_by_text(f"1,200.00\xa0USD × (366 − 11) / 366 = {CREDIT}")).to_be_visible()
        page.goto("/activity/?show=all")
        expect(page.get_by_role("cell", name="Refund approved").first).to_be_visible()
        expect(page.get_by_role("cell", name="Purchase cancelled").first).to_be_visible()


def test_the_road_to_a_denial(line, agent, support, signed_in: Callable[..., Page]):
    with time_machine.travel(FILED) as clock:
        asked = ask_for_refund(signed_in(agent), line, scripts=True)

        clock.move_to("2020-02-04T09:00:00Z")
        page = signed_in(support)
        take_up(page, asked)
        page.get_by_label("Your words, in English").fill("Was the key used?")
        page.get_by_role("button", name="Ask and wait").click()
        expect(page.get_by_text("Nothing is due until the partner has replied.").first).to_be_visible()

        partners = signed_in(agent)
        partners.goto(asked.get_absolute_url())
        expect(partners.get_by_text("Support waits for your reply.")).to_be_visible()
        partners.get_by_label("Your reply").fill("네, 한 번 사용했습니다.")
        partners.get_by_role("button", name="Send the reply").click()
        expect(partners.get_by_text("Your reply is sent.")).to_be_visible()

        page.goto(f"/queue/{asked.number}/")
        expect(page.get_by_text("네, 한 번 사용했습니다.")).to_be_visible()
        page.get_by_role("link", name="Deny…").click()
        page.get_by_label("The software was used").check()
        page.get_by_role("textbox", name="Reply to the partner").fill("The key was in use.")
        page.get_by_role("button", name="Deny the refund").click()
        expect(page.get_by_text(f"Request {asked.number} is denied.")).to_be_visible()

        partners.goto(asked.get_absolute_url())
        expect(partners.get_by_text("Reason: The software was used.")).to_be_visible()
        expect(partners.get_by_text("The key was in use.")).to_be_visible()
        expect(partners.get_by_role("button", name="Send the reply")).to_have_count(0)
    assert not Cancellation.objects.exists()
    assert SupportRequest.objects.get().status == RequestStatus.DENIED
    line.purchase.refresh_from_db()
    assert line.purchase.is_active
