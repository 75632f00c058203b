"""Software subscriptions by API (partner-center-api.md, 7)."""

import pytest

from cancellations.models import Cancellation
from csp_portal.accounts.permissions import Role
from orders.billing.models import Credit
from orders.models import OrderLine
from software.models import CancellationPolicy, KeyIssue, Kind, SoftwarePurchase
from tests.api import Caller, refusal_of
from tests.factories import CustomerFactory, buy_line, make_sku
from tests.helpers import cancel, in_threads

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(clock, global_admin):
    return Caller(global_admin, Role.ADMIN_AGENT)


@pytest.fixture
def line(clock, agent, customer):
    return buy_line(agent, customer, make_sku(keys=2, key_issue=KeyIssue.PER_UNIT), 2)


def subscriptions_of(customer):
    return f"/customers/{customer.tenant_id}/subscriptions"


def path_of(line):
    return f"{subscriptions_of(line.order.customer)}/{line.purchase.public_id}"


def at(clock, caller, instant):
    clock.set(instant)
    return Caller.of(caller.client)


def state():
    models = (Cancellation, Credit, OrderLine, SoftwarePurchase)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_a_subscription_has_the_documented_shape(caller, line):
    found = caller.get(path_of(line)).json()
    until = "2020-03-25T00:00:00Z"
    assert {name: value for name, value in found.items() if name not in ("links", "attributes", "offerId")} == {
        "id": str(line.purchase.public_id),
        "entitlementId": str(line.purchase.public_id),
        "offerName": line.sku_title,
        "friendlyName": line.sku_title,
        "productType": {"id": "Software", "displayName": "Software"},
        "quantity": 2,
        "unitType": "Licenses",
        "creationDate": "2020-01-24T12:00:00Z",
        "effectiveStartDate": "2020-01-24T00:00:00Z",
        "commitmentEndDate": "2021-01-24T00:00:00Z",
        "cancellationAllowedUntilDate": until,
        "status": "active",
        "autoRenewEnabled": False,
        "billingType": "license",
        "billingCycle": "one_time",
        "hasPurchasableAddons": False,
        "isTrial": False,
        "isMicrosoftProduct": True,
        "publisherName": "Microsoft",
        "actions": ["cancel"],
        "partnerId": str(line.order.partner.public_id),
        "suspensionReasons": [],
        "contractType": "subscription",
        "refundOptions": [{"type": "Partial", "expiresAt": until, "expiresAfter": until}],
        "orderId": line.order.number,
        "termDuration": "P1Y",
    }
    assert found["links"]["self"]["uri"] == path_of(line)
    assert caller.items(subscriptions_of(line.order.customer)) == [found]


def test_only_subscriptions_are_listed(caller, agent, customer, line):
    other = buy_line(agent, customer, make_sku(kind=Kind.PERPETUAL))
    assert [each["id"] for each in caller.items(subscriptions_of(customer))] == [str(line.purchase.public_id)]
    assert refusal_of(caller.get(path_of(other))) == (404, "20003", "subscription_not_found")
    answer = caller.patch(path_of(other), {"status": "deleted"})
    assert refusal_of(answer) == (404, "20003", "subscription_not_found")


def test_subscriptions_of_an_order_or_a_partner_id(caller, agent, customer, line):
    other = buy_line(agent, customer, make_sku())
    path = subscriptions_of(customer)
    assert [each["orderId"] for each in caller.items(f"{path}?order_id={other.order.number}")] == [other.order.number]
    assert caller.items(f"{path}?ORDER_ID=none") == []
    assert len(caller.items(f"{path}?mpn_id={customer.partner.public_id}")) == 2
    assert caller.items(f"{path}?mpn_id=1234567") == []


@pytest.mark.parametrize("status", ["deleted", "suspended", "Deleted"])
def test_a_subscription_is_cancelled_by_its_status(caller, clock, line, status):
    caller = at(clock, caller, "2020-02-02T12:00:00Z")
    sent = {name[0].upper() + name[1:]: value for name, value in caller.get(path_of(line)).json().items()}
    answer = caller.patch(path_of(line), sent | {"Status": status, "Quantity": 1})
    assert answer.status_code == 200, answer.content
    found = answer.json()
    assert (found["status"], found["quantity"], found["actions"], found["refundOptions"]) == ("deleted", 0, [], [])
    assert f"{Credit.objects.get().gross:.2f}" == "2334.43"
    before = state()
    assert caller.patch(path_of(line), {"status": status}).json() == found
    assert state() == before


@pytest.mark.parametrize(
    ("instant", "answer"),
    [("2020-03-24T23:59:59Z", 200), ("2020-03-25T00:00:00Z", (400, "900117", "window_closed"))],
)
def test_the_window_is_the_lines(caller, clock, line, instant, answer):
    caller, before = at(clock, caller, instant), state()
    got = caller.patch(path_of(line), {"status": "deleted"})
    if answer == 200:
        assert got.status_code == 200
    else:
        assert refusal_of(got) == answer
        assert state() == before


def test_what_its_policy_forbids_is_refused(caller, agent, customer):
    line = buy_line(agent, customer, make_sku(cancellation_policy=CancellationPolicy.SUPPORT_ONLY))
    before = state()
    answer = caller.patch(path_of(line), {"status": "deleted"})
    assert refusal_of(answer) == (400, "800061", "support_request_only")
    assert state() == before
    assert caller.get(path_of(line)).json()["actions"] == []


@pytest.mark.parametrize("body", [{}, {"status": "active"}, {"status": 1}, {"friendlyName": "서울"}, []])
def test_nothing_else_can_be_changed(caller, line, body):
    before = state()
    assert refusal_of(caller.patch(path_of(line), body)) == (400, "800002", "input_wrong")
    assert state() == before


def test_if_match_must_fit(caller, agent, line):
    etag = caller.get(path_of(line)).json()["attributes"]["etag"]
    cancel(line, agent, 1)
    before = state()
    answer = caller.patch(path_of(line), {"status": "deleted"}, If_Match=f'"{etag}"')
    assert refusal_of(answer) == (412, "2055", "etag_stale")
    assert state() == before
    etag = caller.get(path_of(line)).json()["attributes"]["etag"]
    assert caller.patch(path_of(line), {"status": "deleted"}, If_Match=f'"{etag}"').status_code == 200


def test_who_may_not_changes_nothing(stranger, global_admin, partner, line):
    before = state()
    reader = Caller(global_admin, Role.GLOBAL_ADMIN, name="Reader")
    assert refusal_of(reader.patch(path_of(line), {"status": "deleted"})) == (403, "900150", "role_required")
    elsewhere = CustomerFactory(partner=partner).tenant_id
    limited = Caller(global_admin, Role.ADMIN_AGENT, limited_to=[elsewhere], name="Limited")
    for caller in (Caller(stranger, Role.ADMIN_AGENT), limited):
        for answer in (caller.get(path_of(line)), caller.patch(path_of(line), {"status": "deleted"})):
            assert refusal_of(answer) == (404, "60003", "customer_not_found")
    assert state() == before


def test_how_far_it_is_delivered(caller, agent, customer, line):
    waiting = buy_line(agent, customer, make_sku())
    told = [caller.get(f"{path_of(each)}/provisioningstatus").json() for each in (line, waiting)]
    assert [(each["status"], each["quantity"], each["endDate"]) for each in told] == [
        ("success", 2, "2021-01-24T00:00:00Z"),
        ("pending", 1, "2021-01-24T00:00:00Z"),
    ]


@pytest.mark.parametrize(
    "word", ["addons", "upgrades", "conversions", "supportContact", "activationlinks", "registrationstatus"]
)
def test_what_it_does_not_have_is_an_empty_collection(caller, line, word):
    answer = caller.get(f"{path_of(line)}/{word}").json()
    assert (answer["totalCount"], answer["items"]) == (0, [])


def test_an_ended_one_has_expired(caller, clock, line):
    assert at(clock, caller, "2021-01-24T00:00:00Z").get(path_of(line)).json()["status"] == "expired"


def test_many_cost_no_more_queries(caller, agent, customer, django_assert_max_num_queries):
    sku = make_sku(keys=10)
    for _number in range(10):
        buy_line(agent, customer, sku)
    with django_assert_max_num_queries(12):
        assert len(caller.items(subscriptions_of(customer))) == 10


@pytest.mark.django_db(transaction=True)
def test_twice_at_once_is_one_cancellation(global_admin, agent, customer):
    caller = Caller(global_admin, Role.ADMIN_AGENT)
    line = buy_line(agent, customer, make_sku(keys=1))

    def patch():
        return Caller.of(caller.client).patch(path_of(line), {"status": "deleted"}).json()["status"]

    assert in_threads(patch, patch, patch) == ["deleted"] * 3
    assert Cancellation.objects.count() == 1
