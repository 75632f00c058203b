"""Home, invoices and the log ask the database at most 12 things, with 3 rows as with 300."""

import uuid
from copy import copy
from datetime import timedelta

import pytest
from django.utils import timezone

from activity.models import Action, Event
from activity.services import Actor, record
from csp_portal.accounts.permissions import Role
from csp_portal.calendar_utc import add_months, month_of
from orders.billing.models import Credit, Entry, EntryKind, Invoice
from orders.models import new_order_number
from tests.factories import UserFactory, buy_line, make_sku
from tests.helpers import MOST_QUERIES, queries_of
from tests.payments import issued_invoice, pay

pytestmark = pytest.mark.django_db


def copies_of(instance, count, **changes):
    """Insert `count` further rows like `instance`; a change may be a function, called for each row."""
    rows = []
    for number in range(count):
        row = copy(instance)
        row._state = copy(instance._state)
        row.pk = None
        for name, value in changes.items():
            setattr(row, name, value(number) if callable(value) else value)
        rows.append(row)
    return type(instance).objects.bulk_create(rows)


@pytest.fixture
def line(agent, customer):
    return buy_line(agent, customer, make_sku())


def more_lines(line, count):
    """`count` further orders of one line each, all pending, charged, and credited with the credit to be posted."""
    orders = copies_of(line.order, count, number=lambda _n: new_order_number(), idempotency_key=lambda _n: uuid.uuid4())
    purchases = copies_of(line.purchase, count, public_id=lambda _n: uuid.uuid4())
    lines = copies_of(line, count, order=orders.__getitem__, purchase=purchases.__getitem__)
    copies_of(line.entries.get(), count, order_line=lines.__getitem__)
    credit = Credit(
        fixed_at=timezone.now(), quantity=1, net=100, tax=0, gross=100, charged=1200, term_days=366, days_used=10
    )
    copies_of(credit, count, order_line=lines.__getitem__)
    return lines


def post_half(lines):
    """Post the credits of every second line."""
    account = Entry.objects.first().account
    amounts = {"net": -100, "tax": 0, "gross": -100}
    posted = {"occurred_at": timezone.now(), "month": month_of(timezone.now()), "posted_at": timezone.now()}
    Entry.objects.bulk_create(
        Entry(account=account, kind=EntryKind.CREDIT, order_line=line, credit=line.credits.get(), **amounts, **posted)
        for line in lines[::2]
    )


def more_invoices(line, first, last):
    """Closed months with a charge each, going back from the line's, every second one issued."""
    entry = line.entries.get()
    for number in range(first, last + 1):
        month = add_months(entry.month, -number)
        issued = {"number": number, "issued_at": timezone.now()} if number % 2 else {}
        Invoice.objects.create(account=entry.account, month=month, closed_at=timezone.now(), **issued)


@pytest.mark.parametrize("url", ["/", "/invoices/", "/invoices/unbilled/USD/"])
def test_open_lines_and_credits_cost_the_same_queries(clock, client_of, agent, line, url):
    post_half(more_lines(line, 3))
    browser = client_of(agent)
    with_three = queries_of(browser, url)
    post_half(more_lines(line, 300))
    assert len(queries_of(browser, url)) == len(with_three) <= MOST_QUERIES


def test_invoices_cost_the_same_queries(clock, client_of, agent, line):
    more_invoices(line, 1, 3)
    browser = client_of(agent)
    with_three = queries_of(browser, "/invoices/")
    more_invoices(line, 4, 300)
    assert len(queries_of(browser, "/invoices/")) == len(with_three) <= MOST_QUERIES


@pytest.mark.parametrize("number", [None, 1])
def test_the_lines_of_an_invoice_cost_the_same_queries(clock, client_of, agent, line, number):
    post_half(more_lines(line, 3))
    entry = line.entries.get()
    issued_at = timezone.now() if number else None
    invoice = Invoice.objects.create(
        account=entry.account, month=entry.month, closed_at=timezone.now(), number=number, issued_at=issued_at
    )
    browser = client_of(agent)
    with_three = queries_of(browser, invoice.get_absolute_url())
    post_half(more_lines(line, 300))
    assert len(queries_of(browser, invoice.get_absolute_url())) == len(with_three) <= MOST_QUERIES


def test_payments_and_statements_cost_the_same_queries(clock, client_of, agent, customer):
    invoice = issued_invoice(clock, agent, customer)
    pay(invoice, "1.00", "WIRE")
    browser = client_of(agent)
    urls = ["/invoices/", "/invoices/G000001/", "/invoices/statement/USD/", "/invoices/G000001/pdf/"]
    with_one = [len(queries_of(browser, url)) for url in urls]
    line = invoice.entries.get().order_line
    more_invoices(line, 2, 60)
    more_lines(line, 60)
    for number in range(60):
        pay(invoice, "1.00", f"WIRE {number}")
    assert [len(queries_of(browser, url)) for url in urls] == with_one
    assert max(with_one) <= MOST_QUERIES


@pytest.mark.parametrize("query", ["", "?show=all", "?from=2020-01-01&to=2020-01-31"])
def test_the_log_costs_the_same_queries(clock, client_of, global_admin, partner, query):
    def more_events(count):
        event = record(Action.KEY_REVEALED, actor=Actor.visitor(), partner=partner)
        copies_of(event, count, occurred_at=lambda n: event.occurred_at - timedelta(minutes=n))

    more_events(2)
    browser = client_of(global_admin)
    browser.get(f"/activity/{query}")  # the first visit of the hour is recorded
    with_three = queries_of(browser, f"/activity/{query}")
    more_events(299)
    assert Event.objects.count() > 300
    assert len(queries_of(browser, f"/activity/{query}")) == len(with_three) <= MOST_QUERIES


def test_the_operators_home_costs_the_same_queries(clock, client_of, agent, customer):
    def more_pools(count):
        for _sku in range(count):
            buy_line(agent, customer, make_sku())

    operator = client_of(UserFactory(partner=None, roles=[Role.OPERATOR_ADMIN]))
    more_pools(3)
    with_three = queries_of(operator, "/")
    more_pools(30)
    assert len(queries_of(operator, "/")) == len(with_three) <= MOST_QUERIES


def test_a_page_of_places_costs_few_queries_too(client_of, partner):
    auditor = client_of(UserFactory(partner=partner, roles=[Role.AUDITOR]))
    assert len(queries_of(auditor, "/")) <= MOST_QUERIES
