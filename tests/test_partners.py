"""The operator makes partners, sets what they may owe, and invites their first Global admin (P5)."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from activity.models import Action, Event
from csp_portal.accounts.models import Invitation, Partner
from csp_portal.accounts.permissions import Role
from csp_portal.accounts.services import change_partner, create_partner
from csp_portal.errors import Refusal
from orders.billing.models import Account
from orders.billing.services import set_credit_limit
from tests.factories import UserFactory
from tests.helpers import MOST_QUERIES, queries_of, source_of, words_of

pytestmark = pytest.mark.django_db
LIST = "/operator/accounts/partner/"
FIELDS = {
    "legal_name": "Fabrikam Cloud Services Ltd",
    "address": "1 Main Street\nSpringfield",
    "tax_id": "US 12-3456789",
    "support_name": "Service desk",
    "support_email": "desk@fabrikam.example",
    "support_phone": "+1 555 0100",
}


@pytest.fixture
def operator_admin():
    return UserFactory(partner=None, roles=[Role.OPERATOR_ADMIN])


@pytest.fixture
def browser(client_of, operator_admin):
    return client_of(operator_admin)


def test_a_partner_is_made_and_recorded(browser, operator_admin):
    response = browser.post(f"{LIST}add/", FIELDS)
    assert response.status_code == 302
    partner = Partner.objects.get()
    assert {name: getattr(partner, name).replace("\r\n", "\n") for name in FIELDS} == FIELDS
    event = Event.objects.get(action=Action.PARTNER_CREATED)
    assert (event.partner, event.actor_name) == (partner, operator_admin.email)
    assert "Fabrikam" in words_of(browser.get(LIST))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("legal_name", ""),
        ("legal_name", "x" * 10_000),
        ("address", ""),
        ("address", "x" * 10_000),
        ("support_email", "desk"),
        ("support_name", "Desk\0"),
    ],
)
def test_what_is_wrong_with_a_partner_is_told_and_the_rest_is_kept(browser, name, value):
    response = browser.post(f"{LIST}add/", {**FIELDS, name: value})
    assert response.status_code == 200
    assert "Nothing was saved yet." in words_of(response)
    assert "US 12-3456789" in source_of(response)
    assert not Partner.objects.exists()


def test_a_change_is_recorded_with_what_was_before(browser, partner):
    page = f"{LIST}{partner.pk}/change/"
    values = {name: getattr(partner, name) for name in FIELDS}
    assert browser.post(page, {**values, "tax_id": "GB 1"}).status_code == 302
    partner.refresh_from_db()
    assert partner.tax_id == "GB 1"
    event = Event.objects.get(action=Action.PARTNER_CHANGED)
    assert event.partner == partner
    assert (event.details["before"], event.details["after"]) == ({"tax_id": "US 12-3456789"}, {"tax_id": "GB 1"})


def test_nothing_changed_is_nothing_recorded(operator_admin, partner):
    change_partner(partner.pk, actor=operator_admin, legal_name=partner.legal_name)
    assert not Event.objects.exists()


def test_only_the_operators_admins_keep_partners(global_admin, partner):
    for work in (
        lambda: create_partner(actor=global_admin, **FIELDS),
        lambda: change_partner(partner.pk, actor=global_admin, legal_name="Mine"),
        lambda: set_credit_limit(partner, "EUR", Decimal(1), actor=global_admin),
    ):
        with pytest.raises(Refusal) as refusal:
            work()
        assert refusal.value.code == "role_required"
    assert Partner.objects.get().legal_name == partner.legal_name
    assert not Account.objects.exists()


def test_a_partner_without_what_stands_on_invoices_is_not_made(operator_admin):
    with pytest.raises(ValidationError):
        create_partner(actor=operator_admin, **{**FIELDS, "address": ""})
    assert not Partner.objects.exists()


def test_a_partners_page_shows_limits_users_and_invitations(browser, operator_admin, partner, agent):
    set_credit_limit(partner, "EUR", Decimal("2500.50"), actor=operator_admin)
    set_credit_limit(partner, "JPY", None, actor=operator_admin)
    browser.post(f"/operator/partners/{partner.public_id}/invite/", {"email": "boss@x.example", "name": "The boss"})
    words = words_of(browser.get(f"{LIST}{partner.pk}/change/"))
    for told in ("EUR: 2,500.50\xa0EUR", "JPY: no orders", agent.name, "The boss", "Global admin"):
        assert " ".join(told.split()) in words


def test_a_partners_page_asks_a_fixed_number_of_queries(browser, partner):
    browser.get(f"{LIST}{partner.pk}/change/")  # Django looks up its content types once
    counts = []
    for _round in range(2):
        for _number in range(5):
            UserFactory(partner=partner, roles=[Role.AUDITOR, Role.ADMIN_AGENT])
        counts.append(len(queries_of(browser, f"{LIST}{partner.pk}/change/")))
    assert counts[0] == counts[1] <= MOST_QUERIES


def test_the_operator_invites_the_first_global_admin(browser, partner):
    page = f"/operator/partners/{partner.public_id}/invite/"
    response = browser.post(page, {"email": "boss@x.example", "name": "The boss"})
    assert response.url == f"{LIST}{partner.pk}/change/"
    invitation = Invitation.objects.get()
    assert (invitation.partner, invitation.roles) == (partner, ["global_admin"])
    again = browser.post(page, {"email": "boss@x.example", "name": "王"})
    assert "boss@x.example has an invitation that is open until" in words_of(again)
    assert 'value="王"' in source_of(again)
    assert Invitation.objects.count() == 1


def test_a_credit_limit_is_set_changed_and_lifted(browser, partner):
    page = f"/operator/partners/{partner.public_id}/credit-limit/"
    for typed, limit in (("25000", Decimal(25000)), ("0.5", Decimal("0.5")), ("", None)):
        assert browser.post(page, {"currency": "EUR", "limit": typed}).url == f"{LIST}{partner.pk}/change/"
        assert Account.objects.get().credit_limit == limit
    assert Event.objects.filter(action=Action.CREDIT_LIMIT_SET, partner=partner).count() == 3


def test_the_form_starts_from_the_limit_that_stands(browser, operator_admin, partner):
    set_credit_limit(partner, "KWD", Decimal("12.5"), actor=operator_admin)
    page = source_of(browser.get(f"/operator/partners/{partner.public_id}/credit-limit/?currency=KWD"))
    assert 'value="12.500"' in page
    assert '<option value="KWD" selected>' in page


@pytest.mark.parametrize(
    ("currency", "typed", "sentence"),
    [
        ("", "5", "Choose a currency."),
        ("XXX1", "5", "There is no such choice."),
        ("EUR", "-1", "Write the limit as digits"),
        ("EUR", "a lot", "Write the limit as digits"),
        ("EUR", "NaN", "Write the limit as digits"),
        ("EUR", "1e5", "Write the limit as digits"),
        ("EUR", "1,000", "Write the limit as digits"),
        ("EUR", "٥", "Write the limit as digits"),
        ("EUR", "9" * 13, "Write the limit as digits"),
        ("EUR", "9" * 10_000, "This is too long"),
        ("EUR", "1.005", "This currency has 2 digits behind the point, not more."),
        ("JPY", "1.5", "This currency has 0 digits behind the point, not more."),
    ],
)
def test_a_limit_that_is_none_is_told_and_kept(browser, partner, currency, typed, sentence):
    page = f"/operator/partners/{partner.public_id}/credit-limit/"
    response = browser.post(page, {"currency": currency, "limit": typed})
    assert response.status_code == 200
    assert sentence in words_of(response)
    assert f'value="{typed}"' in source_of(response)
    assert not Account.objects.exists()


def test_the_operators_navigation_leads_to_the_partners(browser):
    assert f'href="{LIST}"' in browser.get("/").content.decode()
