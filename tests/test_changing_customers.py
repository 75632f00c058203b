"""Changing customers: U4."""

import pytest
from django.core.exceptions import ValidationError

from activity.models import Action, Event
from csp_portal.accounts.permissions import Role
from csp_portal.errors import Refusal
from customers.details import FIELDS
from customers.models import Customer
from customers.services import change_customer
from tests.factories import CustomerFactory, UserFactory, buy_line, make_sku

pytestmark = pytest.mark.django_db


def change(customer, actor, version_seen=1, **changes):
    now = {name: getattr(customer, name) for name in FIELDS}
    return change_customer(customer.tenant_id, version_seen=version_seen, actor=actor, **{**now, **changes})


def row_of(customer):
    return Customer.objects.filter(pk=customer.pk).values().get()


def events(action=Action.CUSTOMER_CHANGED):
    return Event.objects.filter(action=action)


def test_a_change_is_kept_and_recorded_with_what_was_and_what_is(clock, agent, customer):
    before = customer.company_name
    changed = change(customer, agent, company_name="Contoso GmbH", market="XK", currency="EUR", city="Pristina")
    assert row_of(customer) == row_of(changed)
    assert (changed.company_name, changed.market, changed.currency, changed.city) == (
        *("Contoso GmbH", "XK", "EUR", "Pristina"),
    )
    assert (changed.version, changed.changed_by) == (2, agent)
    event = events().get()
    assert (event.actor_name, event.customer_id, event.customer_name) == (
        *(agent.email, customer.tenant_id, "Contoso GmbH"),
    )
    assert event.details == {
        "changes": {"company_name": [before, "Contoso GmbH"], "market": ["US", "XK"], "currency": ["USD", "EUR"]},
        "address_changed": True,
    }


def test_the_log_never_holds_an_address(agent, customer):
    change(customer, agent, address_line="77 Secret Lane")
    assert events().get().details == {"changes": {}, "address_changed": True}


def test_what_is_as_it_was_changes_nothing_and_is_not_recorded(agent, customer):
    before = row_of(customer)
    change(customer, agent, primary_domain=customer.primary_domain.upper(), company_name=f" {customer.company_name} ")
    change(customer, agent, version_seen=0)
    assert row_of(customer) == before
    assert not Event.objects.exists()


@pytest.mark.parametrize("changes", [{"market": "DE"}, {"currency": "EUR"}, {"market": "DE", "city": "Berlin"}])
def test_market_and_currency_are_fixed_from_the_first_order_on(clock, agent, customer, changes):
    buy_line(agent, customer, make_sku())
    before = row_of(customer)
    with pytest.raises(Refusal) as refusal:
        change(customer, agent, **changes)
    assert refusal.value.code == "market_fixed"
    assert "United States, USD" in refusal.value.message
    assert row_of(customer) == before
    assert not events().exists()
    assert events(Action.CUSTOMER_CHANGE_REFUSED).get().details == {"reason": "market_fixed"}


def test_the_rest_can_be_changed_after_the_first_order(clock, agent, customer):
    buy_line(agent, customer, make_sku())
    assert change(customer, agent, company_name="Contoso GmbH").company_name == "Contoso GmbH"


def test_of_two_editors_the_second_is_told_who_was_first(clock, agent, global_admin, customer):
    change(customer, agent, company_name="First")
    before = row_of(customer)
    with pytest.raises(Refusal) as refusal:
        change(customer, global_admin, company_name="Second")
    assert refusal.value.code == "customer_changed_meanwhile"
    assert agent.email in refusal.value.message
    assert row_of(customer) == before
    assert change(customer, global_admin, version_seen=2, company_name="Second").version == 3


def test_guid_and_domain_of_another_customer_are_refused(agent, partner, customer):
    other = CustomerFactory(partner=partner, company_name="Fabrikam Inc")
    before = row_of(customer)
    with pytest.raises(ValidationError) as wrong:
        change(customer, agent, tenant_id=other.tenant_id, primary_domain=other.primary_domain)
    assert wrong.value.message_dict == {
        "tenant_id": ["Your customer Fabrikam Inc has this tenant GUID already."],
        "primary_domain": ["Your customer Fabrikam Inc has this primary domain already."],
    }
    assert row_of(customer) == before
    assert not Event.objects.exists()


def test_another_partner_s_customer_is_not_there(stranger, customer):
    before = row_of(customer)
    with pytest.raises(Customer.DoesNotExist):
        change(customer, stranger, company_name="Mine")
    assert row_of(customer) == before


def test_who_may_not_edit_is_refused_and_the_refusal_is_logged(partner, customer):
    before = row_of(customer)
    auditor = UserFactory(partner=partner, roles=[Role.AUDITOR])
    with pytest.raises(Refusal) as refusal:
        change(customer, auditor, company_name="Mine")
    assert refusal.value.code == "role_required"
    assert row_of(customer) == before
    assert events(Action.CUSTOMER_CHANGE_REFUSED).get().customer_id == customer.tenant_id
