"""The activity log in the API: audit records (partner-center-api.md, 10)."""

import json
from urllib.parse import quote

import pytest

from activity.api.operations import RESOURCE_OF, operation_of
from activity.models import Action, Event
from activity.services import Actor, record
from csp_portal.accounts.permissions import Role
from orders.models import Order
from software.services import reveal_key
from tests.api import Caller, refusal_of
from tests.factories import CustomerFactory, buy_line, make_sku

pytestmark = pytest.mark.django_db
EVERY_DIALECT = ["2020-01-24", "01/24/2020%2008:02:13", "2020-01-24T08:02:13Z", "2020-01-24%2008:02:13"]


@pytest.fixture
def caller(clock, global_admin):
    return Caller(global_admin, Role.GLOBAL_ADMIN)


@pytest.fixture
def revealed(clock, agent, partner):
    """A key of a customer that somebody has seen."""
    customer = CustomerFactory(partner=partner, company_name="서울 소프트웨어 주식회사")
    line = buy_line(agent, customer, make_sku(keys=1))
    reveal_key(line.purchase.keys.get().public_id, actor=agent)
    return line


def records(caller, path=""):
    return caller.items(f"/auditrecords{path}")


def asked(field, value, operator):
    return "?filter=" + quote(json.dumps({"Field": field, "Value": value, "Operator": operator}))


def test_a_record_has_the_shape_that_clients_read(caller, agent, revealed, partner):
    (found,) = (row for row in records(caller) if row["operationType"] == "get_software_key")
    customer = revealed.order.customer
    assert found["partnerId"] == str(partner.public_id)
    assert (found["customerId"], found["customerName"]) == (str(customer.tenant_id), "서울 소프트웨어 주식회사")
    assert (found["userPrincipalName"], found["resourceType"]) == (agent.email, "software_key")
    assert (found["operationDate"], found["operationStatus"]) == ("2020-01-24T12:00:00Z", "succeeded")
    assert found["attributes"] == {"objectType": "AuditRecord"}
    pairs = {pair["key"]: pair["value"] for pair in found["customizedData"]}
    assert pairs["OrderId"] == revealed.order.number
    assert all(isinstance(value, str) for value in pairs.values())
    assert json.loads(found["resourceNewValue"])["OrderId"] == revealed.order.number
    assert caller.get(f"/auditrecords/{found['id']}").json() == found


def test_no_record_holds_a_key(caller, agent, revealed):
    key = revealed.purchase.keys.get()
    shown = reveal_key(key.public_id, actor=agent)
    text = json.dumps(records(caller))
    assert str(shown) not in text
    assert key.last_five in text


def test_every_action_is_about_something():
    assert set(Action) - RESOURCE_OF.keys() == set(), "say in activity/api/operations.py what it is about"
    assert all(operation_of(action) for action in Action)


@pytest.mark.parametrize("action", Action)
def test_each_action_can_be_told(caller, action, partner):
    record(action, actor=Actor.system("test"), partner=partner, details={"change": "made", "rows": 3, "was": {"a": 1}})
    row = next(row for row in records(caller) if row["action"] == action)
    assert (row["resourceType"], row["operationType"]) == (RESOURCE_OF[action], operation_of(action))
    assert (row["operationStatus"] == "decline") == action.value.endswith("_refused")


@pytest.mark.parametrize("day", [*EVERY_DIALECT, "2020-01-024", "2020-01-24T23:59:59.1234567Z"])
def test_days_come_in_every_dialect_and_the_last_one_is_whole(clock, caller, revealed, day):
    clock.set("2020-01-24T23:59:59.999999Z")
    record(Action.KEY_COPIED, actor=Actor.visitor(), partner=caller.client.partner)
    clock.set("2020-01-25T00:00:00Z")
    record(Action.KEY_EXPORTED, actor=Actor.visitor(), partner=caller.client.partner)
    found = {row["action"] for row in records(Caller.of(caller.client), f"?startDate={day}&endDate={day}")}
    assert "key_copied" in found
    assert "key_revealed" in found
    assert "key_exported" not in found


def test_the_day_of_the_year_that_java_writes_is_read(clock, caller):
    clock.set("2026-11-19T12:00:00Z")
    record(Action.KEY_COPIED, actor=Actor.visitor(), partner=caller.client.partner)
    path = "?startDate=2026-11-323&endDate=2026-11-323"
    assert "key_copied" in {row["action"] for row in records(Caller.of(caller.client), path)}


@pytest.mark.parametrize(
    ("query", "member"),
    [
        ("startDate=yesterday", "startDate"),
        ("endDate=2020-02-30", "endDate"),
        ("startDate=0001-01-01", "startDate"),
        ("startDate=2020-02-01&endDate=2020-01-01", "startDate"),
        ("action=anything", "action"),
        ("address=here", "address"),
    ],
)
def test_what_is_wrong_is_named(caller, query, member):
    answer = caller.get(f"/auditrecords?{query}")
    assert refusal_of(answer) == (400, "800002", "input_wrong")
    assert member in {fact["key"] for fact in answer.json()["data"]}


def test_records_are_filtered_as_both_sdks_ask(caller, agent, revealed, customer):
    buy_line(agent, customer, make_sku())
    tenant = str(revealed.order.customer.tenant_id)
    by_java = '{"value":"소프트","field":"CompanyName","fieldType":"String","operator":"Substring"}'
    for path in (
        asked("CompanyName", "소프트", "substring"),
        f"?filter={quote(by_java)}",
        asked("CustomerId", tenant, "equals"),
        f"?customer={tenant}",
    ):
        found = records(caller, path)
        assert {row.get("customerId") for row in found} == {tenant}
    assert {row["resourceType"] for row in records(caller, asked("ResourceType", "SoftwareKey", "equals"))} == {
        "software_key"
    }
    assert records(caller, asked("ResourceType", "referral", "equals")) == []
    assert {row["action"] for row in records(caller, "?action=order_placed")} == {"order_placed"}
    assert refusal_of(caller.get(f"/auditrecords{asked('UserId', 'x', 'equals')}"))[2] == "filter_wrong"


def test_pages_stay_exact_while_rows_arrive(clock, caller, partner):
    for second in range(7):
        clock.set(f"2020-01-24T12:00:0{second}Z")
        record(Action.KEY_COPIED, actor=Actor.visitor(), partner=partner, details={"n": second})
    found, path, headers = [], "?action=key_copied&size=3", {}
    while path:
        page = caller.get(f"/auditrecords{path}", **headers).json()
        found += [json.loads(row["resourceNewValue"])["N"] for row in page["items"]]
        record(Action.KEY_COPIED, actor=Actor.visitor(), partner=partner, details={"n": 99})
        following = page["links"].get("next")
        path = following and following["uri"].removeprefix("/auditrecords")
        headers = {"MS_ContinuationToken": following["headers"][0]["value"]} if following else {}
    assert found == [6, 5, 4, 3, 2, 1, 0]


def test_reading_is_logged_before_a_row_is_shown(caller, revealed):
    first = records(caller)
    assert first[0]["operationType"] == "log_read"
    records(caller)
    (read,) = Event.objects.filter(action=Action.LOG_READ)
    assert (read.actor_kind, read.actor_id) == ("api_client", caller.user.public_id)


def test_what_cannot_be_logged_is_not_shown(caller, revealed, refusing_inserts):
    with refusing_inserts("activity_event"):
        answer = caller.get("/auditrecords")
    assert answer.status_code == 500
    assert b"get_software_key" not in answer.content


def test_others_read_nothing_of_it(clock, caller, global_admin, stranger, revealed, customer):
    (row,) = (row for row in records(caller) if row["action"] == "key_revealed")
    limited = Caller(global_admin, Role.GLOBAL_ADMIN, limited_to=[customer.tenant_id], name="limited")
    for reader in (Caller(stranger, Role.GLOBAL_ADMIN), limited):
        assert "key_revealed" not in {each["action"] for each in records(reader)}
        assert refusal_of(reader.get(f"/auditrecords/{row['id']}")) == (404, "1000", "record_not_found")
    agent = Caller(global_admin, Role.ADMIN_AGENT, name="agent")
    assert refusal_of(agent.get("/auditrecords")) == (403, "900150", "role_required")
    for record_id in ("1", "x" * 22, "A" * 22, "%20"):
        assert refusal_of(caller.get(f"/auditrecords/{record_id}")) == (404, "1000", "record_not_found")


def test_records_cost_few_queries(caller, revealed, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        assert records(caller)
    assert Order.objects.count() == 1
