"""Carts and lines become orders by API, once (X3, B3, B4)."""

import uuid

import pytest
from django.db import transaction

from activity.models import Action, Event
from csp_portal.accounts.permissions import Role
from orders.billing.models import Account, Entry
from orders.models import ApiCart, Order
from software.api.items import catalog_item_id
from software.models import CancellationPolicy, Kind, MarketRestriction, SoftwarePurchase
from tests.api import Caller, refusal_of
from tests.factories import CustomerFactory, make_sku
from tests.helpers import in_threads

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(clock, global_admin):
    return Caller(global_admin, Role.ADMIN_AGENT)


@pytest.fixture
def root(customer):
    return f"/customers/{customer.tenant_id}"


def item_of(sku):
    return catalog_item_id(sku, "US", "USD")


def line(sku, quantity=2, **more):
    return {"catalogItemId": item_of(sku), "quantity": quantity, "billingCycle": "one_time", **more}


def order_line(sku, number=0, quantity=2, **more):
    return {"lineItemNumber": number, "offerId": item_of(sku), "quantity": quantity, **more}


def cart_of(caller, root, *lines, **more):
    answer = caller.post(f"{root}/carts", {"lineItems": list(lines), **more})
    assert answer.status_code == 201, answer.content
    return f"{root}/carts/{answer.json()['id']}"


def nothing_ordered():
    return not (Order.objects.exists() or SoftwarePurchase.objects.exists() or Entry.objects.exists())


@pytest.mark.parametrize("body", [b'"success"', b"", b"success", b"{", b"\xff\x00", b"[1]"])
def test_a_cart_is_checked_out_whatever_the_body_says(caller, root, body):
    sku = make_sku(keys=1)
    cart = cart_of(caller, root, line(sku), purchaseOrderNumber="釜山 PO-7")
    answer = caller.post(f"{cart}/checkout", body, MS_RequestId=str(uuid.uuid4()))
    assert answer.status_code == 201, answer.content
    told = answer.json()
    order = Order.objects.get()
    assert (told["orderErrors"], told["attributes"]) == ([], {"objectType": "CartCheckoutResult"})
    (written,) = told["orders"]
    assert (written["id"], written["status"], written["purchaseOrderNumber"]) == (
        order.number,
        "completed",
        "釜山 PO-7",
    )
    assert written["lineItems"][0]["offerId"] == item_of(sku)
    assert caller.items(f"{root}/orders") == [written]
    assert (order.placed_by, order.idempotency_key) == (caller.user, ApiCart.objects.get().public_id)
    assert Event.objects.get(action=Action.ORDER_PLACED).actor_id == caller.user.public_id
    assert Entry.objects.count() == 1


def test_an_ordered_cart_says_so_and_is_neither_ordered_again_nor_changed(caller, root):
    cart = cart_of(caller, root, line(make_sku()))
    number = caller.post(f"{cart}/checkout", "success").json()["orders"][0]["id"]
    read = caller.get(cart).json()
    assert (read["status"], read["links"]["order"]["uri"]) == ("Ordered", f"{root}/orders/{number}")
    assert not {"pricing", "error"} & {*read["lineItems"][0]}
    before = list(Order.objects.values()), list(ApiCart.objects.values())
    for answer in (caller.post(f"{cart}/checkout", '"success"'), caller.put(cart, {"lineItems": [line(make_sku())]})):
        assert refusal_of(answer) == (400, "800065", "cart_ordered")
        assert number in answer.json()["description"]
    assert (list(Order.objects.values()), list(ApiCart.objects.values())) == before


def test_a_cart_with_a_wrong_line_is_not_ordered(caller, root):
    wrong = line(make_sku()) | {"catalogItemId": "DG7GMGF0AAAA:0003:DG7GMGF0BBBB"}
    cart = cart_of(caller, root, line(make_sku()), wrong)
    answer = caller.post(f"{cart}/checkout")
    assert refusal_of(answer) == (400, "800009", "cart_lines_wrong")
    facts = {fact["key"]: fact["value"] for fact in answer.json()["data"]}
    assert facts["lines"] == "1"
    assert "DG7GMGF0AAAA:0003:DG7GMGF0BBBB" in facts["lineItems[1]"]
    assert nothing_ordered()
    assert caller.get(cart).json()["status"] == "Active"
    assert Event.objects.get(action=Action.ORDER_REFUSED).details["reason"] == "cart_lines_wrong"


def test_a_cart_is_ordered_until_the_second_before_it_expires(caller, clock, root):
    in_time, late = (cart_of(caller, root, line(make_sku())) for _ in range(2))
    clock.set("2020-01-25T11:59:59Z")
    caller = Caller.of(caller.client)
    assert caller.post(f"{in_time}/checkout").status_code == 201
    clock.set("2020-01-25T12:00:00Z")
    assert refusal_of(caller.post(f"{late}/checkout")) == (400, "800009", "cart_expired")
    assert Order.objects.count() == 1
    caller.put(late, caller.get(late).json())
    assert caller.post(f"{late}/checkout").status_code == 201


def test_a_cart_is_ordered_at_the_price_of_the_checkout(caller, root):
    sku = make_sku("1200.00")
    cart = cart_of(caller, root, line(sku))
    sku.prices.update(unit_price="1300.00")
    caller.post(f"{cart}/checkout")
    assert Order.objects.get().lines.get().gross == 2600


def test_what_can_never_be_cancelled_is_ordered_once_that_was_accepted(caller, root):
    never = make_sku(kind=Kind.LINUX_PLAN, cancellation_policy=CancellationPolicy.NEVER)
    refused = caller.post(f"{cart_of(caller, root, line(never))}/checkout")
    assert refusal_of(refused) == (400, "800009", "cart_lines_wrong")
    answer = caller.post(f"{root}/orders", {"lineItems": [order_line(never)]})
    assert refusal_of(answer) == (400, "800002", "never_cancellable_not_accepted")
    assert nothing_ordered()
    accepted = {"neverCancellableAccepted": True}
    assert caller.post(f"{cart_of(caller, root, line(never, **accepted))}/checkout").status_code == 201
    assert caller.post(f"{root}/orders", {"lineItems": [order_line(never, **accepted)]}).status_code == 201


def test_the_credit_limit_holds(caller, root, customer):
    Account.objects.filter(partner=customer.partner).update(credit_limit="2399.99")
    sku = make_sku("1200.00")
    cart = cart_of(caller, root, line(sku))
    for answer in (caller.post(f"{cart}/checkout"), caller.post(f"{root}/orders", {"lineItems": [order_line(sku)]})):
        assert refusal_of(answer) == (403, "800023", "credit_limit_exceeded")
    Account.objects.filter(partner=customer.partner).update(credit_limit=None)
    assert refusal_of(caller.post(f"{cart}/checkout")) == (403, "800023", "no_credit_limit")
    assert nothing_ordered()
    Account.objects.filter(partner=customer.partner).update(credit_limit="2400.00")
    assert caller.post(f"{cart}/checkout").status_code == 201


NODE = '{{"lineItems":[{{"offerId":"{item}","quantity":2,"lineItemNumber":0}}],"billingCycle":"one_time"}}'
PYTHON = (
    '{{"referenceCustomerId": "11111111-2222-4333-8444-555555555555", "billingCycle": "one_time", "lineItems": '
    '[{{"lineItemNumber": 0, "offerId": "{item}", "friendlyName": "SQL", "quantity": 2}}]}}'
)
DOT_NET = (
    '{{"Id":null,"AlternateId":null,"ReferenceCustomerId":"11111111-2222-4333-8444-555555555555","BillingCycle":'
    '"one_time","TransactionType":null,"Status":null,"CreationDate":null,"CurrencyCode":null,"CurrencySymbol":null,'
    '"LineItems":[{{"LineItemNumber":0,"ProvisioningContext":null,"OfferId":"{item}","SubscriptionId":null,'
    '"ParentSubscriptionId":null,"TermDuration":null,"TransactionType":null,"FriendlyName":"SQL","Quantity":2,'
    '"PartnerIdOnRecord":null,"AdditionalPartnerIdsOnRecord":null,"RenewsTo":null,"Pricing":null,"Links":null,'
    '"Attributes":{{"ObjectType":"OrderLineItem"}}}}],"Links":null,"Attributes":{{"ObjectType":"Order"}}}}'
)


@pytest.mark.parametrize("body", [NODE, PYTHON, DOT_NET], ids=["Node", "Python", ".NET"])
def test_what_clients_send_is_ordered_without_a_cart(caller, root, body):
    sku = make_sku(keys=1)
    answer = caller.post(f"{root}/orders", body.format(item=item_of(sku)))
    assert answer.status_code == 201, answer.content
    assert caller.items(f"{root}/orders") == [answer.json()]
    assert Order.objects.get().lines.get().quantity == 2


def test_one_item_may_stand_in_two_lines(caller, root):
    sku = make_sku()
    answer = caller.post(f"{root}/orders", {"lineItems": [order_line(sku, 1, 3), order_line(sku, 0, 2)]})
    assert [line["quantity"] for line in answer.json()["lineItems"]] == [2, 3]


def direct_refusals():
    sku = make_sku()
    return [
        ((400, "800004", "catalog_item_unknown"), order_line(sku) | {"offerId": "a:b:c"}),
        ((400, "900142", "catalog_item_missing"), order_line(sku) | {"offerId": ""}),
        ((400, "800071", "line_number_wrong"), order_line(sku, 2)),
        ((400, "800017", "quantity_out_of_range"), order_line(sku, 0, 10_001)),
        ((400, "3000", "line_term_wrong"), order_line(sku, termDuration="P5Y")),
        ((400, "3000", "line_beyond"), order_line(sku, renewsTo={"termDuration": "P1Y"})),
        ((403, "800020", "not_priced_in_market"), order_line(make_unpriced())),
        ((400, "800070", "reservation_not_sold_in_market"), order_line(make_reservation())),
    ]


def make_unpriced():
    sku = make_sku()
    sku.prices.all().delete()
    return sku


def make_reservation():
    MarketRestriction.objects.create(market="US", valid_from="2020-01-01")
    return make_sku(kind=Kind.RESERVATION, cancellation_policy=CancellationPolicy.SUPPORT_ONLY)


def test_a_direct_order_says_what_is_wrong_and_orders_nothing(caller, root):
    for refusal, wrong in direct_refusals():
        answer = caller.post(f"{root}/orders", {"lineItems": [wrong]})
        assert refusal_of(answer) == refusal, wrong
    good = order_line(make_sku())
    for more, reason in (
        ({"billingCycle": "monthly"}, "line_billing_wrong"),
        ({"currencyCode": "EUR"}, "line_currency_wrong"),
    ):
        assert refusal_of(caller.post(f"{root}/orders", {"lineItems": [good], **more})) == (400, "3000", reason)
    assert nothing_ordered()


@pytest.mark.parametrize(
    ("body", "member"),
    [({}, "lineItems"), ({"lineItems": [{"offerId": 1}]}, "lineItems[0].offerId"), ([], "body")],
)
def test_what_has_the_wrong_type_is_named(caller, root, body, member):
    answer = caller.post(f"{root}/orders", body)
    assert refusal_of(answer) == (400, "800002", "input_wrong")
    assert {"key": "field", "value": member} in answer.json()["data"]


def test_who_may_not_buy_orders_nothing(clock, global_admin, stranger, root):
    body = {"lineItems": [order_line(make_sku())]}
    refused = Caller(global_admin, Role.ACCOUNT_ADMIN, name="1").post(f"{root}/orders", body)
    assert refusal_of(refused) == (403, "900150", "role_required")
    foreign = Caller(stranger, Role.ADMIN_AGENT).post(f"{root}/orders", body)
    assert refusal_of(foreign) == (404, "60003", "customer_not_found")
    assert nothing_ordered()


@pytest.mark.parametrize("header", ["MS_RequestId", "Idempotency_Key"])
def test_a_call_that_is_repeated_orders_once_and_is_answered_the_same(caller, root, header):
    sku, told = make_sku(), {header: str(uuid.uuid4())}
    cart = cart_of(caller, root, line(sku))
    first, again = (caller.post(f"{cart}/checkout", '"success"', **told) for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    body = {"lineItems": [order_line(sku)]}
    first, again = (caller.post(f"{root}/orders", body, **told) for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert Order.objects.count() == 2
    carts = [caller.post(f"{root}/carts", {"lineItems": [line(sku)]}, **told).json() for _ in range(2)]
    assert carts[0] == carts[1]
    assert ApiCart.objects.count() == 2


def test_ordering_costs_few_queries_more_for_each_line_only(caller, root, django_assert_max_num_queries):
    cart = cart_of(caller, root, line(make_sku(keys=1)))
    with django_assert_max_num_queries(60):
        assert caller.post(f"{cart}/checkout").status_code == 201


def asked_at_once(caller, path, body, **headers):
    """The answers to the same call from three clients at the same time."""
    return in_threads(*[lambda: Caller.of(caller.client).post(path, body, **headers)] * 3)


@pytest.mark.django_db(transaction=True)
def test_checkouts_at_the_same_time_make_one_order(caller, root):
    cart = cart_of(caller, root, line(make_sku()))
    answers = asked_at_once(caller, f"{cart}/checkout", '"success"')
    assert sorted(answer.status_code for answer in answers)[0] == 201
    refused = [refusal_of(answer)[1:] for answer in answers if answer.status_code != 201]
    assert len(refused) == 2
    assert {*refused} <= {("800064", "cart_busy"), ("800065", "cart_ordered")}
    assert Order.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_cart_at_which_another_call_works_is_busy(caller, root):
    cart = cart_of(caller, root, line(make_sku()))
    with transaction.atomic():
        ApiCart.objects.select_for_update().get()
        (answer,) = in_threads(lambda: Caller.of(caller.client).post(f"{cart}/checkout"))
        (changed,) = in_threads(lambda: Caller.of(caller.client).put(cart, {"lineItems": [line(make_sku())]}))
    assert refusal_of(answer) == refusal_of(changed) == (409, "800064", "cart_busy")
    assert nothing_ordered()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("header", ["MS_RequestId", "Idempotency_Key"])
def test_the_same_call_at_the_same_time_is_one_order_and_one_reply(caller, root, header):
    sku, told = make_sku(), {header: str(uuid.uuid4())}
    cart = cart_of(caller, root, line(sku))
    answers = asked_at_once(caller, f"{cart}/checkout", '"success"', **told)
    assert [answer.status_code for answer in answers] == [201] * 3
    assert answers[0].json() == answers[1].json() == answers[2].json()
    answers = asked_at_once(caller, f"{root}/orders", {"lineItems": [order_line(sku)]}, **told)
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert Order.objects.count() == 2


def test_a_customer_of_another_market_buys_in_its_currency(caller, partner):
    tokyo = CustomerFactory(partner=partner, company_name="首尔贸易 株式会社", market="JP", currency="JPY")
    sku = make_sku("150000", market="JP", currency="JPY")
    item = catalog_item_id(sku, "JP", "JPY")
    body = {"lineItems": [{"catalogItemId": item, "quantity": 1, "billingCycle": "one_time"}]}
    root = f"/customers/{tokyo.tenant_id}"
    cart = caller.post(f"{root}/carts", body).json()
    assert (cart["lineItems"][0]["currencyCode"], cart["lineItems"][0]["pricing"]["unitPrice"]) == ("JPY", 150000)
    (order,) = caller.post(f"{root}/carts/{cart['id']}/checkout").json()["orders"]
    assert (order["currencyCode"], order["currencySymbol"]) == ("JPY", "¥")
