"""What a role may not use is shown disabled with the reason, never hidden, and never offered (P1, P2, X2)."""

import re
from urllib.parse import urlsplit

import pytest
from django.http import Http404
from django.test import Client
from django.urls import resolve

from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import OPERATOR_ROLES, Role
from software.services import reveal_key
from tests.controls import controls, is_disabled, read, reason_of
from tests.factories import CustomerFactory, PartnerFactory, UserFactory, buy_line, make_build, make_link, make_sku

pytestmark = pytest.mark.django_db

ROLES = [Role.ADMIN_AGENT, Role.GLOBAL_ADMIN, Role.ACCOUNT_ADMIN, Role.AUDITOR, Role.SUPPORT_AGENT, Role.OPERATOR_ADMIN]

OF_KEYS_AND_LINKS = ("Show", "Copy", "Copy link", "Download", "Renew", "Revoke")

A_CODE = re.compile(r"\. ?[a-z]+(_[a-z]+)+$")  # after the sentences


class Road:
    """A partner whose customer has bought something and got its key and link; and the pages of the road."""

    def __init__(self) -> None:
        self.partner = PartnerFactory()
        self.everything = self.user(*(role for role in Role if role not in OPERATOR_ROLES))
        customer = CustomerFactory(partner=self.partner)
        self.line = buy_line(self.everything, customer, make_sku(keys=1))
        build = make_build(self.line.purchase.sku.product)
        make_link(self.everything, self.line.purchase, build)
        reveal_key(self.line.purchase.keys.get().public_id, actor=self.everything)
        self.without_files = buy_line(self.everything, customer, make_sku(keys=1))
        tenant = f"/customers/{customer.tenant_id}"
        chosen = f"version={build.version}&language={build.language}&file_type={build.file_type}"
        self.software = f"{tenant}/software/"
        self.opened = f"{self.software}?sku={self.line.purchase.sku.public_id}&{chosen}"
        self.opened_without_files = f"{self.software}?sku={self.without_files.purchase.sku.public_id}"
        self.order = f"/orders/{self.line.order.number}/"
        self.pages = [
            *("/", "/customers/", "/orders/", "/invoices/", "/activity/", "/users/", "/reasons/", "/nowhere/"),
            *(f"{tenant}/", f"{tenant}/add/", f"{tenant}/cart/", f"{tenant}/orders/", self.order),
            *(self.software, self.opened, self.opened_without_files),
        ]

    def user(self, *roles: Role) -> User:
        partner = None if OPERATOR_ROLES & set(roles) else self.partner
        return UserFactory(partner=partner, roles=list(roles), password=None)


@pytest.fixture
def road(clock) -> Road:
    return Road()


@pytest.fixture
def page_of(client_of):
    """The page that a user finds at an address, as a tree."""
    return lambda user, address: read(client_of(user).get(address).content.decode())


def labels(page, *, disabled: bool) -> set[str]:
    return {control.text for control in controls(page) if is_disabled(control) == disabled}


def test_a_global_admin_finds_what_an_admin_agent_does_disabled_with_the_rule(road, page_of):
    reader = road.user(Role.GLOBAL_ADMIN)
    expected = {
        road.software: {"Cancel", "Cancel several"},
        road.opened: {"Cancel", "Cancel several", "Get keys and downloads", "Another link", *OF_KEYS_AND_LINKS},
        road.opened_without_files: {"Cancel", "Cancel several", *OF_KEYS_AND_LINKS},
        road.order: {"Get keys and downloads", "Cancel order"},
    }
    for address, names in expected.items():
        page = page_of(reader, address)
        assert labels(page, disabled=True) == names
        for control in controls(page):
            if is_disabled(control):
                assert "Admin agent. Yours: Global admin. Ask a Global admin" in reason_of(control, page)


def test_an_auditor_finds_the_menu_disabled_with_the_rule(road, page_of):
    page = page_of(road.user(Role.AUDITOR), "/activity/")
    disabled = [control for control in controls(page) if is_disabled(control)]
    places = {
        "Customers",
        "Orders",
        "Invoices",
        "Support",
        "Users and roles",
        "API clients",
        "Feeds for other programs",
    }
    assert {control.text for control in disabled} == places
    assert all("Yours: Auditor. Ask a Global admin" in reason_of(control, page) for control in disabled)


@pytest.mark.parametrize("role", ROLES)
def test_nothing_is_hidden_from_a_role_that_somebody_else_finds_on_the_same_page(road, client_of, role):
    of_partner = role not in OPERATOR_ROLES
    for address in road.pages:
        answer = client_of(road.user(role)).get(address)
        if answer.status_code in (403, 404) or not of_partner:
            continue  # a page of its own, or one that shows other things to the operator's staff
        theirs = read(client_of(road.everything).get(address).content.decode())
        mine = read(answer.content.decode())
        found = {control.text for control in controls(mine)} | places_told(mine)
        missing = {control.text for control in controls(theirs)} - found
        assert not missing, f"{address} hides {missing} from {role}"


def places_told(page) -> set[str]:
    """What the home page of a role without cards lists."""
    return {element.text for element in page.walk() if element.has_class("place")}


@pytest.mark.parametrize("role", ROLES)
def test_every_disabled_control_can_be_reached_and_says_why_with_a_code(road, page_of, role):
    user = road.user(role)
    for address in road.pages:
        page = page_of(user, address)
        assert not [e for e in page.walk() if e.tag in ("button", "input", "select") and "disabled" in e.attributes]
        for control in filter(is_disabled, controls(page)):
            assert "tabindex" not in control.attributes, f"{address}: {control.text}"
            assert A_CODE.search(reason_of(control, page)), f"{address}: {control.text}"


@pytest.mark.parametrize("role", ROLES)
def test_no_page_offers_what_the_role_may_not_use(road, page_of, role):
    user = road.user(role)
    for address in road.pages:
        for element in page_of(user, address).walk():
            for attribute in ("href", "action", "hx-get", "hx-post", "formaction"):
                permission = permission_of(element.attributes.get(attribute, ""))
                assert permission is None or user.may(permission), f"{address} offers {element.attributes}"


def permission_of(address: str):
    """Which permission the view at an address of the portal asks for; none if it is public or elsewhere."""
    path = urlsplit(address).path
    if not path.startswith("/") or urlsplit(address).netloc:
        return None
    try:
        return getattr(resolve(path).func, "permission", None)
    except Http404:
        return None


def test_nobody_is_asked_to_press_what_is_refused_at_once(road):
    """The reasons on the pages are those that the addresses behind them give."""
    agent = road.user(Role.GLOBAL_ADMIN)
    browser = Client()
    browser.force_login(agent)
    key = road.line.purchase.keys.get()
    tenant, purchase = road.line.order.customer.tenant_id, road.line.purchase.public_id
    refused = browser.post(f"/customers/{tenant}/software/{purchase}/keys/{key.public_id}/show/")
    assert refused.status_code == 403
    assert "role_required" in refused.content.decode()
