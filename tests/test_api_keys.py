"""Product keys by API: masked until one is asked for, and the log says by which client (K2, P1)."""

import pytest

from activity.models import Action, Event
from csp_portal.accounts.permissions import Role
from software.models import KeyIssue, ProductKey
from software.services.revoking import revoke_purchase
from tests.api import Caller, refusal_of
from tests.factories import CustomerFactory, add_keys, buy_line, make_sku
from tests.helpers import cancel

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(clock, global_admin):
    return Caller(global_admin, Role.ADMIN_AGENT)


@pytest.fixture
def sku(db):
    return make_sku(key_issue=KeyIssue.PER_UNIT)


@pytest.fixture
def clear(sku):
    return add_keys(sku, 3)


@pytest.fixture
def line(clock, agent, customer, sku, clear):
    return buy_line(agent, customer, sku, 3)


def path_of(line, tenant_id=None):
    return f"/customers/{tenant_id or line.order.customer.tenant_id}/orders/{line.order.number}/lineitems/0"


def keys_of(line):
    return f"{path_of(line)}/softwarekeys"


def seen():
    return list(Event.objects.filter(action__startswith="key_").exclude(action=Action.KEY_REFUSED).order_by("pk"))


def refused():
    return Event.objects.filter(action=Action.KEY_REFUSED)


def test_keys_are_listed_by_their_ends_alone(caller, line, clear):
    answer = caller.get(keys_of(line))
    assert answer.status_code == 200
    assert not any(key in answer.content.decode() for key in clear)
    assert answer.json()["items"] == [
        {
            "id": str(key.public_id),
            "keyEnding": key.last_five,
            "quantity": 1,
            "status": "active",
            "allottedDate": "2020-01-24T12:00:00Z",
            "attributes": {"objectType": "SoftwareKey"},
        }
        for key in line.purchase.keys.all()
    ]
    assert Event.objects.filter(action__in=[Action.KEY_READ, Action.KEY_REVEALED]).count() == 0


def test_one_key_of_a_line_is_for_all_its_units(caller, agent, customer):
    line = buy_line(agent, customer, make_sku(keys=1), 5)
    assert [(key["quantity"], key["status"]) for key in caller.items(keys_of(line))] == [(5, "active")]


def test_keys_that_are_awaited_say_so_and_cannot_be_read(caller, agent, customer):
    line = buy_line(agent, customer, make_sku(), 2)
    (awaited,) = caller.items(keys_of(line))
    assert (awaited["quantity"], awaited["status"], "keyEnding" in awaited) == (2, "pending", False)
    answer = caller.post(f"{keys_of(line)}/{awaited['id']}/reveal")
    assert refusal_of(answer) == (409, "800060", "key_pending")


def test_a_key_is_read_and_the_log_says_by_which_client(caller, clock, line, clear):
    key = line.purchase.keys.first()
    clock.set("2020-01-25T08:00:00Z")
    caller = Caller.of(caller.client)
    answer = caller.post(f"{keys_of(line)}/{key.public_id}/reveal")
    assert answer.status_code == 200
    assert (answer.json()["productKey"], answer.json()["keyEnding"]) == (clear[0], clear[0][-5:])
    assert answer.json()["firstRevealedDate"] == "2020-01-25T08:00:00Z"
    assert answer.headers["Cache-Control"] == "no-store"
    event = Event.objects.get(action=Action.KEY_READ)
    assert (event.actor_name, event.key_last_five) == (caller.user.email, clear[0][-5:])
    assert clear[0] not in str(event.__dict__)
    assert caller.items(keys_of(line))[0]["firstRevealedDate"] == "2020-01-25T08:00:00Z"


def test_reading_the_same_again_is_another_event_and_no_reply_is_kept(caller, line, clear):
    path = f"{keys_of(line)}/{line.purchase.keys.first().public_id}/reveal"
    for _time in range(2):
        answer = caller.post(path, MS_RequestId="0a6a2f5e-7a3d-4c1e-9a0f-1d2c3b4a5968")
        assert answer.json()["productKey"] == clear[0]
    assert Event.objects.filter(action=Action.KEY_READ).count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_event_is_committed_before_the_key_is_answered(global_admin, agent, customer, refusing_inserts):
    caller = Caller(global_admin, Role.ADMIN_AGENT)
    line = buy_line(agent, customer, make_sku(keys=1))
    path = f"{keys_of(line)}/{line.purchase.keys.get().public_id}/reveal"
    with refusing_inserts("activity_event"):
        answer = caller.post(path, MS_RequestId="0a6a2f5e-7a3d-4c1e-9a0f-1d2c3b4a5968")
    assert answer.status_code == 500
    assert b"AAAAA" not in answer.content
    assert ProductKey.objects.get(purchase=line.purchase).seen_at is None
    assert caller.post(path, MS_RequestId="0a6a2f5e-7a3d-4c1e-9a0f-1d2c3b4a5968").status_code == 200


def test_a_key_that_is_copied_stands_so_in_the_log(caller, line, clear):
    answer = caller.post(f"{keys_of(line)}/{line.purchase.keys.first().public_id}/copy")
    assert answer.json()["productKey"] == clear[0]
    assert Event.objects.filter(action=Action.KEY_COPIED).count() == 1


def test_all_keys_are_exported_as_json_and_as_csv(caller, line, clear):
    assert [item["productKey"] for item in caller.post(f"{keys_of(line)}/export").json()["items"]] == clear
    assert Event.objects.filter(action=Action.KEY_EXPORTED).count() == 3
    answer = caller.post(f"{keys_of(line)}/export", Accept="text/csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = answer.getvalue().decode("utf-8-sig").splitlines()
    assert [row.rsplit(",", 1)[1] for row in rows] == ["product_key", *clear]
    assert Event.objects.filter(action=Action.KEY_EXPORTED).count() == 6


@pytest.mark.parametrize("what", ["reveal", "copy"])
def test_a_revoked_key_is_gone(caller, agent, line, what):
    key = line.purchase.keys.first()
    cancel(line, agent)
    answer = caller.post(f"{keys_of(line)}/{key.public_id}/{what}")
    assert refusal_of(answer) == (410, "410", "key_revoked")
    assert {item["status"] for item in caller.items(keys_of(line))} == {"revoked"}
    assert refused().get().actor_name == caller.user.email
    key.refresh_from_db()
    assert key.seen_at is None


def test_keys_of_a_term_that_is_over_are_gone(caller, clock, line):
    clock.set("2021-01-24T00:00:00Z")
    answer = Caller.of(caller.client).post(f"{keys_of(line)}/{line.purchase.keys.first().public_id}/reveal")
    assert refusal_of(answer) == (410, "410", "term_over")


@pytest.mark.parametrize("what", ["{key}/reveal", "{key}/copy", "export"])
def test_only_an_admin_agent_reads_keys(global_admin, clock, line, what):
    caller = Caller(global_admin, Role.GLOBAL_ADMIN)
    answer = caller.post(f"{keys_of(line)}/{what.format(key=line.purchase.keys.first().public_id)}")
    assert refusal_of(answer) == (403, "900150", "role_required")
    assert refused().get().actor_name == caller.user.email
    assert not ProductKey.objects.exclude(seen_at=None).exists()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_partners_keys_are_not_found(stranger, line, method):
    caller = Caller(stranger, Role.ADMIN_AGENT)
    path = keys_of(line) if method == "GET" else f"{keys_of(line)}/{line.purchase.keys.first().public_id}/reveal"
    assert refusal_of(caller.ask(method, path)) == (404, "60003", "customer_not_found")
    assert not ProductKey.objects.exclude(seen_at=None).exists()


def test_a_client_limited_to_others_finds_no_keys(global_admin, partner, line):
    other = CustomerFactory(partner=partner)
    caller = Caller(global_admin, Role.ADMIN_AGENT, limited_to=[other.tenant_id])
    assert refusal_of(caller.get(keys_of(line))) == (404, "60003", "customer_not_found")


def test_a_key_of_another_line_is_not_found(caller, agent, customer, line):
    other = buy_line(agent, customer, make_sku(keys=1))
    for key_id in (other.purchase.keys.get().public_id, "none", line.purchase.public_id):
        answer = caller.post(f"{keys_of(line)}/{key_id}/reveal")
        assert refusal_of(answer) == (404, "1000", "not_found")
    answer = caller.post(f"{path_of(line)[:-1]}7/softwarekeys/{line.purchase.keys.first().public_id}/reveal")
    assert refusal_of(answer) == (400, "800071", "line_number_wrong")
    assert not ProductKey.objects.exclude(seen_at=None).exists()


def test_nothing_is_exported_of_what_was_cancelled(caller, line, clock):
    revoke_purchase(line.purchase, now=line.order.placed_at)
    assert refusal_of(caller.post(f"{keys_of(line)}/export"))[2] == "no_keys_to_export"


def test_a_page_of_keys_costs_the_same_for_many(caller, agent, customer, django_assert_max_num_queries):
    sku = make_sku(key_issue=KeyIssue.PER_UNIT, keys=120)
    line = buy_line(agent, customer, sku, 120)
    with django_assert_max_num_queries(12):
        page = caller.get(keys_of(line)).json()
    assert (page["totalCount"], "next" in page["links"]) == (100, True)
    assert len(caller.items(page["links"]["next"]["uri"])) == 20
