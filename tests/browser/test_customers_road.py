"""A partner's customers, as an Admin agent keeps them: add, edit, import a bad file, import a good one (U4)."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from csp_portal.accounts.permissions import Role
from customers.models import Customer
from tests.browser.test_road import go_to, sign_in
from tests.factories import PartnerFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = "Microsoft ID,Company name,Primary domain name,Relationship,Market,Currency\n"
SEOUL = "9b3e5d70-64f1-4a8c-b2d9-0e7c51f8a236,서울 자전거,seoul-bikes.example,Cloud Reseller,KR,KRW\n"
HAMBURG = "2F7A1C6E-0B5D-4C1E-9A57-3D8E6F2B4C10,Contoso GmbH,contoso.example,Cloud Reseller,DE,EUR\n"


def add(page: Page) -> None:
    """Add a customer; what is wrong is said first, and what was typed stays."""
    go_to(page, "Customers")
    page.get_by_role("link", name="Add customer").first.click()
    page.get_by_label("Company name").fill("Contoso Bicycle Works")
    page.get_by_label("Tenant GUID", exact=True).fill("not a guid")
    page.get_by_label("Primary domain").fill("https://contoso.example/")
    page.get_by_label("Market").select_option(label="Germany")
    page.get_by_label("Currency").select_option("EUR")
    page.get_by_role("button", name="Add customer").click()
    expect(page.get_by_role("alert")).to_contain_text("This is no GUID.")
    expect(page.get_by_role("alert")).to_contain_text("Give the domain alone")
    expect(page.get_by_label("Company name")).to_have_value("Contoso Bicycle Works")
    expect(page.get_by_label("Market")).to_have_value("DE")
    page.get_by_label("Tenant GUID", exact=True).fill("{2f7a1c6e-0b5d-4c1e-9a57-3d8e6f2b4c10}")
    page.get_by_label("Primary domain").fill("Contoso.Example")
    page.get_by_label("Street").fill("Hafenstraße 7")
    page.get_by_label("City").fill("Hamburg")
    page.get_by_label("Country").select_option(label="Germany")
    page.get_by_role("button", name="Add customer").click()
    expect(page.get_by_text("Contoso Bicycle Works was added.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Contoso Bicycle Works")


def edit(page: Page) -> None:
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Company name").fill("Contoso 자전거")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Contoso 자전거 is saved.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Contoso 자전거")


def choose(page: Page, path: Path, *rows: str) -> None:
    path.write_text(HEADER + "".join(rows), encoding="utf-8-sig")
    page.get_by_label("CSV file").set_input_files(path)
    page.get_by_role("button", name="Check the file").click()


def import_bad_then_good(page: Page, folder: Path) -> None:
    go_to(page, "Customers")
    page.get_by_role("link", name="Import").click()
    choose(page, folder / "bad.csv", SEOUL, HAMBURG.replace("DE", "Germany"), "too,few\n")
    expect(page.get_by_role("alert")).to_contain_text("Nothing was imported")
    expect(page.get_by_role("row", name="3 Market: Give a country's code")).to_be_visible()
    expect(page.get_by_role("row", name="4 The row has not as many cells as the header")).to_be_visible()
    choose(page, folder / "good.csv", SEOUL, HAMBURG)
    expect(page.get_by_role("row", name="서울 자전거")).to_be_visible()
    expect(page.get_by_role("heading", name="There already, but different in the file")).to_be_visible()
    assert Customer.objects.count() == 1
    page.get_by_role("button", name="Add 1 customer").click()
    expect(page.get_by_text("1 customer was added.")).to_be_visible()


def find(page: Page) -> None:
    """The one search box: by a part of the name, and by the whole GUID."""
    box = page.get_by_role("searchbox", name="Search customers")
    box.fill("자전거")
    box.press("Enter")
    expect(page.get_by_role("link", name="서울 자전거")).to_be_visible()
    expect(page.get_by_role("link", name="Contoso 자전거")).to_be_visible()
    page.get_by_role("searchbox", name="Search customers").fill("9B3E5D70-64F1-4A8C-B2D9-0E7C51F8A236")
    page.get_by_role("searchbox", name="Search customers").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("서울 자전거")
    expect(page.get_by_text("Not known yet.")).to_be_visible()


@pytest.mark.parametrize(
    ("width", "scripts", "dark"),
    [(1280, True, False), (390, True, True), (1280, False, False)],
    ids=["desktop", "phone-dark", "without-scripts"],
)
def test_customers_are_added_edited_imported_and_found(
    open_browser: Callable[..., Page], tmp_path: Path, width: int, scripts: bool, dark: bool
):
    agent = UserFactory(partner=PartnerFactory(), roles=[Role.ADMIN_AGENT])
    page = open_browser(width=width, scripts=scripts, dark=dark)
    sign_in(page, agent.email)
    add(page)
    edit(page)
    import_bad_then_good(page, tmp_path)
    find(page)
    assert set(Customer.objects.values_list("company_name", flat=True)) == {"Contoso 자전거", "서울 자전거"}
