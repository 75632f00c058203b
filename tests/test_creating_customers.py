"""Adding customers: U1."""

import uuid

import pytest
from django.core.exceptions import ValidationError

from activity.models import Action, Event
from csp_portal.accounts.permissions import Role
from csp_portal.errors import Refusal
from customers.models import Customer
from customers.services import create_customer
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def create(actor, **changes):
    fields = {
        "tenant_id": uuid.uuid4(),
        "company_name": "Contoso Ltd",
        "primary_domain": f"{uuid.uuid4().hex}.example",
        "market": "DE",
        "currency": "EUR",
        "address_line": "2 Side Street",
        "city": "Hamburg",
        "country": "DE",
    }
    return create_customer(actor=actor, **{**fields, **changes})


def refused(actor, **changes):
    """Which fields are wrong; nothing is made and nothing logged."""
    before = Customer.objects.count(), Event.objects.count()
    with pytest.raises(ValidationError) as wrong:
        create(actor, **changes)
    assert (Customer.objects.count(), Event.objects.count()) == before
    return wrong.value


@pytest.mark.parametrize("role", [Role.ADMIN_AGENT, Role.GLOBAL_ADMIN])
def test_who_sells_adds_a_customer_to_their_partner(partner, role):
    actor = UserFactory(partner=partner, roles=[role])
    customer = create(actor)
    assert Customer.objects.get() == customer
    assert customer.partner == partner
    event = Event.objects.get(action=Action.CUSTOMER_CREATED)
    assert (event.actor_name, event.partner, event.customer_id) == (actor.email, partner, customer.tenant_id)


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.ADMIN_AGENT, Role.GLOBAL_ADMIN}])
def test_no_other_role_adds_customers(partner, role):
    with pytest.raises(Refusal) as refusal:
        create(UserFactory(partner=partner, roles=[role]))
    assert refusal.value.code == "role_required"
    assert not Customer.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.parametrize(("field", "name"), [("tenant_id", "tenant GUID"), ("primary_domain", "primary domain")])
def test_guid_and_domain_are_taken_once_within_a_partner(agent, stranger, field, name):
    taken = {field: getattr(create(agent), field)}
    assert refused(agent, **taken).messages == [f"One of your customers has this {name} already."]
    assert create(stranger, **taken).partner == stranger.partner
    assert Customer.objects.filter(**taken).count() == 2


def test_a_domain_is_taken_in_any_case(agent):
    customer = create(agent, primary_domain="Contoso.Example")
    assert customer.primary_domain == "contoso.example"
    refused(agent, primary_domain="CONTOSO.example")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("market", "de"),
        ("market", "DEU"),
        ("market", ""),
        ("market", "QQ"),
        ("market", "EU"),
        ("currency", "eur"),
        ("currency", "EURO"),
        ("currency", "ABC"),
        ("country", "Germany"),
        ("country", "ZZ"),
        ("tenant_id", "not a guid"),
        ("company_name", ""),
    ],
)
def test_a_wrong_field_is_named(agent, field, value):
    assert list(refused(agent, **{field: value}).message_dict) == [field]


def test_a_code_that_means_nothing_is_told_with_one_that_does(agent):
    assert refused(agent, market="QQ").messages == ["Give a country's code of two capital letters, such as DE."]
    assert refused(agent, currency="ABC").messages == ["Give a currency's code of three capital letters, such as EUR."]
