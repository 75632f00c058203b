"""Entitlements: what a customer owns, by API (partner-center-api.md, 6.2 and 15)."""

import pytest

from csp_portal.accounts.permissions import Role
from software.models import CancellationPolicy, KeyIssue, Kind
from tests.api import Caller, refusal_of
from tests.factories import CustomerFactory, buy_line, make_sku
from tests.helpers import cancel

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(clock, global_admin):
    return Caller(global_admin, Role.ADMIN_AGENT)


@pytest.fixture
def path(customer):
    return f"/customers/{customer.tenant_id}/entitlements"


def test_an_entitlement_has_the_documented_shape(caller, agent, customer, path):
    line = buy_line(agent, customer, make_sku(keys=1), 2)
    (found,) = caller.items(f"{path}?entitlementType=software&showExpiry=True")
    assert found == {
        "includedEntitlements": [],
        "referenceOrder": {
            "id": line.order.number,
            "lineItemId": "0",
            "alternateId": found["referenceOrder"]["alternateId"],
        },
        "productId": line.purchase.sku.product.product_id,
        "quantity": 2,
        "quantityDetails": [{"quantity": 2, "status": "Fulfilled"}],
        "entitledArtifacts": [],
        "skuId": "0001",
        "entitlementType": "software",
        "fulfillmentState": "Fulfilled",
        "expiryDate": "2021-01-24T00:00:00Z",
        "attributes": {"objectType": "Entitlement"},
    }


def test_only_what_has_a_term_expires_and_only_where_it_is_asked_for(caller, agent, customer, path):
    buy_line(agent, customer, make_sku(keys=1))
    buy_line(agent, customer, make_sku(kind=Kind.PERPETUAL, keys=1))
    assert ["expiryDate" in each for each in caller.items(f"{path}?SHOWEXPIRY=true")] == [False, True]
    for query in ("?showExpiry=false", ""):
        assert ["expiryDate" in each for each in caller.items(f"{path}{query}")] == [False, False]


@pytest.mark.parametrize(
    ("asked", "kinds"),
    [
        ("software", ["software", "software"]),
        ("Software", ["software", "software"]),
        ("reservedInstance", ["reservedInstance"]),
        ("virtualmachinereservedinstance", ["reservedInstance"]),
    ],
)
def test_entitlements_of_a_type(caller, agent, customer, path, asked, kinds):
    reservation = {"kind": Kind.RESERVATION, "cancellation_policy": CancellationPolicy.SUPPORT_ONLY}
    for sku in (
        make_sku(keys=1),
        make_sku(**reservation),
        make_sku(kind=Kind.LINUX_PLAN, cancellation_policy=CancellationPolicy.NEVER),
    ):
        buy_line(agent, customer, sku)
    assert [each["entitlementType"] for each in caller.items(f"{path}?entitlementtype={asked}")] == kinds
    assert len(caller.items(path)) == 3


def test_a_type_that_is_none_is_refused(caller, path):
    assert refusal_of(caller.get(f"{path}?entitlementType=cheese"))[0] == 400


def test_what_is_awaited_and_what_was_cancelled_says_so(caller, agent, customer, path):
    cancel(buy_line(agent, customer, make_sku(keys=5, key_issue=KeyIssue.PER_UNIT), 5), agent, 2)
    cancel(buy_line(agent, customer, make_sku(keys=1)), agent)
    buy_line(agent, customer, make_sku())
    told = [(each["quantity"], each["quantityDetails"]) for each in caller.items(path)]
    assert told == [
        (1, [{"quantity": 1, "status": "PrefulfillmentPending"}]),
        (0, [{"quantity": 1, "status": "Unfulfilled"}]),
        (3, [{"quantity": 3, "status": "Fulfilled"}, {"quantity": 2, "status": "Unfulfilled"}]),
    ]


def test_no_key_stands_in_an_entitlement(caller, agent, customer, path):
    line = buy_line(agent, customer, make_sku(keys=1))
    assert line.purchase.keys.get().last_five not in caller.get(path).json()["items"][0].values()
    assert b"DDDDD" not in caller.get(path).content


def test_only_a_partner_sees_its_customers(stranger, global_admin, partner, agent, customer, path):
    buy_line(agent, customer, make_sku())
    limited = Caller(global_admin, Role.ADMIN_AGENT, limited_to=[CustomerFactory(partner=partner).tenant_id])
    for caller in (Caller(stranger, Role.ADMIN_AGENT), limited):
        assert refusal_of(caller.get(path)) == (404, "60003", "customer_not_found")
    reader = Caller(global_admin, Role.AUDITOR, name="Auditor")
    assert refusal_of(reader.get(path)) == (403, "900150", "role_required")


def test_many_cost_no_more_queries(caller, agent, customer, path, django_assert_max_num_queries):
    sku = make_sku(keys=10)
    for _number in range(10):
        buy_line(agent, customer, sku)
    with django_assert_max_num_queries(12):
        page = caller.get(f"{path}?size=8").json()
    assert len(page["items"]) == 8
    token = page["continuationToken"]
    assert len(caller.items(page["links"]["next"]["uri"], MS_ContinuationToken=token)) == 2
