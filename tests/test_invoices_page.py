"""The pages of open months and invoices (R4, R5)."""

import csv
from decimal import Decimal

import pytest
from django.utils import timezone

from csp_portal.accounts.permissions import Role
from orders.billing.explanations import explain_credit
from orders.billing.models import Credit, Entry, Invoice
from orders.billing.services import close_due_months, issue_due_invoices, post_due_credits
from orders.billing.statements import open_months
from orders.models import Order, OrderLine
from software.models import KeyIssue, TaxRate
from software.tax import Amounts
from tests.factories import CustomerFactory, PriceFactory, UserFactory, buy, buy_line, make_sku
from tests.helpers import cancel, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def see(client_of, agent):
    """Sign in, as the Admin agent unless told otherwise, and open an address; answers its words."""

    def open_page(url, user=agent):
        response = client_of(user).get(url, follow=True)
        assert response.status_code == 200
        return words_of(response)

    return open_page


def close_and_issue(clock, instant):
    clock.set(instant)
    close_due_months(timezone.now())
    issue_due_invoices(timezone.now())


def test_without_orders_the_page_says_what_will_stand_there(see):
    page = see("/invoices/")
    assert "Nothing has been charged since the last invoice" in page
    assert "No invoices yet" in page


def test_an_open_month_is_summed_by_currency_from_the_first_second(clock, see, agent, customer, partner):
    sku = make_sku("1200.00")
    PriceFactory(sku=sku, market="JP", currency="JPY", unit_price=Decimal(150_000))
    TaxRate.objects.create(
        market="JP", name="JCT", rate=Decimal("0.1"), included_in_price=False, valid_from="2000-01-01"
    )
    buy_line(agent, customer, sku, quantity=2)
    buy_line(agent, CustomerFactory(partner=partner, market="JP", currency="JPY"), sku)
    page = see("/invoices/")
    assert "January 2020 JPY 1 line posted 150,000 JPY 15,000 JPY 165,000 JPY" in page
    assert "January 2020 USD 1 line posted 2,400.00 USD 0.00 USD 2,400.00 USD" in page


def test_a_credit_counts_before_it_is_posted_and_says_so(clock, see, agent, customer):
    line = buy_line(agent, customer, make_sku("1200.00"))
    clock.set("2020-02-02T12:00:00Z")
    cancel(line, agent)
    assert not Entry.objects.filter(kind="credit").exists()
    page = see("/invoices/")
    assert "February 2020 USD 0 lines posted 1 credit to be posted, -1,167.21 USD -1,167.21 USD" in page
    lines = see("/invoices/unbilled/USD/")
    assert "to be posted Credits 1 of 1 units Net: 1,200.00 USD × (366 − 10) / 366 = 1,167.21 USD;" in lines
    post_due_credits()
    assert "to be posted" not in see("/invoices/")
    assert "Credits to be posted" not in see("/invoices/unbilled/USD/")
    assert "February 2020 USD 1 line posted -1,167.21 USD 0.00 USD -1,167.21 USD" in see("/invoices/")


def test_a_credit_waiting_for_a_closed_month_is_shown_on_the_one_it_will_be_on(clock, agent, customer):
    line = buy_line(agent, customer, make_sku("1200.00"))
    clock.set("2020-02-01T00:05:00Z")
    close_due_months(timezone.now())
    clock.set("2020-01-31T23:59:59Z")
    cancel(line, agent)
    (found,) = open_months(agent)
    assert (str(found.month), found.credits_to_post) == ("2020-02-01", 1)


def test_a_credit_line_explains_itself_and_links_what_it_credits(clock, see, client_of, agent, customer):
    line = buy_line(agent, customer, make_sku("1200.00"))
    clock.set("2020-02-02T12:00:00Z")
    cancel(line, agent)
    close_and_issue(clock, "2020-03-08T00:00:00Z")
    page = see("/invoices/G000002/")
    sentence = "Net: 1,200.00 USD × (366 − 10) / 366 = 1,167.21 USD; 10 of the term's 366 days were used."
    assert sentence in page
    assert "Tax: none was charged, so none is credited." in page
    assert f"Cancelled by {agent.email} on" in page
    assert f"Credits 1 of 1 units of line 1 of order {line.order.number}" in page
    written = client_of(agent).get("/invoices/G000002/").content.decode()
    assert f'href="/orders/{line.order.number}/#line-1"' in written


def test_a_credit_of_a_part_says_how_many_of_how_many_units(clock, see, client_of, agent, customer):
    line = buy_line(agent, customer, make_sku("1200.00", key_issue=KeyIssue.PER_UNIT, keys=5), quantity=5)
    cancel(line, agent, quantity=2)
    assert "Credits 2 of 5 units" in see("/invoices/unbilled/USD/")
    close_and_issue(clock, "2020-02-08T00:00:00Z")
    assert f"Credits 2 of 5 units of line 1 of order {line.order.number}" in see("/invoices/G000001/")
    rows = client_of(agent).get("/invoices/G000001/csv/").getvalue().decode("utf-8-sig").splitlines()
    credit = next(row for row in csv.DictReader(rows) if row["kind"] == "credit")
    assert (credit["quantity"], credit["line_quantity"]) == ("2", "5")


@pytest.fixture
def gst(db):
    return TaxRate.objects.create(
        market="AU", name="GST", rate=Decimal("0.1"), included_in_price=True, valid_from="2000-01-01"
    )


def test_where_prices_include_tax_the_gross_is_prorated_and_tax_follows(clock, see, agent, partner, gst):
    clock.set("2021-01-24T12:00:00Z")
    australian = CustomerFactory(partner=partner, market="AU", currency="AUD")
    line = buy_line(agent, australian, make_sku("1100.00", market="AU", currency="AUD"))
    clock.set("2021-02-02T12:00:00Z")
    cancel(line, agent)
    close_and_issue(clock, "2021-03-08T00:00:00Z")
    page = see("/invoices/G000002/")
    assert "Gross: 1,100.00 AUD × (365 − 10) / 365 = 1,069.86 AUD; 10 of the term's 365 days were used." in page
    assert "Tax: 100.00 AUD × 1,069.86 AUD / 1,100.00 AUD = 97.26 AUD." in page
    assert "-972.60 AUD -97.26 AUD -1,069.86 AUD" in page
    assert "1 × 1,100.00 AUD incl. tax · GST, 10 %" in see("/invoices/G000001/")


def sentences(credit, *, line, charged=None, tax_included=False, term_days=None, days_used=None):
    """How a credit of a whole line in EUR is explained."""
    order = Order(currency="EUR")
    of = OrderLine(order=order, quantity=1, net=line.net, tax=line.tax, gross=line.gross, tax_included=tax_included)
    computed = Credit(
        quantity=1, net=credit.net, tax=credit.tax, gross=credit.gross, term_days=term_days, days_used=days_used
    )
    computed.charged = line.net if charged is None else charged
    return [" ".join(text.split()) for text in explain_credit(of, computed)]


def amounts(net, tax):
    return Amounts(Decimal(net), Decimal(tax), Decimal(net) + Decimal(tax))


def test_perpetual_software_is_explained_as_the_whole_of_what_was_charged():
    line = amounts("100.00", "19.00")
    assert sentences(line, line=line) == [
        "Net: 100% of the 100.00 EUR that was charged.",
        "Tax: all of the 19.00 EUR that was charged.",
    ]
    assert sentences(line, line=line, tax_included=True, charged=line.gross)[0] == (
        "Gross: 100% of the 119.00 EUR that was charged."
    )


def test_tax_that_was_added_is_explained_by_the_share_of_net():
    found = sentences(amounts("50.00", "9.50"), line=amounts("100.00", "19.00"), term_days=366, days_used=183)
    assert found == [
        "Net: 100.00 EUR × (366 − 183) / 366 = 50.00 EUR; 183 of the term's 366 days were used.",
        "Tax: 19.00 EUR × 50.00 EUR / 100.00 EUR = 9.50 EUR.",
    ]


def test_an_issued_invoice_tells_who_bills_whom_and_what_it_comes_to(clock, see, agent, customer, partner):
    order = buy(agent, customer, make_sku("10.00"), make_sku("20.00"), quantity=3)
    close_and_issue(clock, "2020-02-08T00:00:00Z")
    page = see("/invoices/G000001/")
    for text in (
        "Invoice G000001 open January 2020 (UTC) · USD",
        f"Billed to {partner.legal_name} {partner.address} Tax id {partner.tax_id}",
        "Issued by Northwind Cloud Distribution Ltd",
        "8 Feb 2020, 00:00 UTC",
        f"Order {order.number} · {customer.company_name}",
        "3 × 10.00 USD excl. tax",
        "Total 90.00 USD 0.00 USD 90.00 USD",
    ):
        assert text in page
    assert "January 2020 G000001 USD open" in see("/invoices/")


def test_lines_are_grouped_by_order_in_the_order_they_were_placed(clock, client_of, agent, customer):
    first = buy(agent, customer, make_sku("1.00"), make_sku("2.00"))
    clock.set("2020-01-25T12:00:00Z")
    second = buy_line(agent, customer, make_sku("3.00"))
    clock.set("2020-01-26T12:00:00Z")
    cancel(first.lines.first(), agent)
    close_and_issue(clock, "2020-02-08T00:00:00Z")
    page = client_of(agent).get("/invoices/G000001/").context["page"]
    orders = [entry.order_line.order for entry in page]
    assert orders == [first, first, first, second.order]
    assert [entry.kind for entry in page] == ["charge", "credit", "charge", "charge"]


def test_a_closed_month_has_an_address_until_it_is_issued_and_then_leads_to_the_invoice(
    clock, see, client_of, agent, customer
):
    buy_line(agent, customer, make_sku("1200.00"))
    clock.set("2020-02-03T00:00:00Z")
    close_due_months(timezone.now())
    invoice = Invoice.objects.get()
    assert invoice.get_absolute_url() == "/invoices/2020-01/USD/"
    assert "No number yet USD closed, not issued" in see("/invoices/")
    page = see("/invoices/2020-01/USD/")
    assert "by 8 February 2020 (UTC)" in page
    assert "Total 1,200.00 USD 0.00 USD 1,200.00 USD" in page
    close_and_issue(clock, "2020-02-08T00:00:00Z")
    assert client_of(agent).get("/invoices/2020-01/USD/").headers["Location"] == "/invoices/G000001/"


def test_a_total_stands_below_the_last_line_only_and_is_that_of_all_lines(clock, client_of, agent, customer):
    sku = make_sku("1.00")
    for _order in range(30):
        buy_line(agent, customer, sku)
    close_and_issue(clock, "2020-02-08T00:00:00Z")
    browser = client_of(agent)
    first, last = (browser.get(f"/invoices/G000001/?page={page}").content.decode() for page in (1, 2))
    assert "<tfoot>" not in first
    assert "30.00\xa0USD" in last.split("<tfoot>")[1]


@pytest.mark.parametrize(
    "url",
    [
        "/invoices/G000009/",
        "/invoices/G0000001/",
        "/invoices/G1/",
        "/invoices/2020-13/USD/",
        "/invoices/0000-01/USD/",
        "/invoices/2020-02/USD/",
        "/invoices/2020-01/usd/",
        "/invoices/unbilled/EUR/",
    ],
)
def test_what_is_no_invoice_is_not_found(clock, client_of, agent, customer, url):
    buy_line(agent, customer, make_sku())
    close_and_issue(clock, "2020-02-08T00:00:00Z")
    assert client_of(agent).get(url).status_code == 404


def test_another_partners_invoices_are_neither_listed_nor_found(clock, see, client_of, stranger, agent, customer):
    buy_line(agent, customer, make_sku())
    buy_line(stranger, CustomerFactory(partner=stranger.partner), make_sku("7.00"))
    close_and_issue(clock, "2020-02-08T00:00:00Z")
    own = Invoice.objects.visible_to(agent).get()
    other = Invoice.objects.visible_to(stranger).get()
    page = see("/invoices/")
    assert own.public_number in page
    assert other.public_number not in page
    assert client_of(agent).get(other.get_absolute_url()).status_code == 404
    assert Invoice.objects.visible_to(UserFactory(partner=None, roles=[Role.OPERATOR_ADMIN])).count() == 0
