"""Orders as the API shows them (X3)."""

import pytest

from csp_portal.accounts.permissions import Role
from orders.models import PaymentMethod
from software.api.items import catalog_item_id
from software.models import CancellationPolicy, Kind
from tests.api import Caller, refusal_of
from tests.factories import CustomerFactory, buy, make_sku
from tests.helpers import cancel

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(clock, global_admin):
    return Caller(global_admin, Role.ADMIN_AGENT)


@pytest.fixture
def order(clock, agent, customer):
    """Two of a subscription with keys, and two of perpetual software whose keys are still to come."""
    return buy(agent, customer, make_sku(keys=1), make_sku(kind=Kind.PERPETUAL), quantity=2)


def path_of(customer):
    return f"/customers/{customer.tenant_id}/orders"


def shown(caller, customer, query=""):
    (item,) = caller.items(f"{path_of(customer)}{query}")
    return item


def test_an_order_is_written_as_clients_read_it(caller, customer, order):
    item = shown(caller, customer)
    line = order.lines.get(line_number=1)
    root = f"/customers/{customer.tenant_id}"
    path = f"{root}/orders/{order.number}"
    product, sku, availability = catalog_item_id(line.purchase.sku, "US", "USD").split(":")
    assert {name: value for name, value in item.items() if name not in ("lineItems", "attributes")} == {
        "id": order.number,
        "alternateId": item["alternateId"],
        "referenceCustomerId": str(customer.tenant_id),
        "billingCycle": "one_time",
        "currencyCode": "USD",
        "currencySymbol": "$",
        "creationDate": "2020-01-24T12:00:00Z",
        "status": "pending",
        "transactionType": "UserPurchase",
        "client": {"marketplaceCountry": "US"},
        "links": {
            "self": {"uri": path, "method": "GET", "headers": []},
            "provisioningStatus": {"uri": f"{path}/provisioningstatus", "method": "GET", "headers": []},
            "patchOperation": {"uri": path, "method": "PATCH", "headers": []},
        },
    }
    assert (item["attributes"]["objectType"], bool(item["attributes"]["etag"])) == ("Order", True)
    first, second = item["lineItems"]
    links = {name: link["uri"] for name, link in first.pop("links").items()}
    assert first == {
        "lineItemNumber": 0,
        "offerId": f"{product}:{sku}:{availability}",
        "subscriptionId": str(line.purchase.public_id),
        "friendlyName": line.sku_title,
        "quantity": 2,
        "termDuration": "P1Y",
        "transactionType": "New",
        "cancellableUntil": "2020-03-25T00:00:00Z",
        "cancellationPolicy": "selfService",
        "attributes": {"objectType": "OrderLineItem"},
    }
    assert links == {
        "product": f"/products/{product}?country=US",
        "sku": f"/products/{product}/skus/{sku}?country=US",
        "availability": f"/products/{product}/skus/{sku}/availabilities/{availability}?country=US",
        "provisioningStatus": f"{path}/provisioningstatus",
        "activationLinks": f"{path}/lineitems/0/activationlinks",
        "subscription": f"{root}/subscriptions/{line.purchase.public_id}",
        "softwareKeys": f"{path}/lineitems/0/softwarekeys",
        "builds": f"{path}/lineitems/0/builds",
        "downloadLinks": f"{path}/lineitems/0/downloadlinks",
    }
    assert (second["lineItemNumber"], second["termDuration"]) == (1, "")
    assert "subscriptionId" not in second


def test_a_reservation_and_a_linux_plan_have_neither_keys_nor_builds(caller, agent, customer):
    never = {"cancellation_policy": CancellationPolicy.NEVER, "product__publisher": "SUSE"}
    support = {"cancellation_policy": CancellationPolicy.SUPPORT_ONLY}
    buy(agent, customer, make_sku(kind=Kind.LINUX_PLAN, **never), make_sku(kind=Kind.RESERVATION, **support))
    plan, reservation = shown(caller, customer)["lineItems"]
    assert not {"softwareKeys", "builds", "downloadLinks"} & {*plan["links"], *reservation["links"]}
    assert plan["cancellationPolicy"] == "never"
    assert "cancellableUntil" not in plan
    assert (reservation["cancellationPolicy"], reservation["cancellableUntil"]) == (
        "supportRequest",
        "2020-03-25T00:00:00Z",
    )
    assert shown(caller, customer)["status"] == "completed"


def test_what_was_cancelled_no_longer_counts_and_only_all_of_it_cancels_the_order(caller, agent, customer, order):
    before = shown(caller, customer)
    first, second = order.lines.order_by("line_number")
    cancel(second, agent)
    item = shown(caller, customer)
    assert (item["status"], [line["quantity"] for line in item["lineItems"]]) == ("completed", [2, 0])
    assert "cancellableUntil" not in item["lineItems"][1]
    assert item["attributes"]["etag"] != before["attributes"]["etag"]
    cancel(first, agent)
    item = shown(caller, customer)
    assert (item["status"], [line["quantity"] for line in item["lineItems"]]) == ("cancelled", [0, 0])
    assert {key: item[key] for key in ("id", "alternateId", "links")} == {
        key: before[key] for key in ("id", "alternateId", "links")
    }


@pytest.mark.parametrize("query", ["?include_price=True", "?INCLUDE_PRICE=true", "?include_price=true&size=0"])
def test_prices_come_when_they_are_asked_for(caller, customer, order, query):
    item = shown(caller, customer, query)
    assert item["totalPrice"] == 4800
    assert item["lineItems"][0]["pricing"] == {
        "listPrice": 1200,
        "price": 1200,
        "extendedPrice": 2400,
        "taxIncluded": False,
        "taxName": "",
        "taxRate": 0,
        "net": 2400,
        "tax": 0,
        "gross": 2400,
        "creditedGross": 0,
    }


def test_prices_stay_out_otherwise(caller, customer, order):
    for query in ("", "?include_price=false"):
        item = shown(caller, customer, query)
        assert "totalPrice" not in item
        assert "pricing" not in item["lineItems"][0]


@pytest.mark.parametrize(
    ("query", "found"),
    [("onetime", 1), ("OneTime", 1), ("one_time", 1), ("monthly", 0), ("Annual", 0), ("Unknown", 0)],
)
def test_the_billing_type_is_a_filter(caller, customer, order, query, found):
    assert len(caller.items(f"{path_of(customer)}?billingType={query}")) == found


@pytest.mark.parametrize("query", ["billingType=weekly", "include_price=perhaps"])
def test_what_the_query_means_must_be_known(caller, customer, order, query):
    answer = caller.get(f"{path_of(customer)}?{query}")
    assert refusal_of(answer) == (400, "800002", "input_wrong")
    assert query.partition("=")[0] in answer.json()["description"]


def test_orders_come_newest_first_page_by_page(caller, clock, agent, customer):
    placed = []
    for day in ("24", "25", "26"):
        clock.set(f"2020-01-{day}T12:00:00Z")
        placed.insert(0, buy(agent, customer, make_sku()).number)
    caller = Caller.of(caller.client)
    first = caller.get(f"{path_of(customer)}?size=2").json()
    assert [item["id"] for item in first["items"]] == placed[:2]
    link = first["links"]["next"]
    (header,) = link["headers"]
    rest = caller.get(f"/{link['uri']}", **{header["key"].replace("-", "_"): header["value"]}).json()
    assert [item["id"] for item in rest["items"]] == placed[2:]
    assert "next" not in rest["links"]


def test_a_list_costs_the_same_queries_however_long(
    caller, agent, customer, order, django_assert_max_num_queries, django_assert_num_queries
):
    caller.items(path_of(customer))  # the first call of a day writes down when the client was last used
    with django_assert_max_num_queries(12) as few:
        caller.items(path_of(customer))
    buy(agent, customer, make_sku(), make_sku(), make_sku())
    buy(agent, customer, make_sku())
    with django_assert_num_queries(len(few)):
        assert len(caller.items(path_of(customer))) == 3


def test_delivery_is_told_line_by_line(caller, agent, customer, order):
    path = f"{path_of(customer)}/{order.number}/provisioningStatus"
    first, second = caller.items(path)
    assert (first["lineItemNumber"], first["status"]) == (0, "Fulfilled")
    assert first["quantityProvisioningInformation"] == [{"quantity": 2, "status": "Fulfilled"}]
    assert second["quantityProvisioningInformation"] == [{"quantity": 2, "status": "PrefulfillmentPending"}]
    cancel(order.lines.get(line_number=2), agent)
    _first, second = caller.items(path)
    assert second["status"] == "Unfulfilled"
    assert second["quantityProvisioningInformation"] == [{"quantity": 2, "status": "Unfulfilled"}]


def test_there_are_no_activation_links(caller, customer, order):
    for path in ("activationlinks", "lineitems/1/activationlinks", "LineItems/0/ActivationLinks"):
        body = caller.get(f"{path_of(customer)}/{order.number}/{path}").json()
        assert (body["totalCount"], body["items"], body["attributes"]["objectType"]) == (0, [], "Collection")


@pytest.mark.parametrize("number", ["2", "-1", "x", "1.0", "٣", "9" * 40])
def test_a_line_that_there_is_not_is_told(caller, customer, order, number):
    answer = caller.get(f"{path_of(customer)}/{order.number}/lineitems/{number}/activationlinks")
    assert refusal_of(answer) == (400, "800071", "line_number_wrong")


def test_one_order_is_read_by_its_number_as_the_list_has_it(caller, customer, order):
    number = order.number
    written = (number, number.lower(), f"{number[:5]}-{number[5:]}", f"{number}/")
    for text in written:
        assert caller.get(f"{path_of(customer)}/{text}").json() == shown(caller, customer)
    priced = caller.get(f"{path_of(customer)}/{number}?include_price=true").json()
    assert priced == shown(caller, customer, "?include_price=true")


def test_one_order_costs_the_same_queries_however_many_lines(
    caller, agent, customer, order, django_assert_max_num_queries, django_assert_num_queries
):
    longer = buy(agent, customer, *(make_sku() for _ in range(5)))
    caller.get(f"{path_of(customer)}/{order.number}")
    with django_assert_max_num_queries(12) as few:
        caller.get(f"{path_of(customer)}/{order.number}")
    with django_assert_num_queries(len(few)):
        caller.get(f"{path_of(customer)}/{longer.number}")


def below(customer, number):
    order = f"{path_of(customer)}/{number}"
    return [order, f"{order}/provisioningstatus", f"{order}/activationlinks", f"{order}/lineitems/0/activationlinks"]


def test_an_order_of_another_customer_is_none(caller, partner, agent, customer, order):
    other = CustomerFactory(partner=partner)
    for number in (order.number, "0000000000", "no-such-order", "Qm9ndXMtb3JkZXItaWQtMDAwMDAwMDE_x1"):
        for path in below(other, number):
            assert refusal_of(caller.get(path)) == (404, "20000", "order_not_found")


def test_customers_of_others_are_none(caller, global_admin, customer, order, agent):
    limited = Caller(
        global_admin, Role.ADMIN_AGENT, limited_to=[CustomerFactory(partner=customer.partner).tenant_id], name="2"
    )
    foreign = CustomerFactory()
    for asking, whose in ((caller, foreign), (limited, customer)):
        for path in (path_of(whose), *below(whose, order.number)):
            assert refusal_of(asking.get(path)) == (404, "60003", "customer_not_found")


def test_who_may_not_see_orders_sees_none(clock, global_admin, customer, order):
    caller = Caller(global_admin, Role.ACCOUNT_ADMIN)
    for path in (path_of(customer), *below(customer, order.number)):
        assert refusal_of(caller.get(path)) == (403, "900150", "role_required")


def test_the_purchase_order_number_stands_in_the_order(caller, customer, order):
    assert order.payment_method == PaymentMethod.ON_ACCOUNT
    assert "purchaseOrderNumber" not in shown(caller, customer)
    order.purchase_order_number = "釜山 PO-7"
    order.save(update_fields=["purchase_order_number"])
    assert shown(caller, customer)["purchaseOrderNumber"] == "釜山 PO-7"
