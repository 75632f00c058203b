"""Invoices in the API: the documents, their lines, and what is owed (partner-center-api.md, 8)."""

import json
import subprocess
from datetime import date
from decimal import Decimal
from urllib.parse import quote

import pytest
from django.utils import timezone

from csp_portal.accounts.permissions import Role
from orders.billing.models import Credit, Entry
from orders.billing.services import close_due_months, issue_due_invoices, post_due_credits
from software.models import KeyIssue, TaxRate
from tests.api import Caller, refusal_of
from tests.factories import CustomerFactory, PriceFactory, UserFactory, buy_line, make_sku
from tests.helpers import cancel
from tests.payments import issued_invoice, pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(clock, global_admin):
    return Caller(global_admin, Role.GLOBAL_ADMIN)


def exact(answer):
    """The body with its numbers as they were written."""
    assert answer.status_code == 200, answer.content
    return json.loads(answer.content, parse_float=Decimal)


def issue(clock, instant):
    clock.set(instant)
    close_due_months(timezone.now())
    issue_due_invoices(timezone.now())


def renewed(caller):
    """The same client with a token of now."""
    return Caller.of(caller.client)


def test_an_invoice_has_the_shape_that_clients_read(clock, caller, agent, customer):
    pay(issued_invoice(clock, agent, customer), "200.00")
    (listed,) = renewed(caller).items("/invoices")
    one = exact(renewed(caller).get("/invoices/G000001"))
    assert exact(renewed(caller).get("/invoices"))["items"] == [one]
    assert one["invoiceDetails"] == [
        {
            "invoiceLineItemType": "billing_line_items",
            "billingProvider": "one_time",
            "links": {
                "self": {
                    "uri": "/invoices/G000001/lineitems/OneTime/BillingLineItems",
                    "method": "GET",
                    "headers": [],
                }
            },
            "attributes": {"objectType": "InvoiceDetail"},
        }
    ]
    told = {name: one[name] for name in ("id", "invoiceDate", "billingPeriodStartDate", "billingPeriodEndDate")}
    assert told == {
        "id": "G000001",
        "invoiceDate": "2020-02-10T09:00:00Z",
        "billingPeriodStartDate": "2020-01-01T00:00:00Z",
        "billingPeriodEndDate": "2020-01-31T00:00:00Z",
    }
    assert (one["totalCharges"], one["paidAmount"], one["openAmount"]) == (Decimal(1200), Decimal(200), Decimal(1000))
    assert (one["currencyCode"], one["currencySymbol"], one["state"]) == ("USD", "$", "partly_paid")
    assert (one["documentType"], one["invoiceType"]) == ("invoice", "OneTime")
    assert one["pdfDownloadLink"] == "/invoices/G000001/documents/statement"
    assert one["attributes"] == {"objectType": "Invoice"}
    assert listed["id"] == "G000001"


@pytest.mark.parametrize("written", ["G000001", "g000001", "OneTime-G000001", "Recurring-G000001", "onetime-g000001"])
def test_an_invoice_is_found_with_its_kind_before_its_number(clock, caller, agent, customer, written):
    issued_invoice(clock, agent, customer)
    assert renewed(caller).get(f"/invoices/{written}").json()["id"] == "G000001"


@pytest.mark.parametrize("written", ["G000002", "G1", "G", "x", "G99999999999", "G4294967297", "OneTime-", "G0000001"])
def test_what_is_no_invoice_is_not_found(clock, caller, agent, customer, written):
    issued_invoice(clock, agent, customer)
    for path in ("", "/documents/statement", "/lineitems", "/lineitems/OneTime/BillingLineItems", "/payments"):
        answer = renewed(caller).get(f"/invoices/{written}{path}")
        assert refusal_of(answer) == (404, "1000", "invoice_not_found")


def test_another_partners_invoice_is_none(clock, agent, customer, stranger):
    issued_invoice(clock, agent, customer)
    other = Caller(stranger, Role.GLOBAL_ADMIN)
    for path in ("", "/documents/statement", "/documents/reconciliation", "/lineitems", "/payments"):
        assert refusal_of(other.get(f"/invoices/G000001{path}")) == (404, "1000", "invoice_not_found")
    assert other.items("/invoices") == other.items("/invoices/unbilled/lineitems") == []
    assert refusal_of(other.get("/invoices/accounts/USD/months")) == (404, "1000", "account_not_found")
    assert other.get("/invoices/summary").json()["balanceAmount"] == 0


def test_who_may_not_see_invoices_is_told(clock, global_admin, agent, customer):
    issued_invoice(clock, agent, customer)
    auditor = Caller(global_admin, Role.AUDITOR, name="reader")
    limited = Caller(global_admin, Role.ADMIN_AGENT, limited_to=[customer.tenant_id], name="limited")
    for path in ("/invoices", "/invoices/G000001", "/invoices/summaries", "/invoices/unbilled/lineitems"):
        assert refusal_of(auditor.get(path)) == (403, "900150", "role_required")
        assert refusal_of(limited.get(path)) == (403, "2032", "limited_to_customers")


@pytest.mark.parametrize("accept", ["application/pdf", "*/*", "application/json, text/plain, */*", "application/json"])
def test_the_statement_is_the_bytes_of_a_pdf(clock, caller, agent, customer, accept):
    issued_invoice(clock, agent, customer)
    answer = renewed(caller).get("/invoices/OneTime-G000001/documents/statement", Accept=accept)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="Invoice_G000001.pdf"'
    words = subprocess.run(["pdftotext", "-", "-"], input=answer.getvalue(), capture_output=True, check=True).stdout
    assert b"G000001" in words


def test_a_statement_that_there_is_not_is_refused_as_json(caller):
    answer = caller.get("/invoices/G000009/documents/statement", Accept="application/pdf")
    assert refusal_of(answer) == (404, "1000", "invoice_not_found")
    assert answer.headers["Content-Type"].startswith("application/json")


def test_the_file_to_reconcile_with_is_that_of_the_page(clock, caller, client_of, agent, customer):
    issued_invoice(clock, agent, customer)
    page = client_of(agent).get("/invoices/G000001/csv/").getvalue()
    assert renewed(caller).get("/invoices/G000001/documents/reconciliation").getvalue() == page
    clock.set("2020-02-20T09:00:00Z")
    cancel(Entry.objects.get(order_line__isnull=False).order_line, agent)
    post_due_credits()
    page = client_of(agent).get("/invoices/unbilled/USD/csv/").getvalue()
    assert b"credit" in page
    answer = renewed(caller).get("/invoices/unbilled/documents/reconciliation?currencyCode=usd", Accept="text/csv")
    assert answer.getvalue() == page


def sold(clock, agent, partner, market, currency, price, *, tax=None):
    """Two lines in January, one of them cancelled in part days later, the invoice issued."""
    if tax:
        rate = {"rate": Decimal(tax[0]), "included_in_price": tax[1], "valid_from": date(2007, 1, 1)}
        TaxRate.objects.create(market=market, name="GST", **rate)
    customer = CustomerFactory(partner=partner, market=market, currency=currency, company_name="서울 소프트웨어 首尔")
    kept, given_up = (
        buy_line(agent, customer, make_sku(price, market=market, currency=currency, key_issue=KeyIssue.PER_UNIT), 3)
        for _ in range(2)
    )
    clock.set("2020-01-29T12:00:00Z")
    cancel(given_up, agent, 2)
    issue(clock, "2020-02-10T09:00:00Z")
    return kept, given_up


@pytest.mark.parametrize(
    ("market", "currency", "price", "tax"),
    [
        ("US", "USD", "33.33", None),
        ("KR", "KRW", "150001", ("0.10", False)),
        ("KW", "KWD", "33.335", None),
        ("AU", "AUD", "110.01", ("0.10", True)),
        ("JP", "JPY", "10001", ("0.10", False)),
    ],
)
def test_the_lines_of_an_invoice_come_to_its_total_to_the_last_digit(
    clock, caller, agent, partner, market, currency, price, tax
):
    sold(clock, agent, partner, market, currency, price, tax=tax)
    caller = renewed(caller)
    total = exact(caller.get("/invoices/G000001"))["totalCharges"]
    by_path = exact(caller.get("/invoices/G000001/lineitems/OneTime/BillingLineItems"))["items"]
    by_query = exact(
        caller.get("/invoices/G000001/lineitems?provider=onetime&invoicelineitemtype=billinglineitems&size=2000")
    )["items"]
    assert len(by_path) == 3
    assert sorted(map(str, by_path)) == sorted(map(str, by_query))
    assert sum(line["totalForCustomer"] for line in by_path) == total > 0
    assert all(line["subtotal"] + line["taxTotal"] == line["totalForCustomer"] for line in by_path)
    assert {line["currency"] for line in by_path} == {currency}


def test_a_credit_is_a_line_with_negative_quantity_and_amounts(clock, caller, agent, partner, customer):
    _kept, given_up = sold(clock, agent, partner, "AU", "AUD", "110.00", tax=("0.10", True))
    lines = exact(renewed(caller).get("/invoices/G000001/lineitems/onetime/BILLINGLINEITEMS"))["items"]
    charge, credit = (line for line in lines if line["orderId"] == given_up.order.number)
    stored = Credit.objects.get()
    assert (charge["chargeType"], charge["quantity"], charge["totalForCustomer"]) == ("New", 3, Decimal("330.00"))
    assert (credit["chargeType"], credit["quantity"]) == ("Cancel", -2)
    assert (credit["subtotal"], credit["taxTotal"]) == (-stored.net, -stored.tax)
    assert credit["totalForCustomer"] == -stored.gross < 0
    assert credit["unitPrice"] == Decimal("110.00") > credit["effectiveUnitPrice"] > 0
    assert "366" in credit["priceAdjustmentDescription"]
    for line in lines:
        assert (line["invoiceLineItemType"], line["billingProvider"]) == ("billing_line_items", "one_time")
        assert line["attributes"] == {"objectType": "OneTimeInvoiceLineItem"}
        assert line["customerName"] == "서울 소프트웨어 首尔"
        assert line["invoiceNumber"] == "G000001"
    assert credit["availabilityId"] == charge["availabilityId"]
    assert (charge["orderLineNumber"], charge["orderDate"]) == (0, "2020-01-24T12:00:00Z")


def test_what_is_carried_is_a_line_too(clock, caller, agent, customer):
    line = buy_line(agent, customer, make_sku("366.00"))
    issue(clock, "2020-02-10T09:00:00Z")
    cancel(line, agent)
    issue(clock, "2020-03-10T09:00:00Z")
    caller = renewed(caller)
    assert [each["totalCharges"] for each in caller.items("/invoices")] == [0, 366.0]
    lines = exact(caller.get("/invoices/G000002/lineitems/OneTime/BillingLineItems"))["items"]
    assert [each["chargeType"] for each in lines] == ["Cancel", "CarriedForward"]
    assert sum(each["totalForCustomer"] for each in lines) == 0
    unbilled = exact(caller.get("/invoices/unbilled/lineitems?period=current&currencycode=usd"))["items"]
    assert [(each["chargeType"], each["orderDate"]) for each in unbilled] == [("BroughtForward", "0001-01-01T00:00:00")]
    assert unbilled[0]["totalForCustomer"] == -lines[1]["totalForCustomer"] < 0


@pytest.mark.parametrize("provider", ["Office", "azure", "Marketplace"])
def test_of_other_providers_there_is_nothing(clock, caller, agent, customer, provider):
    issued_invoice(clock, agent, customer)
    caller = renewed(caller)
    assert caller.items(f"/invoices/G000001/lineitems/{provider}/BillingLineItems") == []
    assert caller.items(f"/invoices/G000001/lineitems?provider={provider}&invoicelineitemtype=billinglineitems") == []
    assert caller.items(f"/invoices/unbilled/lineitems?provider={provider}&currencycode=usd") == []
    assert caller.items("/invoices/G000001/lineitems/OneTime/UsageLineItems") == []
    assert len(caller.items("/invoices/G000001/lineitems?provider=all")) == 1
    assert caller.items("/invoices/G000001/lineitems?provider=onetime&currencycode=eur") == []


def test_a_word_that_there_is_not_is_named(clock, caller, agent, customer):
    issued_invoice(clock, agent, customer)
    caller = renewed(caller)
    for path in (
        "/invoices/G000001/lineitems/Google/BillingLineItems",
        "/invoices/G000001/lineitems/OneTime/Lines",
        "/invoices/G000001/lineitems?provider=google",
        "/invoices/unbilled/lineitems?period=next",
    ):
        assert refusal_of(caller.get(path)) == (400, "900126", "word_unknown")


def test_both_forms_are_read_page_by_page(clock, caller, agent, customer):
    for _line in range(5):
        buy_line(agent, customer, make_sku("10.00"))
    issue(clock, "2020-02-10T09:00:00Z")
    caller = renewed(caller)
    found, path, headers = [], "/invoices/G000001/lineitems?provider=onetime&size=2", {}
    while path:
        page = caller.get(path, **headers).json()
        found += [line["orderId"] for line in page["items"]]
        following = page["links"].get("next")
        path = following and following["uri"]
        headers = {each["key"].replace("-", "_"): each["value"] for each in following["headers"]} if following else {}
    assert len(found) == len(set(found)) == 5
    page = caller.get("/invoices/G000001/lineitems/OneTime/BillingLineItems?size=2&offset=4").json()
    assert (len(page["items"]), page["totalCount"], "next" in page["links"]) == (1, 1, False)
    assert refusal_of(caller.get("/invoices?size=-1")) == (400, "800002", "input_wrong")


def test_a_fresh_credit_is_among_the_unbilled_lines_once_whether_it_is_posted_or_not(clock, caller, agent, customer):
    line = buy_line(agent, customer, make_sku("366.00"))
    cancel(line, agent)
    assert Credit.objects.unposted().exists()
    path = "/invoices/unbilled/lineitems?provider=onetime&invoicelineitemtype=billinglineitems&currencycode=usd"
    to_post = exact(caller.get(f"{path}&period=current"))["items"]
    post_due_credits()
    posted = exact(caller.get(path))["items"]
    assert [each["chargeType"] for each in to_post] == [each["chargeType"] for each in posted] == ["New", "Cancel"]
    assert [each.pop("billingMonth", None) for each in to_post] == ["2020-01", None]
    assert [each.pop("billingMonth") for each in posted] == ["2020-01"] * 2
    assert to_post == posted
    assert caller.items(f"{path}&period=previous") == []
    clock.set("2020-02-02T09:00:00Z")
    close_due_months(timezone.now())
    caller = renewed(caller)
    assert caller.items(path) == []
    assert [each["billingMonth"] for each in caller.items(f"{path}&period=Previous")] == ["2020-01"] * 2
    issue(clock, "2020-02-10T09:00:00Z")
    assert renewed(caller).items(f"{path}&period=previous") == []


def test_the_balance_is_told_in_each_currency(clock, caller, agent, partner, customer):
    invoice = issued_invoice(clock, agent, customer, "1200.00")
    pay(invoice, "200.00")
    sku = make_sku("10.00")
    PriceFactory(sku=sku, market="KR", currency="KRW", unit_price=Decimal(150_000))
    buy_line(agent, CustomerFactory(partner=partner, market="KR", currency="KRW"), sku)
    caller = renewed(caller)
    won, dollars = exact(caller.get("/invoices/summaries"))["items"]
    assert (won["currencyCode"], won["balanceAmount"]) == ("KRW", Decimal(150_000))
    assert won["latestInvoiceDate"] == won["lastPaymentDate"] == "0001-01-01T00:00:00"
    assert (dollars["currencyCode"], dollars["balanceAmount"]) == ("USD", Decimal("1000.00"))
    assert (dollars["lastPaymentDate"], dollars["lastPaymentAmount"]) == ("2020-02-09T00:00:00Z", Decimal(200))
    assert dollars["firstInvoiceCreationDate"] == "2020-02-10T09:00:00Z"
    assert exact(caller.get("/invoices/summary")) == dollars
    (detail,) = dollars["details"]
    assert (detail["invoiceType"], detail["summary"]["balanceAmount"]) == ("OneTime", Decimal(1000))


def test_payments_and_the_statement_of_account_are_told(clock, caller, agent, customer, client_of):
    pay(issued_invoice(clock, agent, customer), "200.00", "전신 송금 1")
    caller = renewed(caller)
    (payment,) = caller.items("/invoices/G000001/payments")
    assert (payment["amount"], payment["reference"]) == (200.0, "전신 송금 1")
    months = caller.items("/invoices/accounts/usd/months")
    assert [month["month"] for month in months] == ["2020-02-01T00:00:00Z", "2020-01-01T00:00:00Z"]
    assert (months[0]["openingBalance"], months[0]["payments"], months[0]["closingBalance"]) == (1200, -200, 1000)
    page = client_of(agent).get("/invoices/statement/USD/csv/").getvalue()
    assert caller.get("/invoices/accounts/USD/documents/statement").getvalue() == page
    links = caller.items("/invoices/estimates/links?currencyCode=usd")
    assert [each["period"] for each in links] == ["current", "previous"]
    assert caller.get(links[0]["link"]["uri"]).status_code == 200
    assert refusal_of(caller.get("/invoices/estimates/links?currencyCode=eur")) == (404, "1000", "account_not_found")


@pytest.mark.parametrize(
    ("operator", "value", "found"),
    [
        ("equals", "2020-02-10", True),
        ("equals", "02/10/2020 00:00:00", True),
        ("equals", "2020-02-41", True),  # the 41st day of the year, as the Java SDK writes it
        ("greater_than", "2020-02-10", False),
        ("GreaterThanOrEquals", "2020-02-10T00:00:00Z", True),
        ("less_than", "2020-02-10", False),
        ("less_than_or_equals", "2020-02-10", True),
    ],
)
def test_invoices_are_filtered_by_their_date(clock, caller, agent, customer, operator, value, found):
    issued_invoice(clock, agent, customer)
    asked = quote(json.dumps({"Field": "InvoiceDate", "Value": value, "Operator": operator}))
    assert len(renewed(caller).items(f"/invoices?filter={asked}")) == found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"Field":"InvoiceDate","Value":"never","Operator":"equals"}', "input_wrong"),
        ('{"Field":"InvoiceDate","Value":"9999-12-31","Operator":"equals"}', "input_wrong"),
        ('{"Field":"Total","Value":"1","Operator":"equals"}', "filter_wrong"),
        ("x", "filter_wrong"),
    ],
)
def test_a_filter_that_cannot_be_used_is_named(caller, text, reason):
    assert refusal_of(caller.get(f"/invoices?filter={quote(text)}"))[::2] == (400, reason)


def test_invoices_cost_few_queries(clock, caller, agent, customer, django_assert_max_num_queries):
    for _line in range(4):
        cancel(buy_line(agent, customer, make_sku("10.00")), agent)
    issue(clock, "2020-02-10T09:00:00Z")
    cancel(buy_line(agent, customer, make_sku("10.00")), agent)
    caller = renewed(caller)
    for path in (
        "/invoices",
        "/invoices/G000001/lineitems",
        "/invoices/G000001/lineitems/OneTime/BillingLineItems",
        "/invoices/unbilled/lineitems?currencycode=usd",
        "/invoices/summaries",
        "/invoices/accounts/USD/months",
    ):
        with django_assert_max_num_queries(12):
            assert caller.items(path)


def test_a_users_session_opens_none_of_it(client_of, partner):
    assert client_of(UserFactory(partner=partner, roles=[Role.GLOBAL_ADMIN])).get("/v1/invoices").status_code == 401
