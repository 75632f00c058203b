"""Cancelling as people do it: refused, done, late from a second tab, late by a colleague; then the invoice (C3, C7)."""

import csv
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from cancellations.models import Cancellation
from csp_portal.accounts.permissions import Role
from orders.billing.models import Credit
from orders.billing.services import close_due_months, issue_due_invoices
from orders.models import OrderLine
from tests.factories import CustomerFactory, PartnerFactory, UserFactory, buy_line, make_sku

pytestmark = pytest.mark.django_db(transaction=True)

LOOKS = [{"width": 1280}, {"width": 390, "dark": True}, {"width": 1280, "scripts": False}]


@pytest.fixture
def line() -> OrderLine:
    """A subscription of 1,200.00 USD, bought on 2020-01-24."""
    partner = PartnerFactory(legal_name="Fabrikam Cloud Services Ltd")
    agent = UserFactory(partner=partner, roles=[Role.ADMIN_AGENT], email="agent@fabrikam.example")
    customer = CustomerFactory(partner=partner, company_name="=Contoso Bicycle Works")
    with time_machine.travel("2020-01-24T12:00:00Z"):
        return buy_line(agent, customer, make_sku("1200.00", title="Windows Server Standard - 1 year", keys=1))


@pytest.fixture
def colleague(line):
    return UserFactory(partner=line.order.partner, roles=[Role.ADMIN_AGENT], email="colleague@fabrikam.example")


def software_of(line: OrderLine) -> str:
    return reverse("cancellations:software", args=[line.order.customer.tenant_id])


def open_dialog(page: Page, line: OrderLine) -> None:
    """The Software tab, then Cancel; shows the terms and has not cancelled anything."""
    page.goto(software_of(line))
    page.get_by_role("link", name="Cancel Windows Server Standard - 1 year").click()
    expect(page.get_by_label("Order number")).to_have_value(line.order.number)
    expect(page.get_by_text("51 days left:")).to_be_visible()
    expect(page.get_by_text("1,167.21\xa0USD").first).to_be_visible()
    expect(page.get_by_text("It comes on the February 2020 invoice.")).to_be_visible()


def submit(page: Page, *, tick: bool = True) -> None:
    if tick:
        page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Submit").click()


def read_invoice(page: Page, folder: Path) -> list[dict[str, str]]:
    """Open February's invoice by hand; answers the rows of its CSV."""
    page.goto("/invoices/")
    page.get_by_role("link", name="G000002").click()
    expect(page.get_by_text("1,200.00\xa0USD × (366 − 10) / 366 = 1,167.21\xa0USD")).to_be_visible()
    expect(page.get_by_text("Carried forward to the next month: nothing is paid out.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Lines as CSV").click()
    assert download.value.suggested_filename == "invoice-G000002.csv"
    path = folder / "invoice.csv"
    download.value.save_as(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("look", LOOKS, ids=["desktop", "phone-dark", "without-scripts"])
def test_the_road_of_a_cancellation(line, colleague, signed_in: Callable[..., Page], tmp_path, look):
    agent, number = line.order.placed_by, line.order.number
    what = f"Windows Server Standard - 1 year of order {number} is cancelled."
    told = f"{what} Credit 1,167.21\xa0USD (incl. tax) on the February 2020 invoice."
    with time_machine.travel("2020-02-02T12:00:00Z") as clock:
        page, others = signed_in(agent, **look), signed_in(colleague, **look)
        second_tab = page.context.new_page()
        for tab in (page, second_tab, others):
            open_dialog(tab, line)

        submit(page, tick=False)
        expect(
            page.get_by_text("The Important message has not been accepted, so nothing was cancelled.")
        ).to_be_visible()
        assert not Cancellation.objects.exists()
        submit(page)
        expect(page.get_by_text(told)).to_be_visible()

        submit(second_tab)
        expect(second_tab.get_by_text(told)).to_be_visible()

        submit(others)
        expect(others.get_by_text(f"Order {number} was cancelled by {agent.email} on")).to_be_visible()
        expect(others.get_by_role("button", name="Submit")).to_have_count(0)
        assert Cancellation.objects.count() == Credit.objects.count() == 1

        others.goto(f"{software_of(line)}?sku={line.purchase.sku.public_id}")
        expect(others.locator(".note-plain").get_by_text(agent.email)).to_be_visible()

        clock.move_to("2020-03-08T00:10:00Z")
        close_due_months(timezone.now())
        issue_due_invoices(timezone.now())
        rows = read_invoice(signed_in(agent, **look), tmp_path)
    assert [row["kind"] for row in rows] == ["credit", "carried"]
    assert [Decimal(row["payable"]) for row in rows] == [Decimal("-1167.21"), Decimal("1167.21")]
    assert rows[0]["customer"] == "'=Contoso Bicycle Works"


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_a_tab_that_was_left_open_shows_fresh_amounts_before_it_cancels(line, signed_in: Callable[..., Page], scripts):
    with time_machine.travel("2020-02-02T23:50:00Z", tick=False) as clock:
        page = signed_in(line.order.placed_by, scripts=scripts)
        open_dialog(page, line)
        clock.move_to("2020-02-03T00:05:00Z", tick=False)
        submit(page)
        expect(page.get_by_text("The amounts you saw are more than 15 minutes old.")).to_be_visible()
        expect(page.get_by_text("1,163.93\xa0USD").first).to_be_visible()
        assert not Cancellation.objects.exists()
        submit(page)
        expect(page.get_by_text(f"of order {line.order.number} is cancelled. Credit 1,163.93\xa0USD")).to_be_visible()
    assert Credit.objects.get().gross == Decimal("1163.93")
