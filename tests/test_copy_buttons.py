"""Copy buttons for every id (B5): there with scripts only, beside an id that can be selected."""

import html
import re

import pytest
from django.conf import settings
from django.utils import timezone

from orders.billing.services import close_due_months, issue_due_invoices
from software.shell_lines import curl_line, powershell_line
from tests.factories import buy_line, make_build, make_link, make_sku

pytestmark = pytest.mark.django_db

_BUTTON = re.compile(r'<span class="copy needs-scripts"><button class="[a-z -]+" type="button" data-copies="([^"]*)"')


def copies(response) -> list[str]:
    """What the page's copy buttons copy."""
    return [html.unescape(text) for text in _BUTTON.findall(response.content.decode())]


@pytest.fixture
def line(clock, agent, customer):
    clock.set("2020-01-31T12:00:00Z")
    return buy_line(agent, customer, make_sku(keys=1))


@pytest.fixture
def see(client_of, agent):
    return lambda address: client_of(agent).get(address)


def test_a_customer_has_a_button_for_its_tenant_guid(see, line, customer):
    tenant = str(customer.tenant_id)
    assert tenant in copies(see("/customers/"))
    for place in ("", "software/", "orders/"):
        assert tenant in copies(see(f"/customers/{tenant}/{place}"))


def test_an_order_has_buttons_for_its_number_and_the_ids_of_its_purchases(see, line):
    assert copies(see("/orders/")) == [line.order.number]
    page = see(f"/orders/{line.order.number}/")
    assert copies(page) == [line.order.number, str(line.purchase.public_id)]
    assert "Subscription id" in page.content.decode()


def test_a_product_has_a_button_for_its_id(see, line, customer):
    catalogue = see(f"/customers/{customer.tenant_id}/add/")
    assert line.purchase.sku.catalogue_id in copies(catalogue)


def test_an_invoice_has_buttons_for_its_number_and_for_its_orders(see, line, clock):
    clock.set("2020-02-10T09:00:00Z")
    close_due_months(timezone.now())
    issue_due_invoices(timezone.now())
    assert "G000001" in copies(see("/invoices/"))
    assert copies(see("/invoices/G000001/")) == ["G000001", line.order.number]


def test_software_has_buttons_for_order_file_and_link(see, agent, line, customer):
    build = make_build(line.purchase.sku.product)
    link = make_link(agent, line.purchase, build)
    chosen = f"version={build.version}&language={build.language}&file_type={build.file_type}"
    page = see(f"/customers/{customer.tenant_id}/software/?sku={line.purchase.sku.public_id}&{chosen}")
    assert copies(page) == [
        str(customer.tenant_id),
        line.order.number,
        build.sha256,
        f"http://testserver{link.get_absolute_url()}",
    ]
    assert "Copy link</button>" in page.content.decode()


def test_the_landing_page_has_buttons_for_checksum_address_and_commands(client, agent, line):
    link = make_link(agent, line.purchase)
    page = client.get(link.get_absolute_url())
    address = f"http://testserver{link.get_absolute_url()}"
    commands = [curl_line(address), powershell_line(address, link.build.file_name)]
    assert copies(page) == [link.build.sha256, address, *commands]


def test_no_button_copies_a_key(see, line, customer):
    page = see(f"/customers/{customer.tenant_id}/software/?sku={line.purchase.sku.public_id}")
    assert not any("•" in text for text in copies(page))


@pytest.mark.parametrize("sheet", ["portal.css", "public.css"])
def test_without_scripts_there_are_no_buttons(sheet):
    rules = (settings.BASE_DIR / "csp_portal" / "static" / sheet).read_text(encoding="utf-8")
    assert re.search(r":root:not\(\.js\) \.needs-scripts \{ display: none; \}", rules)
