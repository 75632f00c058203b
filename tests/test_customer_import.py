"""Reading and importing Partner Center's customer export: U4."""

import io
import uuid

import pytest

from activity.models import Action, Event
from csp_portal.accounts.permissions import Role
from csp_portal.errors import Refusal
from csp_portal.row_files import BadFile
from customers import import_file
from customers.models import Customer
from customers.services import check_import, import_customers
from tests.factories import CustomerFactory, UserFactory

pytestmark = pytest.mark.django_db

HEADER = "Microsoft ID,Company name,Primary domain name,Relationship,Market,Currency"


def row(**changes):
    given = {
        "guid": uuid.uuid4(),
        "name": "Contoso",
        "domain": f"a{uuid.uuid4().hex}.example",
        "relationship": "Cloud Reseller",
        "market": "DE",
        "currency": "EUR",
    }
    return ",".join(str(value) for value in {**given, **changes}.values())


def file_of(*rows, header=HEADER, encoding="utf-8"):
    return io.BytesIO("\r\n".join([header, *rows]).encode(encoding))


def imported(actor, file):
    plan = check_import(file, actor=actor)
    return import_customers(plan.rows, file_name="customers.csv", actor=actor)


def refused(actor, file):
    """What is wrong, by line; nothing is stored and nothing is in the log."""
    before = list(Customer.objects.values())
    with pytest.raises(BadFile) as bad:
        check_import(file, actor=actor)
    assert list(Customer.objects.values()) == before
    assert not Event.objects.exists()
    return {error.line: error.reason for error in bad.value.errors}


def test_checking_stores_nothing(agent):
    plan = check_import(file_of(row(), row()), actor=agent)
    assert (len(plan.new), len(plan.already)) == (2, 0)
    assert not Customer.objects.exists()
    assert not Event.objects.exists()


def test_the_customers_of_a_file_are_added_and_recorded(agent, partner):
    guid = uuid.uuid4()
    imported(
        agent, file_of(row(guid=str(guid).upper(), name='"Ölmühle, ""Süd"""', domain="Öl.Example"), row(market="XK"))
    )
    customer = Customer.objects.get(tenant_id=guid)
    assert (customer.partner, customer.company_name, customer.primary_domain) == (
        *(partner, 'Ölmühle, "Süd"', "öl.example"),
    )
    assert not customer.has_address
    event = Event.objects.get(action=Action.CUSTOMERS_IMPORTED)
    assert (event.actor_name, event.partner) == (agent.email, partner)
    assert event.details == {"added": 2, "already_there": 0, "file": "customers.csv"}
    created = Event.objects.filter(action=Action.CUSTOMER_CREATED)
    assert {event.customer_id for event in created} == set(Customer.objects.values_list("tenant_id", flat=True))


def test_the_second_time_nothing_is_added_and_nothing_recorded(agent):
    rows = row(), row()
    imported(agent, file_of(*rows))
    before = list(Customer.objects.order_by("pk").values()), Event.objects.count()
    plan = imported(agent, file_of(*rows))
    assert (len(plan.new), len(plan.already), plan.differing) == (0, 2, [])
    assert (list(Customer.objects.order_by("pk").values()), Event.objects.count()) == before


def test_a_customer_that_is_there_is_left_as_it_is_and_the_difference_told(agent, customer):
    before = Customer.objects.values().get()
    plan = imported(agent, file_of(row(guid=customer.tenant_id, name="Another name"), row()))
    assert [found.customer for found in plan.differing] == [customer]
    assert Customer.objects.filter(pk=customer.pk).values().get() == before
    assert Customer.objects.count() == 2


def test_the_address_comes_along_where_the_file_has_it(agent):
    header = f"{HEADER},Address,City,State or province,Postal code,Country"
    imported(agent, file_of(f"{row()},Hafenstraße 7,Hamburg,,20457,de", f"{row()},,,,,", header=header))
    found = Customer.objects.order_by("pk").values_list("address_line", "city", "postal_code", "country")
    assert list(found) == [("Hafenstraße 7", "Hamburg", "20457", "DE"), ("", "", "", "")]


@pytest.mark.parametrize(
    "header",
    [
        " microsoft id ,COMPANY NAME,Primary  domain name,relationship,market,currency,Tags",
        "\ufeffMicrosoft ID,Company name,Primary domain name,Relationship,Market,Currency,Tags",
    ],
)
def test_columns_are_known_in_any_case_and_others_are_passed_over(agent, header):
    assert len(imported(agent, file_of(f"{row()},vip", header=header)).new) == 1


@pytest.mark.parametrize(
    "relationship", [*import_file.RELATIONSHIPS, "microsoft_support", "MicrosoftSupport", " cloud reseller "]
)
def test_every_relationship_of_partner_center_is_taken(agent, relationship):
    assert len(check_import(file_of(row(relationship=relationship)), actor=agent).new) == 1


def test_every_bad_row_is_named_by_its_line_and_nothing_is_stored(agent, partner):
    other = CustomerFactory(partner=partner, company_name="Fabrikam Inc")
    first = uuid.uuid4()
    found = refused(
        agent,
        file_of(
            row(guid=first, domain="first.example"),
            row(guid="x", market="Germany"),
            row(guid=first),
            row(domain="FIRST.example."),
            row(relationship="Friend"),
            row(domain=other.primary_domain),
            row(name="고" * 10_000),
            "too,few",
            row(name="\0"),
        ),
    )
    assert set(found) == set(range(3, 11))
    assert found[3].startswith("Microsoft ID: This is no GUID.")
    assert "Market: Give a country's code of two capital letters" in found[3]
    assert found[4] == f"Microsoft ID: {first} stands on line 2 already."
    assert found[5] == "Primary domain name: first.example stands on line 2 already."
    assert found[6].startswith("Relationship: Give one of Partner Center's: Reseller, Cloud Reseller,")
    assert found[7].startswith(f"Primary domain name: your customer Fabrikam Inc, tenant GUID {other.tenant_id}, has")
    assert found[8] == "Company name: This is too long: give at most 200 characters."
    assert found[9] == "the row has not as many cells as the header"
    assert found[10] == "Company name: Give the company's name."


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (io.BytesIO(b""), "the file is empty"),
        (file_of(), "the file has a header but no customers"),
        (file_of(row(), encoding="utf-16"), "the file is not UTF-8 text: save it as “CSV UTF-8”"),
        (file_of("Käse", header="Käse", encoding="latin-1"), "the file is not UTF-8 text: save it as “CSV UTF-8”"),
        (file_of(header=HEADER.replace(",", ";")), "the columns are not separated by commas"),
        (file_of(header=HEADER.replace(",", "\t")), "the columns are not separated by commas"),
        (file_of(header="Microsoft ID,Company name"), "the file has no column Currency, Market, Primary domain name"),
        (file_of(header=f"{HEADER},market"), "the file has the column Market twice"),
        (io.BytesIO(b"PK\x03\x04\x00\x00not a CSV file"), "the file has no column"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_way_out(agent, file, reason):
    file.seek(0)
    assert refused(agent, file)[1].startswith(reason)


def test_a_file_of_too_many_rows_is_refused(agent, monkeypatch):
    monkeypatch.setattr(import_file, "MOST_ROWS", 2)
    assert refused(agent, file_of(row(), row(), row())) == {4: "the file has more than 2 rows: split it into several"}
    assert len(check_import(file_of(row(), row()), actor=agent).new) == 2


def test_what_was_taken_since_the_check_stops_the_whole_import(agent, partner):
    plan = check_import(file_of(row(domain="taken.example"), row()), actor=agent)
    CustomerFactory(partner=partner, primary_domain="taken.example")
    with pytest.raises(BadFile, match=r"line 2: .*has taken\.example already"):
        import_customers(plan.rows, file_name="customers.csv", actor=agent)
    assert Customer.objects.count() == 1
    assert not Event.objects.exists()


def test_customers_of_another_partner_do_not_matter(agent, stranger):
    rows = row(), row()
    imported(stranger, file_of(*rows))
    assert len(imported(agent, file_of(*rows)).new) == 2


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.ADMIN_AGENT, Role.GLOBAL_ADMIN}])
def test_no_other_role_imports(partner, agent, role):
    plan = check_import(file_of(row()), actor=agent)
    actor = UserFactory(partner=partner, roles=[role])
    with pytest.raises(Refusal):
        check_import(file_of(row()), actor=actor)
    with pytest.raises(Refusal):
        import_customers(plan.rows, file_name="customers.csv", actor=actor)
    assert not Customer.objects.exists()
    assert Event.objects.get().action == Action.CUSTOMER_CHANGE_REFUSED
