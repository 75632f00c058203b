"""What a printed page leaves out: the frame, not what the page is about."""

import pytest
from playwright.sync_api import expect

from tests.factories import buy_line, make_sku
from tests.helpers import cancel

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("width", [1280, 794])  # a wide screen's print, and the width of A4
def test_a_certificate_is_printed_without_the_frame_around_it(signed_in, agent, customer, width):
    certificate = cancel(buy_line(agent, customer, make_sku("1200.00", keys=1)), agent).certificate
    page = signed_in(agent, width=width)
    page.goto(certificate.get_absolute_url())
    page.emulate_media(media="print")
    for frame in (".navbar-vertical", ".topbar", ".breadcrumb", ".footer", ".btn-list", ".copy >> nth=0"):
        expect(page.locator(frame)).to_be_hidden()
    for text in (certificate.sha256, customer.company_name, "Duty to uninstall", "1,200.00"):
        expect(page.get_by_text(text).first).to_be_visible()
