"""Carts of the API: made, read, changed, and what is wrong with their lines (X3, B1, B2)."""

from decimal import Decimal
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command

from activity.models import Action, Event
from csp_portal.accounts.permissions import Role
from orders.models import MAX_CART_LINES, ApiCart, ApiCartLine, Cart, Order
from orders.tasks import empty_old_carts
from software.api.items import catalog_item_id
from software.models import CancellationPolicy, Kind, MarketRestriction, TaxRate
from tests.api import Caller, refusal_of
from tests.factories import CustomerFactory, buy_line, make_sku
from tests.helpers import cancel

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(clock, global_admin):
    return Caller(global_admin, Role.ADMIN_AGENT)


@pytest.fixture
def path(customer):
    return f"/customers/{customer.tenant_id}/carts"


def item_of(sku, market="US", currency="USD"):
    return catalog_item_id(sku, market, currency)


def line(sku, quantity=2, **more):
    return {"catalogItemId": item_of(sku), "quantity": quantity, "billingCycle": "one_time", **more}


def made(caller, path, *lines, **more):
    answer = caller.post(path, {"lineItems": list(lines), **more})
    assert answer.status_code == 201, answer.content
    return answer.json()


def nothing_kept():
    return not (ApiCart.objects.exists() or ApiCartLine.objects.exists() or Order.objects.exists())


def test_a_cart_is_written_as_clients_read_it(caller, customer, path):
    TaxRate.objects.create(
        market="US", name="Sales tax", rate=Decimal("0.10"), included_in_price=False, valid_from="2020-01-01"
    )
    sku = make_sku()
    cart = made(caller, path, line(sku, id=0, friendlyName="mine"), purchaseOrderNumber="釜山 PO-7")
    kept = ApiCart.objects.get()
    assert cart == {
        "id": str(kept.public_id),
        "creationTimestamp": "2020-01-24T12:00:00Z",
        "lastModifiedTimestamp": "2020-01-24T12:00:00Z",
        "expirationTimestamp": "2020-01-25T12:00:00Z",
        "lastModifiedUser": str(caller.user.public_id),
        "status": "Active",
        "purchaseOrderNumber": "釜山 PO-7",
        "lineItems": [
            {
                "id": 0,
                "catalogItemId": item_of(sku),
                "friendlyName": sku.title,
                "quantity": 2,
                "currencyCode": "USD",
                "billingCycle": "one_time",
                "termDuration": "P1Y",
                "orderGroup": "0",
                "neverCancellableAccepted": False,
                "cancellationPolicy": "selfService",
                "cancellableUntil": "2020-03-25T00:00:00Z",
                "pricing": {
                    "unitPrice": 1200,
                    "taxIncluded": False,
                    "taxName": "Sales tax",
                    "taxRate": 0.1,
                    "net": 2400,
                    "tax": 240,
                    "gross": 2640,
                },
                "attributes": {"objectType": "CartLineItem"},
            }
        ],
        "links": {"self": {"uri": f"{path}/{kept.public_id}", "method": "GET", "headers": []}},
        "attributes": {"objectType": "Cart"},
    }
    assert caller.get(f"{path}/{cart['id']}").json() == cart
    assert caller.get(f"{path.upper()}/{cart['id'].upper()}/").json() == cart


def test_several_carts_stand_beside_each_other_and_beside_the_pages(caller, agent, customer, path):
    ids = {made(caller, path, line(make_sku()))["id"] for _ in range(3)}
    assert len(ids) == 3
    assert not Cart.objects.exists()
    assert not Event.objects.filter(action__in=[Action.ORDER_PLACED, Action.CART_EMPTIED]).exists()


JAVA = (
    '{{"attributes":{{"objectType":"Cart"}},"lineItems":[{{"billingCycle":"one_time","catalogItemId":"{item}","id":0,'
    '"quantity":2}}]}}'
)
DOT_NET = (
    '{{"Id":null,"CreationTimestamp":"0001-01-01T00:00:00","LastModifiedTimestamp":"0001-01-01T00:00:00",'
    '"ExpirationTimestamp":"0001-01-01T00:00:00","LastModifiedUser":null,"Status":null,"LineItems":[{{"Id":0,'
    '"CatalogItemId":"{item}","FriendlyName":null,"Quantity":2,"CurrencyCode":null,"BillingCycle":"one_time",'
    '"TermDuration":null,"Participants":null,"ProvisioningContext":null,"OrderGroup":null,"AddonItems":null,'
    '"RenewsTo":null,"AttestationAccepted":null,"Error":null}}],"Links":null,"Attributes":{{"ObjectType":"Cart"}}}}'
)


@pytest.mark.parametrize("body", [JAVA, DOT_NET], ids=["Java", ".NET"])
def test_what_the_sdks_send_makes_a_cart(caller, path, body):
    sku = make_sku()
    answer = caller.post(path, body.format(item=item_of(sku)))
    assert answer.status_code == 201, answer.content
    (item,) = answer.json()["lineItems"]
    assert (item["id"], item["catalogItemId"], item["quantity"], "error" in item) == (0, item_of(sku), 2, False)


def test_a_cart_that_was_read_can_be_sent_back_as_it_is(caller, path):
    cart = made(caller, path, line(make_sku()), line(make_sku()))
    answer = caller.put(f"{path}/{cart['id']}", cart)
    assert (answer.status_code, answer.json()) == (200, cart)


def test_a_put_puts_all_lines_in_the_place_of_the_old_ones_and_begins_its_time_anew(caller, clock, path):
    first, second = make_sku(), make_sku()
    cart = made(caller, path, line(first), purchaseOrderNumber="A")
    clock.set("2020-01-24T12:30:00Z")
    changed = caller.put(f"{path}/{cart['id']}", {"lineItems": [line(second, 5)]}).json()
    assert [each["catalogItemId"] for each in changed["lineItems"]] == [item_of(second)]
    assert "purchaseOrderNumber" not in changed
    assert (changed["creationTimestamp"], changed["lastModifiedTimestamp"], changed["expirationTimestamp"]) == (
        "2020-01-24T12:00:00Z",
        "2020-01-24T12:30:00Z",
        "2020-01-25T12:30:00Z",
    )
    assert caller.get(f"{path}/{cart['id']}").json() == changed


def test_lines_stand_in_the_order_of_their_numbers_or_as_they_came(caller, path):
    skus = [make_sku() for _ in range(3)]
    for ids, expected in (((2, 0, 1), (1, 2, 0)), ((0, 0, 0), (0, 1, 2))):
        cart = made(caller, path, *(line(sku, id=number) for sku, number in zip(skus, ids, strict=True)))
        assert [each["id"] for each in cart["lineItems"]] == [0, 1, 2]
        assert [each["catalogItemId"] for each in cart["lineItems"]] == [item_of(skus[place]) for place in expected]


def test_a_number_beyond_the_lines_is_refused(caller, path):
    answer = caller.post(path, {"lineItems": [line(make_sku(), id=1)]})
    assert refusal_of(answer) == (400, "800071", "line_number_wrong")
    assert nothing_kept()


def wrong_lines():
    sku = make_sku()
    unpriced = make_sku(market="DE", currency="EUR")
    never = make_sku(kind=Kind.LINUX_PLAN, cancellation_policy=CancellationPolicy.NEVER)
    return [
        (10001, line(sku) | {"catalogItemId": "DG7GMGF0AAAA:0003:DG7GMGF0BBBB"}),
        (10001, line(sku) | {"catalogItemId": "nonsense"}),
        (10001, line(sku) | {"catalogItemId": None}),
        (10001, line(sku) | {"catalogItemId": item_of(sku, "DE", "EUR")}),
        (10002, line(sku, 0)),
        (10002, line(sku, -3)),
        (10002, line(sku, 10_001)),
        (10002, {"catalogItemId": item_of(sku)}),
        (10000, line(sku, currencyCode="EUR")),
        (10013, line(sku) | {"billingCycle": "monthly"}),
        (10010, line(sku, termDuration="P3Y")),
        (10006, line(unpriced)),
        (10012, line(never)),
        (10012, line(never, neverCancellableAccepted=False)),
        (10004, line(sku, participants=[{"key": "transaction_reseller", "value": "123"}])),
        (10006, line(sku, addonItems=[line(sku)])),
        (10006, line(sku, renewsTo={"termDuration": "P1Y"})),
    ]


def test_a_line_that_is_wrong_comes_back_with_its_error_and_the_others_without(caller, path):
    good = make_sku()
    for code, wrong in wrong_lines():
        cart = made(caller, path, line(good), wrong)
        first, second = cart["lineItems"]
        assert "error" not in first
        assert (second["error"]["errorCode"], "pricing" in second) == (code, False), wrong
        assert second["error"]["errorDescription"]
        assert caller.get(f"{path}/{cart['id']}").json() == cart


def test_a_reservation_is_not_sold_in_a_closed_market(caller, path):
    MarketRestriction.objects.create(market="US", valid_from="2020-01-01")
    sku = make_sku(kind=Kind.RESERVATION, cancellation_policy=CancellationPolicy.SUPPORT_ONLY)
    (item,) = made(caller, path, line(sku))["lineItems"]
    assert item["error"]["errorCode"] == 10008


def test_empty_members_of_sdks_ask_for_nothing(caller, path):
    asked = {"participants": [], "addonItems": [], "renewsTo": {"termDuration": None}, "termDuration": ""}
    (item,) = made(caller, path, line(make_sku(), **asked))["lineItems"]
    assert "error" not in item
    perpetual = made(caller, path, line(make_sku(kind=Kind.PERPETUAL), termDuration=""))["lineItems"][0]
    assert (perpetual["termDuration"], "error" in perpetual) == ("", False)


def test_what_can_never_be_cancelled_is_accepted_by_a_member_of_its_own(caller, path):
    never = make_sku(kind=Kind.LINUX_PLAN, cancellation_policy=CancellationPolicy.NEVER)
    (item,) = made(caller, path, line(never, neverCancellableAccepted=True))["lineItems"]
    assert (item["cancellationPolicy"], item["neverCancellableAccepted"]) == ("never", True)
    assert not {"error", "cancellableUntil"} & {*item}


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({}, "lineItems"),
        ({"lineItems": []}, "lineItems"),
        ({"lineItems": None}, "lineItems"),
        ({"lineItems": "all"}, "lineItems"),
        ({"lineItems": [7]}, "lineItems[0]"),
        ({"lineItems": [None]}, "lineItems[0]"),
        ({"lineItems": [{"quantity": "two"}]}, "lineItems[0].quantity"),
        ({"lineItems": [{"quantity": 1.5}]}, "lineItems[0].quantity"),
        ({"lineItems": [{"quantity": 10**30}]}, "lineItems[0].quantity"),
        ({"lineItems": [{"id": -1}]}, "lineItems[0].id"),
        ({"lineItems": [{"catalogItemId": 7}]}, "lineItems[0].catalogItemId"),
        ({"lineItems": [{"catalogItemId": "x" * 101}]}, "lineItems[0].catalogItemId"),
        ({"lineItems": [{"neverCancellableAccepted": "perhaps"}]}, "lineItems[0].neverCancellableAccepted"),
        ({"lineItems": [{}] * (MAX_CART_LINES + 1)}, "lineItems"),
        ({"lineItems": [{}], "purchaseOrderNumber": "x" * 51}, "purchaseOrderNumber"),
        ([], "body"),
        ("text", "body"),
    ],
)
def test_what_has_the_wrong_type_is_named(caller, path, body, member):
    answer = caller.post(path, body if isinstance(body, dict | list) else f'"{body}"')
    assert refusal_of(answer) == (400, "800002", "input_wrong")
    assert {"key": "field", "value": member} in answer.json()["data"]
    assert nothing_kept()


def test_a_line_can_be_renewed_for_a_new_term(caller, agent, customer, path):
    bought = buy_line(agent, customer, make_sku(), quantity=3)
    which = {"renewsLine": {"orderId": bought.order.number, "lineItemNumber": 0}}
    (item,) = made(caller, path, which)["lineItems"]
    assert (item["catalogItemId"], item["quantity"], "error" in item) == (item_of(bought.purchase.sku), 3, False)
    cancel(bought, agent)
    assert refusal_of(caller.post(path, {"lineItems": [which]})) == (400, "3000", "nothing_to_renew")
    which["renewsLine"]["orderId"] = "0000000000"
    assert refusal_of(caller.post(path, {"lineItems": [which]})) == (404, "20000", "order_not_found")


def test_clients_of_one_partner_go_on_with_each_others_carts(caller, global_admin, path):
    cart = made(caller, path, line(make_sku()))
    second = Caller(global_admin, Role.GLOBAL_ADMIN, name="Second")
    changed = second.put(f"{path}/{cart['id']}", {"lineItems": [line(make_sku())]}).json()
    assert changed["lastModifiedUser"] == str(second.user.public_id)


def asking(caller, path, cart):
    body = {"lineItems": [{}]}
    return [
        caller.get(f"{path}/{cart}"),
        caller.put(f"{path}/{cart}", body),
        caller.post(f"{path}/{cart}/checkout", "success"),
    ]


def test_a_cart_of_another_customer_is_none(caller, partner, path):
    cart = made(caller, path, line(make_sku()))["id"]
    other = f"/customers/{CustomerFactory(partner=partner).tenant_id}/carts"
    before = list(ApiCart.objects.values()), list(ApiCartLine.objects.values())
    for where, which in ((other, cart), (path, uuid4()), (path, "c1")):
        for answer in asking(caller, where, which):
            assert refusal_of(answer) == (404, "800008", "cart_not_found")
    assert (list(ApiCart.objects.values()), list(ApiCartLine.objects.values())) == before


def test_carts_for_customers_of_others_are_none(caller, global_admin, partner, stranger, path):
    cart = made(caller, path, line(make_sku()))["id"]
    limited = Caller(
        global_admin, Role.ADMIN_AGENT, limited_to=[CustomerFactory(partner=partner).tenant_id], name="Limited"
    )
    for other in (limited, Caller(stranger, Role.ADMIN_AGENT)):
        for answer in (*asking(other, path, cart), other.post(path, {"lineItems": [{}]})):
            assert refusal_of(answer) == (404, "60003", "customer_not_found")
    assert not Order.objects.exists()


def test_who_may_not_buy_has_no_carts(clock, global_admin, path):
    caller = Caller(global_admin, Role.ACCOUNT_ADMIN)
    for answer in (*asking(caller, path, uuid4()), caller.post(path, {"lineItems": [{}]})):
        assert refusal_of(answer) == (403, "900150", "role_required")
    assert nothing_kept()


def test_a_cart_costs_the_same_queries_however_long(
    caller, path, django_assert_max_num_queries, django_assert_num_queries
):
    short = made(caller, path, line(make_sku()))["id"]
    long = made(caller, path, *(line(make_sku()) for _ in range(5)))["id"]
    with django_assert_max_num_queries(12) as few:
        caller.get(f"{path}/{short}")
    with django_assert_num_queries(len(few)):
        caller.get(f"{path}/{long}")


def test_carts_are_removed_30_days_after_their_last_change(caller, clock, customer, path):
    cart = made(caller, path, line(make_sku()))["id"]
    clock.set("2020-02-23T11:59:59Z")
    assert empty_old_carts() == 0
    clock.set("2020-02-23T12:00:00Z")
    said = StringIO()
    call_command("empty_old_carts", "--dry-run", stdout=said)
    assert ApiCart.objects.count() == 1
    assert f"{caller.user.email} for {customer.company_name}" in said.getvalue()
    assert (empty_old_carts(), empty_old_carts()) == (1, 0)
    assert nothing_kept()
    (row,) = Event.objects.filter(action=Action.CART_EMPTIED)
    assert (row.customer_name, row.details["lines"]) == (customer.company_name, 1)
    caller = Caller.of(caller.client)
    assert refusal_of(caller.get(f"{path}/{cart}")) == (404, "800008", "cart_not_found")
