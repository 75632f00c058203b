"""The road, end to end, as people walk it: sign in, buy, key, link, download, cancel, credit, log."""

import hashlib
import subprocess
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import time_machine
from playwright.sync_api import Page, expect

from csp_portal.accounts.permissions import Role
from orders.billing.models import Entry, EntryKind
from orders.billing.tasks import close_invoices, issue_invoices
from tests.factories import PASSWORD, CustomerFactory, PartnerFactory, UserFactory, add_keys, make_build, make_sku

pytestmark = pytest.mark.django_db(transaction=True)
NAVIGATION_WIDTH = 992  # CSS pixels from which the navigation stands at the left of the page
CONTENT = b"not an operating system, but its bytes" * 5000


@pytest.fixture
def shop() -> dict:
    """A partner with an Admin agent, a Global admin, a customer and something to sell."""
    partner = PartnerFactory(legal_name="Fabrikam Cloud Services Ltd")
    sku = make_sku("1200.00", product__title="Windows Server Standard", title="Windows Server Standard - 1 year")
    (key,) = add_keys(sku, 1)
    make_build(sku.product, CONTENT, file_name="windows-server.iso")
    return {
        "agent": UserFactory(partner=partner, roles=[Role.ADMIN_AGENT]),
        "global_admin": UserFactory(partner=partner, roles=[Role.GLOBAL_ADMIN]),
        "customer": CustomerFactory(partner=partner, company_name="Contoso Bicycle Works"),
        "key": key,
    }


def sign_in(page: Page, email: str) -> None:
    page.goto("/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label(f"Signed in as {email}")).to_be_visible()


def go_to(page: Page, name: str) -> None:
    """Choose a place in the navigation, which on a phone stands behind a button."""
    assert page.viewport_size is not None
    if page.viewport_size["width"] < NAVIGATION_WIDTH:
        page.locator(".phone-menu summary").click()
    page.get_by_role("navigation", name="Main navigation").get_by_role("link", name=name).locator(
        "visible=true"
    ).click()


def buy(page: Page) -> str:
    """Home to order in at most four screens after the customer's; answers the order number."""
    go_to(page, "Customers")
    page.get_by_role("link", name="Contoso Bicycle Works").click()
    page.get_by_role("link", name="Add products").first.click()
    page.get_by_role("button", name="Add Windows Server Standard - 1 year").click()
    page.get_by_role("link", name="Cart, 1 line").click()
    expect(page.get_by_text("can be cancelled until the end of 25 March 2026 (UTC)")).to_be_visible()
    page.get_by_role("button", name="Continue to review").click()
    page.get_by_label("Purchase order number").fill("PO-4711")
    page.get_by_role("button", name="Place order").click()
    number = page.get_by_role("heading", level=1).inner_text().split()[1]
    page.get_by_role("link", name="Get keys and downloads").click()
    return number


def get_key_and_link(page: Page, key: str) -> str:
    """Choose the build, show the key; answers the link's address."""
    page.wait_for_load_state()  # before its styles are there, the form for no scripts stands beside the other
    page.get_by_role("button", name="Submit").click()
    assert key not in page.content()
    page.get_by_role("button", name="Get keys and downloads").click()
    assert key not in page.content()
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text(key)).to_be_visible()
    hide = page.get_by_role("button", name="Hide").or_(page.get_by_role("link", name="Hide the key now"))
    hide.click()
    expect(page.get_by_text(key)).to_have_count(0)
    expect(page.get_by_text("50 of 50 left")).to_be_visible()
    return page.locator("#link code").inner_text()


def download_as_the_customer(page: Page, address: str, folder: Path) -> None:
    """Read the landing page, then run the curl line that it shows."""
    page.goto(address)
    expect(page.get_by_text(hashlib.sha256(CONTENT).hexdigest())).to_be_visible()
    line = page.locator("code", has_text="curl").inner_text()
    done = subprocess.run(line, shell=True, cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert (folder / "windows-server.iso").read_bytes() == CONTENT


def cancel(page: Page, number: str) -> None:
    go_to(page, "Customers")
    page.get_by_role("link", name="Contoso Bicycle Works").click()
    page.get_by_role("navigation", name="Customer").get_by_role("link", name="Software").click()
    page.get_by_role("table").get_by_role("link", name="Cancel").click()
    expect(page.get_by_label("Order number", exact=True)).to_be_visible()
    expect(page.get_by_text("1,167.12\xa0USD").first).to_be_visible()
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text(f"Windows Server Standard - 1 year of order {number} is cancelled.")).to_be_visible()


def wait_for_the_entry() -> None:
    """The worker posts the credit by itself."""
    deadline = time.perf_counter() + 30
    while not Entry.objects.filter(kind=EntryKind.CREDIT).exists():
        assert time.perf_counter() < deadline, "the credit was not posted"
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("width", "scripts", "dark"),
    [(1280, True, False), (390, True, True), (1280, False, False)],
    ids=["desktop", "phone-dark", "without-scripts"],
)
def test_the_road_from_sign_in_to_the_log(
    shop, open_browser: Callable[..., Page], worker, tmp_path, width, scripts, dark
):
    page = open_browser(width=width, scripts=scripts, dark=dark)
    with time_machine.travel(datetime.fromisoformat("2026-01-24T10:00:00Z")) as clock:
        sign_in(page, shop["agent"].email)
        number = buy(page)
        address = get_key_and_link(page, shop["key"])
        download_as_the_customer(open_browser(width=width, scripts=scripts, dark=dark), address, tmp_path)

        clock.move_to(datetime.fromisoformat("2026-02-02T10:00:00Z"))
        sign_in(page, shop["agent"].email)
        with worker():
            cancel(page, number)
            wait_for_the_entry()
        assert open_browser().request.get(address).status == 410

        clock.move_to(datetime.fromisoformat("2026-03-08T00:10:00Z"))
        assert close_invoices.apply().get() == 2
        assert issue_invoices.apply().get() == 2
        sign_in(page, shop["agent"].email)
        go_to(page, "Invoices")
        page.get_by_role("link", name="G000002").click()
        expect(page.get_by_text("1,200.00\xa0USD × (365 − 10) / 365 = 1,167.12\xa0USD")).to_be_visible()

        reader = open_browser(width=width, scripts=scripts, dark=dark)
        sign_in(reader, shop["global_admin"].email)
        reader.get_by_label("Administration").first.click()
        reader.get_by_role("link", name="Activity log").click()
        reader.get_by_label("From").fill("2026-01-01")
        reader.get_by_role("button", name="Show").click()
        row = reader.get_by_role("row").filter(has_text=shop["key"][-5:])
        expect(row).to_contain_text(shop["agent"].email)
        expect(reader.get_by_role("row").filter(has_text="holder of the link").first).to_be_visible()
        assert shop["key"] not in reader.content()
