"""Adding customers: U1, U4."""

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

NO_ADDRESS = {"address_line": "", "city": "", "country": ""}


def create(actor, **changes):
    fields = {
        "tenant_id": uuid.uuid4(),
        "company_name": "Contoso Ltd",
        "primary_domain": f"a{uuid.uuid4().hex}.example",
        "market": "DE",
        "currency": "EUR",
        "address_line": "2 Side Street",
        "city": "Hamburg",
        "country": "DE",
    }
    return create_customer(actor=actor, **{**fields, **changes})


def refused(actor, **changes):
    """What is wrong, by field; nothing is made and nothing logged."""
    before = Customer.objects.count(), Event.objects.count()
    with pytest.raises(ValidationError) as wrong:
        create(actor, **changes)
    assert (Customer.objects.count(), Event.objects.count()) == before
    return wrong.value.message_dict


@pytest.mark.parametrize("role", [Role.ADMIN_AGENT, Role.GLOBAL_ADMIN])
def test_who_sells_adds_a_customer_to_their_partner(partner, role):
    actor = UserFactory(partner=partner, roles=[role])
    customer = create(actor)
    assert Customer.objects.get() == customer
    assert customer.partner == partner
    event = Event.objects.get(action=Action.CUSTOMER_CREATED)
    assert (event.actor_name, event.partner, event.customer_id) == (actor.email, partner, customer.tenant_id)


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.ADMIN_AGENT, Role.GLOBAL_ADMIN}])
def test_no_other_role_adds_customers_and_the_refusal_is_logged(partner, role):
    actor = UserFactory(partner=partner, roles=[role])
    with pytest.raises(Refusal) as refusal:
        create(actor)
    assert refusal.value.code == "role_required"
    assert not Customer.objects.exists()
    event = Event.objects.get()
    assert (event.action, event.actor_name) == (Action.CUSTOMER_CHANGE_REFUSED, actor.email)


@pytest.mark.parametrize(("field", "name"), [("tenant_id", "tenant GUID"), ("primary_domain", "primary domain")])
def test_guid_and_domain_are_taken_once_within_a_partner(agent, stranger, field, name):
    taken = {field: getattr(create(agent, company_name="Fabrikam Inc"), field)}
    assert refused(agent, **taken) == {field: [f"Your customer Fabrikam Inc has this {name} already."]}
    assert create(stranger, **taken).partner == stranger.partner
    assert Customer.objects.filter(**taken).count() == 2


@pytest.mark.parametrize("written", ["CONTOSO.example", "contoso.example.", " Contoso。Example "])
def test_a_domain_is_taken_in_any_way_to_write_it(agent, written):
    assert create(agent, primary_domain="Contoso.Example").primary_domain == "contoso.example"
    assert "primary_domain" in refused(agent, primary_domain=written)


@pytest.mark.parametrize("write", [str, lambda guid: str(guid).upper(), lambda guid: f" {{{guid}}} ", lambda g: g.hex])
def test_a_guid_may_be_written_in_any_way(agent, write):
    guid = uuid.uuid4()
    assert create(agent, tenant_id=write(guid)).tenant_id == guid
    assert Customer.objects.get().tenant_id == guid


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("market", "de", "Give a country's code of two capital letters, such as DE."),
        ("market", "DEU", "Give a country's code of two capital letters, such as DE."),
        ("market", "", "Choose the market."),
        ("market", "QQ", "Give a country's code of two capital letters, such as DE."),
        ("market", "EU", "Give a country's code of two capital letters, such as DE."),
        ("currency", "eur", "Give a currency's code of three capital letters, such as EUR."),
        ("currency", "EURO", "Give a currency's code of three capital letters, such as EUR."),
        ("currency", "ABC", "Give a currency's code of three capital letters, such as EUR."),
        ("currency", "", "Choose the currency."),
        ("country", "Germany", "Give a country's code of two capital letters, such as DE."),
        ("tenant_id", "", "Give the tenant GUID."),
        ("tenant_id", "x", "This is no GUID. One looks like this: 2f7a1c6e-0b5d-4c1e-9a57-3d8e6f2b4c10."),
        ("tenant_id", "1_7a1c6e0b5d4c1e9a573d8e6f2b4c10", "This is no GUID. One looks like this: "),
        ("company_name", "", "Give the company's name."),
        ("company_name", " \t\n\0\u200f ", "Give the company's name."),
        ("company_name", "고" * 10_000, "This is too long: give at most 200 characters."),
        ("address_line", "x" * 10_000, "This is too long: give at most 200 characters."),
        ("city", "x" * 101, "This is too long: give at most 100 characters."),
        ("region", "x" * 101, "This is too long: give at most 100 characters."),
        ("postal_code", "1" * 21, "This is too long: give at most 20 characters."),
        ("primary_domain", "", "Give the primary domain."),
    ],
)
def test_a_wrong_field_is_named_with_what_to_mend(agent, field, value, sentence):
    wrong = refused(agent, **{field: value})
    assert list(wrong) == [field]
    assert wrong[field][0].startswith(sentence)


def test_everything_that_is_wrong_is_told_at_once(agent):
    assert set(refused(agent, market="", tenant_id="?", primary_domain="x")) == {
        "market",
        "tenant_id",
        "primary_domain",
    }


@pytest.mark.parametrize("code", ["XK", "SJ", "BQ", "KR"])
def test_every_country_and_kosovo_is_a_market(agent, code):
    assert create(agent, market=code).market == code


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("株式会社 コントソ", "株式会社 コントソ"),
        ("주식회사 콘토소", "주식회사 콘토소"),
        ('O\'Reilly & Söhne "Söhne" <b>', 'O\'Reilly & Söhne "Söhne" <b>'),
        ("\u200fאבג\u200f Ltd", "\u200fאבג\u200f Ltd"),
        ("  Contoso\r\n\tBicycle\0 Works ", "Contoso Bicycle Works"),
        ("evil\u202eexe.sgp", "evil exe.sgp"),
        ("Cafe\u0301", "Café"),
    ],
)
def test_a_name_keeps_every_script_and_loses_control_characters(agent, typed, kept):
    assert create(agent, company_name=typed).company_name == kept
    assert Customer.objects.get().company_name == kept


def test_an_address_is_given_whole_or_not_yet(agent):
    assert not create(agent, **NO_ADDRESS).has_address
    assert create(agent).has_address
    assert set(refused(agent, **{**NO_ADDRESS, "postal_code": "20457"})) == {"address_line", "city", "country"}
