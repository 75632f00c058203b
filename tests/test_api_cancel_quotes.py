"""Quotes, cancellations and certificates by API (C5, C8, C9; partner-center-api.md, 6.3)."""

import hashlib
import json

import pytest

from cancellations.certificates.models import Certificate
from cancellations.models import Cancellation
from csp_portal.accounts.permissions import Role
from orders.billing.models import Credit
from orders.models import OrderLine
from software.models import CancellationPolicy, KeyIssue, Kind, ProductKey
from tests.api import Caller, refusal_of
from tests.factories import CustomerFactory, buy, buy_line, make_sku
from tests.helpers import cancel, in_threads
from tests.support import file_refund

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(clock, global_admin):
    return Caller(global_admin, Role.ADMIN_AGENT)


@pytest.fixture
def order(clock, agent, customer):
    """A subscription for 1,200.00 USD, and five units with a key each, which for all are 300.00 USD."""
    by_unit = make_sku("60.00", kind=Kind.PERPETUAL, keys=5, key_issue=KeyIssue.PER_UNIT)
    yearly = buy(agent, customer, make_sku(keys=1), by_unit, quantity=5)
    assert [line.quantity for line in yearly.lines.all()] == [5, 5]
    return yearly


def path_of(order):
    return f"/customers/{order.customer.tenant_id}/orders/{order.number}"


def quote(caller, order, body=None):
    answer = caller.post(f"{path_of(order)}/cancellationquotes", body)
    assert answer.status_code == 201, answer.content
    return answer.json()


def confirm(caller, order, quoted, **more):
    body = {"status": "cancelled", "cancellationQuoteId": quoted["id"], **more}
    return caller.patch(path_of(order), body)


def at(clock, caller, instant):
    clock.set(instant)
    return Caller.of(caller.client)


def state():
    return [list(model.objects.order_by("pk").values()) for model in (Cancellation, Credit, OrderLine, ProductKey)]


def test_a_quote_tells_what_each_line_gives_back(caller, clock, order):
    caller, before = at(clock, caller, "2020-02-02T12:00:00Z"), state()
    quoted = quote(caller, order, {"LineItems": [{"LineItemNumber": 0}, {"LineItemNumber": 1, "Quantity": 2}]})
    assert (quoted["expiryDate"], quoted["currencyCode"]) == ("2020-02-02T12:15:00Z", "USD")
    assert (quoted["creditTotal"], quoted["invoiceMonth"]) == (5836.07 + 120, "2020-02")
    assert "laterInvoiceMonth" not in quoted
    first, second = quoted["lineItems"]
    assert first == {
        "lineItemNumber": 0,
        "quantity": 5,
        "termDays": 366,
        "daysUsed": 10,
        "creditNet": 5836.07,
        "creditTax": 0.0,
        "creditTotal": 5836.07,
        "formula": first["formula"],
        "cancellableUntil": "2020-03-25T00:00:00Z",
        "noticeVersion": 1,
    }
    assert (second["quantity"], second["creditTotal"], second["noticeVersion"], "termDays" in second) == (
        2,
        120,
        2,
        False,
    )
    assert [notice["version"] for notice in quoted["notices"]] == [1, 2]
    assert state() == before


def test_a_quote_is_confirmed_at_its_amounts_across_midnight_and_the_deadline(caller, clock, order):
    quoted = quote(at(clock, caller, "2020-03-24T23:59:59Z"), order)
    answer = confirm(at(clock, caller, "2020-03-25T00:14:58Z"), order, quoted)
    assert answer.status_code == 200, answer.content
    assert (answer.json()["status"], [line["quantity"] for line in answer.json()["lineItems"]]) == ("cancelled", [0, 0])
    total = sum(Credit.objects.values_list("gross", flat=True))
    assert float(total) == quoted["creditTotal"]


def test_a_quote_is_good_for_15_minutes_alone(caller, clock, order):
    quoted = quote(caller, order)
    caller, before = at(clock, caller, "2020-01-24T12:15:00Z"), state()
    assert refusal_of(confirm(caller, order, quoted)) == (400, "2055", "quote_expired")
    etag = caller.get(path_of(order)).json()["attributes"]["etag"]
    body = {"status": "cancelled", "cancellationQuoteId": quoted["id"]}
    answer = caller.patch(path_of(order), body, If_Match=f'"{etag}"')
    assert refusal_of(answer) == (412, "2055", "quote_expired")
    assert state() == before


def test_units_of_a_line_are_cancelled_at_the_quoted_amounts(caller, order):
    quoted = quote(caller, order, {"lineItems": [{"lineItemNumber": 1, "quantity": 2}]})
    answer = confirm(caller, order, quoted, lineItems=[{"lineItemNumber": 1}])
    assert [line["quantity"] for line in answer.json()["lineItems"]] == [5, 3]
    assert ProductKey.objects.filter(status="revoked").count() == 2


def test_sdks_that_send_all_lines_back_cancel_what_was_quoted(caller, order):
    quoted = quote(caller, order, {"lineItems": [{"lineItemNumber": 0}]})
    sent = caller.get(path_of(order)).json() | {"status": "cancelled", "cancellationQuoteId": quoted["id"]}
    assert [line["quantity"] for line in caller.patch(path_of(order), sent).json()["lineItems"]] == [0, 5]


def test_lines_that_are_not_those_of_the_quote_are_refused(caller, order):
    quoted, before = quote(caller, order, {"lineItems": [{"lineItemNumber": 0}]}), state()
    answer = confirm(caller, order, quoted, lineItems=[{"lineItemNumber": 1}])
    assert refusal_of(answer) == (400, "3000", "quote_unreadable")
    assert state() == before


def test_a_quote_confirmed_twice_is_one_cancellation(caller, clock, order):
    quoted = quote(caller, order, {"lineItems": [{"lineItemNumber": 1, "quantity": 2}]})
    assert confirm(caller, order, quoted).status_code == 200
    before = state()
    assert confirm(caller, order, quoted).status_code == 200
    assert confirm(at(clock, caller, "2020-01-25T12:00:00Z"), order, quoted).status_code == 200
    assert state() == before


def test_a_quote_that_another_has_overtaken_is_outdated(caller, agent, order):
    quoted = quote(caller, order)
    cancel(order.lines.last(), agent, 1)
    before = state()
    assert refusal_of(confirm(caller, order, quoted)) == (400, "2055", "cancelled_meanwhile")
    cancel(order.lines.last(), agent)
    before = state()
    answer = confirm(caller, order, quoted)
    assert refusal_of(answer) == (400, "800061", "already_cancelled")
    assert agent.email in answer.json()["description"]
    assert state() == before


@pytest.mark.parametrize("text", ["none", "a:b:c", "x" * 1000])
def test_a_text_that_is_no_quote_is_refused(caller, order, text):
    before = state()
    assert refusal_of(confirm(caller, order, {"id": text})) == (400, "3000", "quote_unreadable")
    assert state() == before


def test_a_quote_of_another_order_is_refused(caller, agent, customer, order):
    other = buy_line(agent, customer, make_sku(keys=1)).order
    quoted, before = quote(caller, other), state()
    assert refusal_of(confirm(caller, order, quoted)) == (400, "3000", "quote_unreadable")
    assert state() == before


def test_what_cannot_be_cancelled_says_so_in_the_quote_and_holds_up_all_of_it(caller, agent, customer):
    never = make_sku(kind=Kind.LINUX_PLAN, cancellation_policy=CancellationPolicy.NEVER)
    asked = make_sku(keys=1)
    order = buy(agent, customer, make_sku("100.00", keys=1), never, asked)
    file_refund(agent, order.lines.last())
    quoted, before = quote(caller, order), state()
    good, *bad = quoted["lineItems"]
    assert (good["creditTotal"], quoted["creditTotal"], "refusal" in good) == (100.0, 100.0, False)
    assert [(line["refusal"]["code"], line["refusal"]["reason"]) for line in bad] == [
        ("800061", "never_cancellable"),
        ("800014", "refund_request_open"),
    ]
    assert "creditTotal" not in bad[0]
    assert refusal_of(confirm(caller, order, quoted)) == (400, "800061", "never_cancellable")
    assert state() == before


@pytest.mark.parametrize(
    ("number", "quantity", "refusal"),
    [(1, 6, "quantity_not_left"), (1, 0, "quantity_not_left"), (1, -1, "quantity_not_left"), (0, 2, "only_whole")],
)
def test_units_that_cannot_be_cancelled_say_so(caller, order, number, quantity, refusal):
    quoted = quote(caller, order, {"lineItems": [{"lineItemNumber": number, "quantity": quantity}]})
    (line,) = quoted["lineItems"]
    assert (line["quantity"], line["refusal"]["reason"], quoted["creditTotal"]) == (quantity, refusal, 0)
    before = state()
    assert confirm(caller, order, quoted).status_code == 400
    assert state() == before


@pytest.mark.parametrize(
    ("lines", "refusal"),
    [
        ([{"lineItemNumber": 7}], (400, "800071", "line_number_wrong")),
        ([{"quantity": 1}], (400, "800002", "input_wrong")),
        ([{"lineItemNumber": True}], (400, "800002", "input_wrong")),
        ([{"lineItemNumber": 0, "quantity": 1.5}], (400, "800002", "input_wrong")),
        ([{"lineItemNumber": 0, "quantity": 10**40}], (400, "800002", "input_wrong")),
    ],
)
def test_a_wrong_quote_is_refused(caller, order, lines, refusal):
    assert refusal_of(caller.post(f"{path_of(order)}/cancellationquotes", {"lineItems": lines})) == refusal


def test_shortly_before_a_months_end_both_months_are_named(caller, clock, order):
    quoted = quote(at(clock, caller, "2020-01-31T23:50:00Z"), order)
    assert (quoted["invoiceMonth"], quoted["laterInvoiceMonth"]) == ("2020-01", "2020-02")


def test_only_an_admin_agent_quotes(global_admin, stranger, order):
    caller = Caller(global_admin, Role.GLOBAL_ADMIN)
    answer = caller.post(f"{path_of(order)}/cancellationquotes")
    assert refusal_of(answer) == (403, "900150", "role_required")
    other = Caller(stranger, Role.ADMIN_AGENT)
    for answer in (other.post(f"{path_of(order)}/cancellationquotes"), other.get(f"{path_of(order)}/cancellations")):
        assert refusal_of(answer) == (404, "60003", "customer_not_found")


def test_cancellations_are_listed_with_their_credits(caller, order, django_assert_max_num_queries):
    assert caller.items(f"{path_of(order)}/cancellations") == []
    confirm(caller, order, quote(caller, order, {"lineItems": [{"lineItemNumber": 1, "quantity": 2}]}))
    confirm(caller, order, quote(caller, order))
    with django_assert_max_num_queries(12):
        part, *rest = caller.items(f"{path_of(order)}/cancellations")
    assert part == {
        "id": str(Cancellation.objects.first().certificate.public_id),
        "cancelledDate": "2020-01-24T12:00:00Z",
        "cancelledBy": caller.user.email,
        "lineItems": [
            {
                "lineItemNumber": 1,
                "quantity": 2,
                "quantityLeft": 3,
                "creditNet": 120.0,
                "creditTax": 0.0,
                "creditTotal": 120.0,
                "keysRevoked": 2,
                "linksRevoked": 0,
                "noticeVersion": 2,
            }
        ],
        "creditTotal": 120.0,
        "currencyCode": "USD",
        "invoiceMonth": "2020-01",
        "links": part["links"],
        "attributes": {"objectType": "OrderCancellation"},
    }
    assert [each["creditTotal"] for each in rest] == [6000.0, 180.0]


def test_a_certificate_is_read_as_json_and_as_pdf(caller, order):
    caller.patch(path_of(order), {"status": "cancelled"})
    done = caller.items(f"{path_of(order)}/cancellations")[0]
    certificate = Certificate.objects.get(public_id=done["id"])
    answer = caller.get(done["links"]["certificate"]["uri"], Accept="application/json")
    assert hashlib.sha256(answer.content).hexdigest() == certificate.sha256
    assert json.loads(answer.content)["id"] == done["id"]
    pdf = caller.get(done["links"]["certificate"]["uri"], Accept="application/pdf")
    assert (pdf.headers["Content-Type"], pdf.getvalue()[:5]) == ("application/pdf", b"%PDF-")


def test_a_certificate_of_another_order_is_not_found(caller, agent, customer, stranger, order):
    other = cancel(buy_line(agent, customer, make_sku(keys=1)), agent)
    for which in (other.certificate.public_id, "none"):
        answer = caller.get(f"{path_of(order)}/cancellations/{which}/certificate", Accept="application/pdf")
        assert refusal_of(answer) == (404, "1000", "not_found")
    path = f"{path_of(other.order_line.order)}/cancellations/{other.certificate.public_id}/certificate"
    assert refusal_of(Caller(stranger, Role.ADMIN_AGENT).get(path)) == (404, "60003", "customer_not_found")


def test_cancellations_of_another_customers_order_are_not_found(caller, partner, order):
    other = CustomerFactory(partner=partner)
    answer = caller.get(f"/customers/{other.tenant_id}/orders/{order.number}/cancellations")
    assert refusal_of(answer) == (404, "20000", "order_not_found")


@pytest.mark.django_db(transaction=True)
def test_one_quote_confirmed_at_once_is_one_cancellation(global_admin, agent, customer):
    caller = Caller(global_admin, Role.ADMIN_AGENT)
    line = buy_line(agent, customer, make_sku(keys=5, key_issue=KeyIssue.PER_UNIT), 5)
    quoted = quote(caller, line.order, {"lineItems": [{"lineItemNumber": 0, "quantity": 2}]})

    def patch():
        return confirm(Caller.of(caller.client), line.order, quoted).json()["lineItems"][0]["quantity"]

    assert in_threads(patch, patch, patch) == [3, 3, 3]
    assert Cancellation.objects.count() == 1
