"""The reconciliation CSV is the invoice, row by row: the same entries, equal to the minor unit (R5)."""

import csv
import io
from decimal import Decimal

import pytest
from django.utils import timezone

from csp_portal.rounding import minor_unit_digits
from orders.billing.models import SUMMED, Entry, Invoice
from orders.billing.reconciliation import COLUMNS
from orders.billing.services import close_due_months, issue_due_invoices, post_due_credits
from software.models import Kind, TaxRate
from tests.factories import CustomerFactory, PriceFactory, buy, buy_line, make_sku
from tests.helpers import cancel, queries_of, words_of

pytestmark = pytest.mark.django_db

AMOUNTS = ("net_excl_tax", "tax", "gross_incl_tax", "carried")  # in the order of SUMMED


def rows_of(client, url):
    response = client.get(url)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(response.getvalue().decode("utf-8-sig"), newline="")))


def sums_of(rows):
    return [sum((Decimal(row[name]) for row in rows), Decimal(0)) for name in AMOUNTS]


def close_and_issue(clock, instant):
    clock.set(instant)
    close_due_months(timezone.now())
    issue_due_invoices(timezone.now())


class SignsInForEachPage:
    """A browser whose sign-in does not end when the clock is moved."""

    def __init__(self, sign_in):
        self.sign_in = sign_in

    def get(self, url):
        return self.sign_in().get(url)


@pytest.fixture
def browser(client_of, agent):
    return SignsInForEachPage(lambda: client_of(agent))


MARKETS = [
    ("US", "USD", "1200.00", None, False),
    ("AU", "AUD", "1100.10", "0.1", True),
    ("DE", "EUR", "33.33", "0.19", False),
    ("JP", "JPY", "150001", "0.1", False),
    ("KR", "KRW", "1500007", "0.1", False),
    ("KW", "KWD", "100.123", None, False),
    ("BR", "BRL", "99.99", "0.17", True),
]


@pytest.mark.parametrize(("market", "currency", "price", "rate", "included"), MARKETS)
def test_its_sums_are_the_invoice_and_the_entries_to_the_minor_unit(
    clock, browser, agent, partner, market, currency, price, rate, included
):
    if rate:
        TaxRate.objects.create(
            market=market, name="Tax", rate=rate, included_in_price=included, valid_from="2000-01-01"
        )
    customer = CustomerFactory(partner=partner, market=market, currency=currency)
    sku = make_sku(price, market=market, currency=currency)
    lines = [buy_line(agent, customer, sku, quantity=count) for count in (1, 3, 7)]
    clock.set("2020-01-29T12:00:00Z")
    cancel(lines[0], agent)
    clock.set("2020-02-02T12:00:00Z")
    cancel(lines[1], agent)
    close_and_issue(clock, "2020-03-08T00:00:00Z")
    for invoice in Invoice.objects.with_totals():
        rows = rows_of(browser, f"{invoice.get_absolute_url()}csv/")
        assert sums_of(rows) == [getattr(invoice, name) for name in SUMMED]
        assert sum(Decimal(row["payable"]) for row in rows) == invoice.payable
        assert len(rows) == Entry.objects.filter(account=invoice.account, month=invoice.month).count()
        digits = minor_unit_digits()[currency]
        assert {len(row[name].partition(".")[2]) for row in rows for name in AMOUNTS} == {digits}
        page = words_of(browser.get(invoice.get_absolute_url()))
        assert f"Total {invoice.net:,.{digits}f} {currency}" in page


def test_a_charge_says_what_was_ordered_for_whom_at_which_tax(clock, browser, agent, partner):
    TaxRate.objects.create(market="AU", name="GST", rate="0.1", included_in_price=True, valid_from="2000-07-01")
    customer = CustomerFactory(partner=partner, market="AU", currency="AUD", company_name="Contoso Bicycle Works")
    order = buy(agent, customer, make_sku("1100.00", market="AU", currency="AUD", title="Server - 1 year"), quantity=2)
    close_and_issue(clock, "2020-02-08T00:00:00Z")
    (row,) = rows_of(browser, "/invoices/G000001/csv/")
    line = order.lines.get()
    assert row == {
        "month": "2020-01",
        "kind": "charge",
        "occurred_at_utc": "2020-01-24T12:00:00.000000Z",
        "order_number": order.number,
        "purchase_order_number": "",
        "order_line": "1",
        "customer": "Contoso Bicycle Works",
        "tenant_id": str(customer.tenant_id),
        "product": line.product_title,
        "sku": "Server - 1 year",
        "sku_id": line.purchase.sku.catalogue_id,
        "quantity": "2",
        "line_quantity": "2",
        "currency": "AUD",
        "unit_price": "1100.00",
        "unit_price_includes_tax": "yes",
        "tax_name": "GST",
        "tax_rate_percent": "10",
        "net_excl_tax": "2000.00",
        "tax": "200.00",
        "gross_incl_tax": "2200.00",
        "carried": "0.00",
        "payable": "2200.00",
        "computation": "",
    }


def test_a_credit_shows_how_it_was_computed(clock, browser, agent, customer):
    line = buy_line(agent, customer, make_sku("1200.00"), quantity=2)
    clock.set("2020-02-02T12:00:00Z")
    cancel(line, agent)
    close_and_issue(clock, "2020-03-08T00:00:00Z")
    (row, _carried) = rows_of(browser, "/invoices/G000002/csv/")
    assert (row["kind"], row["quantity"], row["order_number"]) == ("credit", "2", line.order.number)
    assert (row["net_excl_tax"], row["gross_incl_tax"]) == ("-2334.43", "-2334.43")
    assert row["occurred_at_utc"] == "2020-02-02T12:00:00.000000Z"
    sentence = "Net: 2,400.00\xa0USD × (366 − 10) / 366 = 2,334.43\xa0USD; 10 of the term's 366 days were used."
    assert row["computation"] == f"{sentence} Tax: none was charged, so none is credited."


def test_what_is_carried_stands_in_its_own_column(clock, browser, agent, customer):
    line = buy_line(agent, customer, make_sku("500.00", kind=Kind.PERPETUAL))
    clock.set("2020-02-03T12:00:00Z")
    cancel(line, agent)
    close_and_issue(clock, "2020-03-08T00:00:00Z")
    (_credit, carried) = rows_of(browser, "/invoices/G000002/csv/")
    assert [carried[name] for name in ("kind", *AMOUNTS, "payable")] == [
        "carried",
        "0.00",
        "0.00",
        "0.00",
        "500.00",
        "500.00",
    ]
    assert carried["order_number"] == carried["quantity"] == carried["customer"] == ""
    (brought,) = rows_of(browser, "/invoices/unbilled/USD/csv/")
    assert (brought["month"], brought["kind"], brought["payable"]) == ("2020-03", "brought", "-500.00")


def test_rows_stand_in_the_order_of_the_page(clock, browser, agent, customer):
    first = buy(agent, customer, make_sku("1.00"), make_sku("2.00"))
    clock.set("2020-01-25T12:00:00Z")
    second = buy_line(agent, customer, make_sku("3.00"))
    clock.set("2020-01-26T12:00:00Z")
    cancel(first.lines.first(), agent)
    close_and_issue(clock, "2020-02-08T00:00:00Z")
    rows = [(row["order_number"], row["kind"]) for row in rows_of(browser, "/invoices/G000001/csv/")]
    number = first.number
    assert rows == [(number, "charge"), (number, "credit"), (number, "charge"), (second.order.number, "charge")]


def test_a_name_that_a_spreadsheet_would_run_is_made_safe(clock, browser, agent, partner):
    customer = CustomerFactory(partner=partner, company_name='=HYPERLINK("http://evil.example";"Contoso")')
    buy_line(agent, customer, make_sku(title="@risk"))
    close_and_issue(clock, "2020-02-08T00:00:00Z")
    (row,) = rows_of(browser, "/invoices/G000001/csv/")
    assert row["customer"] == f"'{customer.company_name}"
    assert row["sku"] == "'@risk"


def test_names_of_any_script_and_with_line_breaks_come_through(clock, browser, agent, partner):
    name = 'Müller "자전거" 自行车\n\N{RIGHT-TO-LEFT MARK}Werke, GmbH'
    buy_line(agent, CustomerFactory(partner=partner, company_name=name), make_sku())
    close_and_issue(clock, "2020-02-08T00:00:00Z")
    (row,) = rows_of(browser, "/invoices/G000001/csv/")
    assert row["customer"] == name


# Where it is


def test_a_closed_month_has_one_that_leads_to_the_invoices_once_it_is_issued(clock, browser, agent, customer):
    buy_line(agent, customer, make_sku("10.00"))
    clock.set("2020-02-01T00:05:00Z")
    close_due_months(timezone.now())
    address = "/invoices/2020-01/USD/csv/"
    assert f'href="{address}"' in browser.get("/invoices/2020-01/USD/").content.decode()
    (row,) = rows_of(browser, address)
    assert row["payable"] == "10.00"
    close_and_issue(clock, "2020-02-08T00:00:00Z")
    assert browser.get(address).headers["Location"] == "/invoices/G000001/csv/"
    assert 'href="/invoices/G000001/csv/"' in browser.get("/invoices/G000001/").content.decode()


def test_what_is_not_invoiced_yet_has_one_of_the_posted_lines(clock, browser, agent, customer):
    line = buy_line(agent, customer, make_sku("366.00"))
    clock.set("2020-02-02T12:00:00Z")
    cancel(line, agent)
    address = "/invoices/unbilled/USD/csv/"
    assert f'href="{address}"' in browser.get("/invoices/unbilled/USD/").content.decode()
    assert [row["kind"] for row in rows_of(browser, address)] == ["charge"]
    post_due_credits()
    assert [(row["kind"], row["month"]) for row in rows_of(browser, address)] == [
        ("charge", "2020-01"),
        ("credit", "2020-02"),
    ]


def test_it_holds_one_currency_of_one_partner(clock, browser, agent, partner, stranger):
    sku = make_sku("10.00")
    PriceFactory(sku=sku, market="JP", currency="JPY", unit_price=Decimal(150_000))
    buy_line(agent, CustomerFactory(partner=partner), sku)
    buy_line(agent, CustomerFactory(partner=partner, market="JP", currency="JPY"), sku)
    buy_line(stranger, CustomerFactory(partner=stranger.partner), sku)
    (row,) = rows_of(browser, "/invoices/unbilled/USD/csv/")
    assert row["currency"] == "USD"


def test_another_partners_is_not_found(clock, client_of, stranger, agent, customer):
    buy_line(agent, customer, make_sku())
    close_and_issue(clock, "2020-02-08T00:00:00Z")
    for address in ("/invoices/G000001/csv/", "/invoices/2020-01/USD/csv/", "/invoices/unbilled/USD/csv/"):
        assert client_of(stranger).get(address).status_code == 404


def test_many_rows_cost_no_more_queries_than_few(clock, browser, client_of, agent, customer):
    sku, client = make_sku(), client_of(agent)
    buy_line(agent, customer, sku)
    few = len(queries_of(client, "/invoices/unbilled/USD/csv/"))
    for _order in range(10):
        cancel(buy_line(agent, customer, sku), agent)
    post_due_credits()
    assert len(rows_of(browser, "/invoices/unbilled/USD/csv/")) == 21
    assert len(queries_of(client, "/invoices/unbilled/USD/csv/")) == few


def test_no_column_is_without_a_value_in_some_row(clock, browser, agent, customer):
    """A misspelt name of a column would leave it empty for ever."""
    TaxRate.objects.create(market="US", name="Tax", rate="0.1", included_in_price=False, valid_from="2000-01-01")
    line = buy_line(agent, customer, make_sku())
    line.order.purchase_order_number = "PO-1"
    line.order.save()
    cancel(line, agent)
    post_due_credits()
    rows = rows_of(browser, "/invoices/unbilled/USD/csv/")
    assert [name for name in COLUMNS if not any(row[name] for row in rows)] == []
