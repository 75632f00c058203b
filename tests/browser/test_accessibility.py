"""No page breaks a rule of WCAG 2.2 A or AA that axe-core can see: light and dark, desktop and phone (X2).

Nor is one wider than its window, on a tablet and in half a screen either: columns past the edge are not found.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from cancellations.support.models import DenialReason
from cancellations.support.services.deciding import deny
from cancellations.support.services.talking import reply_as_support
from csp_portal.accounts.permissions import Role
from orders.billing.models import Invoice
from orders.billing.services import close_due_months, issue_due_invoices
from orders.services import add_to_cart
from software.services import reveal_key, revoke_link, start_download
from tests.factories import CustomerFactory, PartnerFactory, UserFactory, buy_line, make_build, make_link, make_sku
from tests.helpers import cancel
from tests.payments import pay
from tests.support import file_refund

pytestmark = pytest.mark.django_db(transaction=True)

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
LOOKS = [(1280, "light"), (390, "dark")]  # colours follow the theme, layout the width: so each is seen
WIDTHS = [390, 800, 1024, 1280]
AXE = Path(settings.BASE_DIR) / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(autouse=True)
def month_of_a_long_name() -> Iterator[None]:
    """A day on which the Shop's invoice is November's: what is narrow in March may break a line then."""
    with time_machine.travel("2027-01-05T12:00:00Z"):
        yield


class Shop:
    """A partner with something of everything that a page can show."""

    def __init__(self) -> None:
        partner = PartnerFactory(legal_name="Fabrikam Cloud Services Ltd")
        everything = [Role.ADMIN_AGENT, Role.GLOBAL_ADMIN]
        self.user = UserFactory(partner=partner, roles=everything)
        self.auditor = UserFactory(partner=partner, roles=[Role.AUDITOR])
        self.global_admin = UserFactory(partner=partner, roles=[Role.GLOBAL_ADMIN])
        self.customer = CustomerFactory(partner=partner, company_name="Contoso Bicycle Works")
        sku = make_sku(keys=3)
        with time_machine.travel(datetime.now(UTC) - timedelta(days=45)):
            self.line = buy_line(self.user, self.customer, sku)
            cancelled = buy_line(self.user, self.customer, sku)
            cancel(cancelled, self.user)
        close_due_months(timezone.now())
        issue_due_invoices(timezone.now())
        self.build = make_build(sku.product)
        self.link = make_link(self.user, self.line.purchase, self.build)
        self.labelled = make_link(self.user, self.line.purchase, self.build, label="Branch Busan")
        start_download(self.labelled.token, user=None, user_agent="curl/8.5.0")
        revoke_link(make_link(self.user, self.line.purchase, self.build, label="Gone").public_id, actor=self.user)
        gone = buy_line(self.user, self.customer, make_sku())
        self.dead_link = make_link(self.user, gone.purchase)
        self.certificate = cancel(gone, self.user).certificate
        reveal_key(self.line.purchase.keys.get().public_id, actor=self.user)
        add_to_cart(self.customer.tenant_id, make_sku(title="SUSE Linux Enterprise").public_id, 2, actor=self.user)

    @property
    def software(self) -> str:
        """The Software tab with a purchase open, its key, its file and its link."""
        build = f"version={self.build.version}&language={self.build.language}&file_type={self.build.file_type}"
        sku = self.line.purchase.sku.public_id
        return f"/customers/{self.customer.tenant_id}/software/?sku={sku}&{build}"

    @property
    def pages(self) -> list[str]:
        """Those that a partner's users meet on the road."""
        tenant, sku = f"/customers/{self.customer.tenant_id}", self.line.purchase.sku.public_id
        invoices = [f"/invoices/{invoice.public_number}/" for invoice in Invoice.objects.exclude(number=None)[:1]]
        return [
            *("/", "/customers/", "/orders/", "/windows/", "/invoices/", "/reasons/", "/no-such-page/"),
            *("/customers/add/", "/customers/import/", f"{tenant}/edit/"),
            *(f"{tenant}/", f"{tenant}/add/", f"{tenant}/cart/", f"{tenant}/cart/review/", f"{tenant}/orders/"),
            self.software,
            f"{tenant}/software/{sku}/cancel/",
            *(f"{tenant}/links/{link.public_id}/history/" for link in (self.link, self.labelled)),
            f"/orders/{self.line.order.number}/",
            self.certificate.get_absolute_url(),
            *invoices,
            "/invoices/statement/USD/",
            "/activity/?show=all&user=somebody@fabrikam.example",
            "/activity/?from=2020-02-31",
        ]

    @property
    def public_pages(self) -> list[str]:
        return ["/accounts/sign-in/", self.link.get_absolute_url(), self.dead_link.get_absolute_url(), "/d/unknown"]


@pytest.fixture
def broken_rules() -> Callable[[Page, str], list[str]]:
    """Open an address and ask axe in every look; answers each broken rule with the first place that breaks it.

    Also each width of a window that the page is wider than.
    """
    source = AXE.read_text(encoding="utf-8")

    def look_at(page: Page, address: str) -> list[str]:
        page.goto(address)
        page.evaluate(source)
        found = []
        for width, scheme in LOOKS:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            result = page.evaluate("rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES)
            found += [
                f"{address} ({width}, {scheme}): {broken['id']}: {broken['nodes'][0]['html'][:160]}"
                for broken in result["violations"]
            ]
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if (beyond := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
                found.append(f"{address} ({width}): {beyond} px wider than the window")
        return found

    return look_at


def test_no_page_of_the_road_breaks_a_rule(signed_in, broken_rules):
    shop = Shop()
    page = signed_in(shop.user)
    assert [rule for address in shop.pages for rule in broken_rules(page, address)] == []


def test_no_page_without_sign_in_breaks_a_rule(open_browser, broken_rules):
    shop, page = Shop(), open_browser()
    assert [rule for address in shop.public_pages for rule in broken_rules(page, address)] == []


def test_no_page_with_disabled_controls_breaks_a_rule(signed_in, broken_rules):
    shop = Shop()
    reader, auditor = signed_in(shop.global_admin), signed_in(shop.auditor)
    order = f"/orders/{shop.line.order.number}/"
    found = [rule for address in (shop.software, order) for rule in broken_rules(reader, address)]
    found += [rule for address in ("/", "/customers/") for rule in broken_rules(auditor, address)]
    assert found == []


def test_no_page_of_payments_breaks_a_rule(signed_in, broken_rules):
    Shop()
    invoice = Invoice.objects.issued().get()
    payment = pay(invoice, "100.00", on=f"{timezone.now():%Y-%m-%d}")
    page = signed_in(UserFactory(partner=None, roles=[Role.OPERATOR_ADMIN]))
    addresses = [
        *(reverse(f"admin:billing_{name}") for name in ("payment_changelist", "invoice_changelist", "payment_import")),
        reverse("admin:billing_invoice_change", args=[invoice.pk]),
        reverse("admin:billing_payment_change", args=[payment.pk]),
        f"/operator/invoices/{invoice.public_number}/payment/",
        f"/operator/payments/{payment.public_id}/reverse/",
    ]
    assert [rule for address in addresses for rule in broken_rules(page, address)] == []


def test_no_page_of_support_breaks_a_rule(signed_in, broken_rules):
    shop = Shop()
    agent = UserFactory(partner=None, roles=[Role.SUPPORT_AGENT])
    customer = CustomerFactory(partner=shop.user.partner, company_name="한빛전자 주식회사")
    ended, asked = (file_refund(shop.user, buy_line(shop.user, customer, make_sku())) for _request in range(2))
    deny(
        ended.number,
        DenialReason.SOFTWARE_USED,
        "已拒绝。",
        seen=ended.events.latest("at", "pk").pk,
        actor=agent,
    )
    reply_as_support(asked.number, "어느 것입니까?", asks=True, actor=agent)
    of_partner = ["/support/", "/support/new/", f"/support/new/?purchase={shop.line.purchase.public_id}"]
    of_partner += [asked.get_absolute_url(), ended.get_absolute_url(), f"/customers/{customer.tenant_id}/support/"]
    queued = f"/queue/{asked.number}/"
    of_agent = ["/", "/queue/", queued, f"{queued}approve/", f"{queued}deny/", f"{queued}log/purchase/"]
    of_agent += [f"/queue/{ended.number}/", "/queue/figures/?days=90"]
    partners, agents = signed_in(shop.user), signed_in(agent)
    found = [rule for address in of_partner for rule in broken_rules(partners, address)]
    found += [rule for address in of_agent for rule in broken_rules(agents, address)]
    assert found == []


def test_the_dialog_breaks_no_rule(signed_in, broken_rules):
    shop = Shop()
    page = signed_in(shop.user)
    page.goto(f"/customers/{shop.customer.tenant_id}/software/")
    page.get_by_role("table").get_by_role("link", name="Cancel").first.click()
    page.get_by_label("Order number").wait_for()
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    assert [broken["id"] for broken in result["violations"]] == []
