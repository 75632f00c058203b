"""The road of a link, as people walk it: download, renew at the same address and at another one, revoke (K4, K5)."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from csp_portal.accounts.permissions import Role
from software.models import LINK_DOWNLOADS, DownloadLink
from software.places import software_place
from tests.browser.test_road import sign_in
from tests.factories import CustomerFactory, PartnerFactory, UserFactory, buy_line, make_build, make_link, make_sku

pytestmark = pytest.mark.django_db(transaction=True)

CONTENT = b"not an operating system, but its bytes" * 5000


@pytest.fixture
def link() -> DownloadLink:
    """A link that an Admin agent has made for a customer."""
    partner = PartnerFactory(legal_name="Fabrikam Cloud Services Ltd")
    agent = UserFactory(partner=partner, roles=[Role.ADMIN_AGENT])
    purchase = buy_line(agent, CustomerFactory(partner=partner), make_sku(keys=1)).purchase
    return make_link(agent, purchase, make_build(purchase.sku.product, CONTENT, file_name="windows-server.iso"))


def download(page: Page, press: str = "click") -> str:
    """Press **Download**; answers the name of the file that comes."""
    with page.expect_download() as started:
        getattr(page.get_by_role("button", name="Download"), press)()
    return started.value.suggested_filename


def address_on(page: Page) -> str:
    return page.locator("#link code").first.inner_text()


def renew(page: Page, choice: str) -> None:
    page.locator("summary", has_text="Renew").click()
    page.get_by_label(choice).check()
    page.get_by_role("button", name="Renew the link").click()


def download_as_the_customer(page: Page, address: str) -> None:
    """One press is one download, also when it is pressed again or gone back to."""
    page.goto(address)
    assert download(page) == "windows-server.iso"
    assert download(page, "dblclick") == "windows-server.iso"
    assert DownloadLink.objects.get().used == 1
    page.reload()
    assert download(page) == "windows-server.iso"
    assert DownloadLink.objects.get().used == 2


@pytest.mark.parametrize(
    ("width", "scripts", "dark"),
    [(1280, True, False), (390, True, True), (1280, False, False)],
    ids=["desktop", "phone-dark", "without-scripts"],
)
def test_the_road_of_a_link(link, open_browser: Callable[..., Page], width, scripts, dark):
    customer = open_browser(width=width, scripts=scripts, dark=dark)
    page = open_browser(width=width, scripts=scripts, dark=dark)
    sign_in(page, link.granted_by.email)
    page.goto(software_place(link.purchase, link.build))
    first = address_on(page)
    download_as_the_customer(customer, first)

    page.reload()
    expect(page.get_by_text("48 of 50 left")).to_be_visible()
    assert download(page) == "windows-server.iso"
    stale = open_browser(width=width, scripts=scripts, dark=dark)
    sign_in(stale, link.granted_by.email)
    stale.goto(software_place(link.purchase, link.build))
    renew(page, "Keep the address")
    expect(page.get_by_text("The link is renewed at the same address: 50 downloads until")).to_be_visible()
    expect(page.get_by_text("50 of 50 left")).to_be_visible()
    assert address_on(page) == first

    renew(stale, "Replace the address")
    expect(stale.get_by_text(f"This link was renewed meanwhile by {link.granted_by.email}")).to_be_visible()
    assert address_on(stale) == first

    renew(stale, "Replace the address")
    expect(stale.get_by_text("The link is renewed at a new address")).to_be_visible()
    second = address_on(stale)
    assert second != first
    assert customer.request.get(first).status == 410
    download_as_the_customer(customer, second)

    DownloadLink.objects.update(used=LINK_DOWNLOADS)
    page.reload()
    expect(page.get_by_text("0 of 50 left")).to_be_visible()
    page.get_by_role("button", name="Get keys and downloads").click()
    expect(page.get_by_text("50 of 50 left")).to_be_visible()
    assert address_on(page) == second

    page.locator("summary", has_text="Revoke").click()
    page.get_by_role("button", name="Revoke the link").click()
    expect(page.get_by_text("is revoked. Get keys and downloads makes a new one")).to_be_visible()
    expect(page.locator("#link")).to_have_count(0)
    assert customer.request.get(second).status == 410
    page.get_by_role("button", name="Get keys and downloads").click()
    assert address_on(page) not in {first, second}


def test_going_back_to_the_page_repeats_its_attempt(link, open_browser: Callable[..., Page]):
    page = open_browser(scripts=False)
    page.goto(link.get_absolute_url())
    attempt = page.locator("[name=attempt]").get_attribute("value")
    page.goto("/robots.txt")
    page.go_back()
    assert page.locator("[name=attempt]").get_attribute("value") == attempt
