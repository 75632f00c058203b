"""PATCH of an order: cancelling by API, all or nothing (partner-center-api.md, 6.1; C2, C4, C6, C7)."""

import pytest

from activity.models import Action, Event
from cancellations.models import Cancellation
from csp_portal.accounts.permissions import Role
from orders.billing.models import Credit
from orders.models import OrderLine
from software.models import CancellationPolicy, KeyIssue, Kind, ProductKey, SoftwarePurchase
from tests.api import Caller, refusal_of
from tests.factories import CustomerFactory, buy, buy_line, make_link, make_sku
from tests.helpers import cancel, in_threads
from tests.support import file_refund

pytestmark = pytest.mark.django_db

KEPT = (Cancellation, Credit, OrderLine, SoftwarePurchase, ProductKey)


@pytest.fixture
def caller(clock, global_admin):
    return Caller(global_admin, Role.ADMIN_AGENT)


@pytest.fixture
def order(clock, agent, customer):
    """A subscription for 1,200.00 USD and something perpetual for 300.00 USD, each with a key."""
    skus = (make_sku(keys=1), make_sku("300.00", kind=Kind.PERPETUAL, keys=1))
    return buy(agent, customer, *skus)


def path_of(order):
    return f"/customers/{order.customer.tenant_id}/orders/{order.number}"


def everything():
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in KEPT}


def credits():
    return [f"{amount:.2f}" for amount in Credit.objects.order_by("pk").values_list("gross", flat=True)]


def quantities(answer):
    assert answer.status_code == 200, answer.content
    return answer.json()["status"], [line["quantity"] for line in answer.json()["lineItems"]]


def at(clock, caller, instant):
    """The same client at another time, with a token of it."""
    clock.set(instant)
    return Caller.of(caller.client)


@pytest.mark.parametrize(
    "body",
    [
        {"status": "cancelled"},
        {"Status": "Cancelled", "LineItems": None},
        {"status": "CANCELLED", "lineItems": []},
    ],
)
def test_the_whole_order_is_cancelled(caller, clock, order, body):
    caller = at(clock, caller, "2020-02-02T12:00:00Z")
    answer = caller.patch(path_of(order), {"id": order.number, **body})
    assert quantities(answer) == ("cancelled", [0, 0])
    assert credits() == ["1167.21", "300.00"]
    assert set(Cancellation.objects.values_list("cancelled_by", flat=True)) == {caller.user.pk}
    assert not ProductKey.objects.filter(status="allotted").exists()
    assert Event.objects.filter(action=Action.PURCHASE_CANCELLED, actor_name=caller.user.email).count() == 2
    assert caller.get(path_of(order)).json() == answer.json()


def test_the_python_client_sends_id_and_status_alone(caller, order):
    answer = caller.patch(path_of(order), f'{{"id": "{order.number}", "status": "cancelled"}}')
    assert quantities(answer) == ("cancelled", [0, 0])


@pytest.mark.parametrize("pascal", [False, True])
def test_sdks_send_the_whole_order_back(caller, order, pascal):
    sent = caller.get(path_of(order)).json() | {"status": "cancelled"}
    if pascal:
        sent = {name[0].upper() + name[1:]: value for name, value in sent.items()}
        sent["LineItems"] = [{k[0].upper() + k[1:]: v for k, v in line.items()} for line in sent["LineItems"]]
        sent |= {"Status": "Cancelled", "TotalPrice": None, "CreationDate": "0001-01-01T00:00:00"}
    assert quantities(caller.patch(path_of(order), sent)) == ("cancelled", [0, 0])


def test_exactly_the_lines_that_are_named_are_cancelled(caller, order):
    offer = caller.get(path_of(order)).json()["lineItems"][1]["offerId"]
    body = {"id": order.number, "status": "cancelled", "lineItems": [{"lineItemNumber": 1, "offerId": offer.lower()}]}
    assert quantities(caller.patch(path_of(order), body)) == ("completed", [1, 0])
    assert credits() == ["300.00"]
    assert quantities(caller.patch(path_of(order), {"status": "cancelled"})) == ("cancelled", [0, 0])
    assert credits() == ["300.00", "1200.00"]


def test_a_quantity_that_comes_with_a_line_is_not_looked_at(caller, agent, customer):
    line = buy_line(agent, customer, make_sku(keys=5, key_issue=KeyIssue.PER_UNIT), 5)
    body = {"status": "cancelled", "lineItems": [{"lineItemNumber": 0, "quantity": 2}]}
    assert quantities(caller.patch(path_of(line.order), body)) == ("cancelled", [0])


def test_the_same_again_answers_with_the_order_and_does_nothing(caller, order):
    first = caller.patch(path_of(order), {"status": "cancelled"})
    before = everything()
    again = caller.patch(path_of(order), {"status": "cancelled"})
    assert (again.status_code, again.json()) == (200, first.json())
    named = {"status": "cancelled", "lineItems": [{"lineItemNumber": 0}]}
    assert caller.patch(path_of(order), named).status_code == 200
    assert everything() == before


def test_links_are_dead_with_the_order(caller, agent, order):
    link = make_link(agent, order.lines.first().purchase)
    assert caller.patch(path_of(order), {"status": "cancelled"}).status_code == 200
    link.refresh_from_db()
    assert link.revoked_at is not None
    lines = caller.get(path_of(order)).json()["lineItems"]
    assert "softwareKeys" not in lines[0]["links"]


# The table of 6.1


def test_window_open_to_the_last_instant_of_day_60(caller, clock, order):
    caller = at(clock, caller, "2020-03-24T23:59:59Z")
    assert quantities(caller.patch(path_of(order), {"status": "cancelled"})) == ("cancelled", [0, 0])
    assert credits() == ["1000.00", "300.00"]


def test_window_closed_on_day_61(caller, clock, order):
    caller, before = at(clock, caller, "2020-03-25T00:00:00Z"), everything()
    answer = caller.patch(path_of(order), {"status": "cancelled"})
    assert refusal_of(answer) == (400, "900117", "window_closed")
    facts = {fact["key"]: fact["value"] for fact in answer.json()["data"]}
    assert (facts["last_day"], facts["order"]) == ("2020-03-24", order.number)
    assert everything() == before
    assert Event.objects.get(action=Action.CANCEL_REFUSED).actor_name == caller.user.email


@pytest.mark.parametrize(
    ("kind", "policy", "refusal"),
    [
        (Kind.LINUX_PLAN, CancellationPolicy.NEVER, (400, "800061", "never_cancellable")),
        (Kind.PERPETUAL, CancellationPolicy.SUPPORT_ONLY, (400, "800061", "support_request_only")),
        (Kind.RESERVATION, CancellationPolicy.SUPPORT_ONLY, (403, "800019", "support_request_only")),
    ],
)
def test_what_the_policy_forbids_holds_up_the_whole_order(caller, agent, customer, kind, policy, refusal):
    order = buy(agent, customer, make_sku(keys=1), make_sku(kind=kind, cancellation_policy=policy))
    before = everything()
    assert refusal_of(caller.patch(path_of(order), {"status": "cancelled"})) == refusal
    assert everything() == before
    own = {"status": "cancelled", "lineItems": [{"lineItemNumber": 0}]}
    assert quantities(caller.patch(path_of(order), own))[1] == [0, 1]


def test_an_open_refund_request_holds_up_the_order(caller, agent, order):
    file_refund(agent, order.lines.last())
    before = everything()
    answer = caller.patch(path_of(order), {"status": "cancelled"})
    assert refusal_of(answer) == (409, "800014", "refund_request_open")
    assert everything() == before


@pytest.mark.parametrize("number", [2, -1, 2**31])
def test_a_line_number_that_is_none_is_refused(caller, order, number):
    before = everything()
    body = {"status": "cancelled", "lineItems": [{"lineItemNumber": 0}, {"lineItemNumber": number}]}
    answer = caller.patch(path_of(order), body)
    assert refusal_of(answer)[:2] in ((400, "800071"), (400, "800002"))
    assert everything() == before


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"status": "completed"},
        {"status": None},
        {"status": 7},
        {"status": {}},
        {"status": ["cancelled"]},
        {"status": "cancelled", "lineItems": "all"},
        {"status": "cancelled", "lineItems": [7]},
        {"status": "cancelled", "lineItems": [{"offerId": "a:b:c"}]},
        {"status": "cancelled", "lineItems": [{"lineItemNumber": "zero"}]},
        {"status": "cancelled", "lineItems": [{"lineItemNumber": 0, "offerId": "a:b:c"}]},
        {"status": "cancelled", "id": "another"},
        {"status": "cancelled", "cancellationQuoteId": 7},
        [],
        b'"cancelled"',
    ],
)
def test_what_is_wrong_is_named_and_changes_nothing(caller, order, body):
    before = everything()
    assert refusal_of(caller.patch(path_of(order), body)) == (400, "800002", "input_wrong")
    assert everything() == before


def test_only_an_admin_agent_cancels(global_admin, order):
    caller, before = Caller(global_admin, Role.GLOBAL_ADMIN), everything()
    answer = caller.patch(path_of(order), {"status": "cancelled"})
    assert refusal_of(answer) == (403, "900150", "role_required")
    assert everything() == before
    assert Event.objects.get(action=Action.CANCEL_REFUSED).actor_name == caller.user.email


def test_another_partners_order_is_not_found(stranger, global_admin, partner, order):
    elsewhere = CustomerFactory(partner=partner)
    limited = Caller(global_admin, Role.ADMIN_AGENT, limited_to=[elsewhere.tenant_id])
    before = everything()
    for caller in (Caller(stranger, Role.ADMIN_AGENT), limited):
        answer = caller.patch(path_of(order), {"status": "cancelled"})
        assert refusal_of(answer) == (404, "60003", "customer_not_found")
    assert everything() == before


def test_an_order_of_another_customer_is_not_found(caller, partner, order):
    other, before = CustomerFactory(partner=partner), everything()
    answer = caller.patch(f"/customers/{other.tenant_id}/orders/{order.number}", {"status": "cancelled"})
    assert refusal_of(answer) == (404, "20000", "order_not_found")
    assert everything() == before


def test_if_match_must_fit_the_order(caller, agent, order):
    etag = caller.get(path_of(order)).json()["attributes"]["etag"]
    cancel(order.lines.last(), agent)
    before = everything()
    answer = caller.patch(path_of(order), {"status": "cancelled"}, If_Match=f'"{etag}"')
    assert refusal_of(answer) == (412, "2055", "etag_stale")
    assert everything() == before
    etag = caller.get(path_of(order)).json()["attributes"]["etag"]
    answer = caller.patch(path_of(order), {"status": "cancelled"}, If_Match=f'"{etag}"')
    assert quantities(answer) == ("cancelled", [0, 0])


def test_many_lines_cost_few_queries_more(caller, agent, customer):
    order = buy(agent, customer, *(make_sku("10.00", keys=1) for _line in range(12)))
    assert quantities(caller.patch(path_of(order), {"status": "cancelled"})) == ("cancelled", [0] * 12)
    assert Cancellation.objects.count() == 12


# At once


@pytest.mark.django_db(transaction=True)
def test_twice_at_once_is_one_cancellation(global_admin, agent, customer):
    order = buy(agent, customer, make_sku(keys=1), make_sku("300.00", kind=Kind.PERPETUAL, keys=1))
    client = Caller(global_admin, Role.ADMIN_AGENT).client

    def patch():
        return quantities(Caller.of(client).patch(path_of(order), {"status": "cancelled"}))

    assert in_threads(*[patch] * 4) == [("cancelled", [0, 0])] * 4
    assert credits() == ["1200.00", "300.00"]


@pytest.mark.django_db(transaction=True)
def test_an_order_and_its_last_line_at_once_do_not_block_each_other(global_admin, agent, customer):
    """The first takes the account's lock after all lines: else each would wait for the other."""
    client = Caller(global_admin, Role.ADMIN_AGENT).client
    for _round in range(3):
        order = buy(agent, customer, *(make_sku("10.00", keys=1) for _line in range(3)))
        last = {"status": "cancelled", "lineItems": [{"lineItemNumber": 2}]}

        def whole(order=order):
            return Caller.of(client).patch(path_of(order), {"status": "cancelled"}).status_code

        def one(order=order, last=last):
            return Caller.of(client).patch(path_of(order), last).status_code

        assert in_threads(whole, one, whole, one) == [200] * 4
        assert Cancellation.objects.filter(order_line__order=order).count() == 3
