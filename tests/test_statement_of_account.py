"""The account by month: what one month closes with opens the next, and the sum is what is owed (R6)."""

import csv
import io
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from django.utils import timezone

from orders.billing.headroom import Headroom
from orders.billing.models import Account, Entry
from orders.billing.services import close_due_months, issue_due_invoices, post_due_credits, reverse_payment
from orders.billing.statement_of_account import statement_of
from tests.factories import CustomerFactory, buy_line, make_sku
from tests.helpers import MOST_QUERIES, cancel, queries_of, words_of
from tests.payments import CASHIER, issued_invoice, pay

pytestmark = pytest.mark.django_db


def close_and_issue():
    close_due_months(timezone.now())
    issue_due_invoices(timezone.now())


@pytest.fixture
def history(clock, agent, customer):
    """January: an order of 1,200.00. February: 700.00 paid, and cancelled. March: a payment taken back, one of
    February posted late. April: an order of 10.00."""
    invoice = issued_invoice(clock, agent, customer)
    paid = pay(invoice, "700.00", "WIRE 1")
    line = Entry.objects.get().order_line
    clock.set("2020-02-12T12:00:00Z")
    cancel(line, agent)
    post_due_credits()
    clock.set("2020-03-08T12:00:00Z")
    close_and_issue()
    reverse_payment(paid.pk, reference="BACK", actor=CASHIER)
    pay(invoice, "300.00", "LATE", on="2020-02-28")
    clock.set("2020-04-08T12:00:00Z")
    close_and_issue()
    buy_line(agent, customer, make_sku("10.00"))
    return Account.objects.get()


def test_each_month_stands_with_what_moved_in_it(history, agent):
    credit = -Entry.objects.get(kind="credit").gross
    found = [
        (f"{month.month:%Y-%m}", month.charges, month.credits, month.payments, month.closing)
        for month in statement_of(history)
    ]
    assert found == [
        ("2020-04", 10, 0, 0, 1200 - credit - 300 + 10),
        ("2020-03", 0, 0, 700 - 300, 1200 - credit - 300),
        ("2020-02", 0, -credit, -700, 1200 - credit - 700),
        ("2020-01", 1200, 0, 0, 1200),
    ]


def test_what_one_month_closes_with_opens_the_next_and_the_sum_is_what_is_owed(history, agent):
    months = statement_of(history)
    assert months[-1].opening == 0
    assert all(newer.opening == older.closing for newer, older in pairwise(months))
    entries = Entry.objects.totals()
    paid = history.payments.total()
    assert (
        months[0].closing == entries["gross"] + entries["carried"] - paid == Headroom.of(agent.partner_id, "USD").owed
    )


def test_what_is_carried_between_invoices_leaves_the_balances(clock, agent, customer):
    line = buy_line(agent, customer, make_sku("100.00"))
    clock.set("2020-02-08T00:00:00Z")
    close_and_issue()
    cancel(line, agent)
    clock.set("2020-03-08T00:00:00Z")
    close_and_issue()
    assert Entry.objects.carried().count() == 2
    credit = -Entry.objects.get(kind="credit").gross
    months = statement_of(Account.objects.get())
    assert [(month.month, month.closing) for month in months] == [
        (date(2020, 2, 1), 100 - credit),
        (date(2020, 1, 1), Decimal(100)),
    ]


def test_a_payment_received_in_a_closed_month_stands_in_the_one_that_is_open(clock, agent, customer):
    invoice = issued_invoice(clock, agent, customer)
    assert pay(invoice, "1.00", "OPEN", on="2020-02-09").month == date(2020, 2, 1)
    assert pay(invoice, "1.00", "CLOSED", on="2020-01-31").month == date(2020, 2, 1)
    before = statement_of(Account.objects.get())[-1]
    pay(invoice, "1.00", "CLOSED TOO", on="2020-01-30")
    assert statement_of(Account.objects.get())[-1] == before


def test_the_page_and_its_csv_say_the_same(history, client_of, agent):
    browser = client_of(agent)
    page = words_of(browser.get("/invoices/statement/USD/"))
    assert "January 2020 G000001 0.00 USD 1,200.00 USD 0.00 USD 0.00 USD 1,200.00 USD" in page
    assert page.index("April 2020") < page.index("January 2020")
    answer = browser.get("/invoices/statement/USD/csv/").getvalue().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(answer)))
    assert [Decimal(row["closing"]) for row in rows] == [month.closing for month in statement_of(history)]
    assert rows[-1] == {
        "month": "2020-01",
        "currency": "USD",
        "opening": "0.00",
        "charges": "1200.00",
        "credits": "0.00",
        "payments": "0.00",
        "closing": "1200.00",
    }


def test_an_account_on_which_nothing_moved_says_so(client_of, agent, customer):
    assert "Nothing has moved on this account yet" in words_of(client_of(agent).get("/invoices/statement/USD/"))


@pytest.mark.parametrize("end", ["", "csv/"])
def test_another_currency_and_another_partners_account_are_not_found(client_of, agent, partner, end):
    CustomerFactory(currency="EUR", market="DE")
    assert client_of(agent).get(f"/invoices/statement/EUR/{end}").status_code == 404


def test_the_statement_costs_few_queries(history, client_of, agent):
    assert len(queries_of(client_of(agent), "/invoices/statement/USD/")) <= MOST_QUERIES
