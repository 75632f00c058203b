"""A month that comes to less than nothing is carried to the next by a pair of entries; nothing is paid out (R5)."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from orders.billing.models import SUMMED, Account, Entry, EntryKind, Invoice
from orders.billing.services import close_due_months, issue_due_invoices, post_due_credits
from orders.billing.statements import open_months
from software.models import Kind, TaxRate
from tests.factories import CustomerFactory, buy_line, make_sku
from tests.helpers import cancel, words_of

pytestmark = pytest.mark.django_db

JANUARY, FEBRUARY, MARCH = date(2020, 1, 1), date(2020, 2, 1), date(2020, 3, 1)


def close(clock, instant):
    clock.set(instant)
    return close_due_months(timezone.now())


def invoices():
    """Month, gross, carried and payable of every invoice."""
    found = Invoice.objects.with_totals().order_by("month")
    return [(invoice.month.month, invoice.gross, invoice.carried, invoice.payable) for invoice in found]


@pytest.fixture
def credited(clock, agent, customer):
    """500.00 USD of perpetual software, bought in January and credited whole in February."""
    line = buy_line(agent, customer, make_sku("500.00", kind=Kind.PERPETUAL))
    clock.set("2020-02-03T12:00:00Z")
    cancel(line, agent)
    return line


def test_the_old_month_is_payable_nothing_and_the_next_one_less(clock, agent, customer, credited):
    clock.set("2020-03-05T12:00:00Z")
    buy_line(agent, customer, make_sku("800.00"))
    assert close(clock, "2020-04-01T00:05:00Z") == 3
    assert invoices() == [(1, 500, 0, 500), (2, -500, 500, 0), (3, 800, -500, 300)]


def test_the_pair_stands_on_both_sides_of_the_months_end_whenever_the_month_is_closed(clock, credited):
    close(clock, "2020-03-20T09:00:00Z")
    carried, brought = Entry.objects.carried().order_by("occurred_at")
    assert (carried.kind, carried.month, carried.carried) == (EntryKind.CARRIED_FORWARD, FEBRUARY, 500)
    assert (brought.kind, brought.month, brought.carried) == (EntryKind.BROUGHT_FORWARD, MARCH, -500)
    assert carried.occurred_at.isoformat() == "2020-02-29T23:59:59.999999+00:00"
    assert brought.occurred_at.isoformat() == "2020-03-01T00:00:00+00:00"
    assert carried.carried_from == brought.carried_from == Invoice.objects.get(month=FEBRUARY)


def test_what_is_carried_is_no_supply_so_that_tax_stays_in_its_month(clock, agent, partner):
    TaxRate.objects.create(market="DE", name="VAT", rate="0.19", included_in_price=False, valid_from="2007-01-01")
    german = CustomerFactory(partner=partner, market="DE", currency="EUR")
    line = buy_line(agent, german, make_sku("100.00", kind=Kind.PERPETUAL, market="DE", currency="EUR"))
    clock.set("2020-02-03T12:00:00Z")
    cancel(line, agent)
    close(clock, "2020-03-01T00:05:00Z")
    february = Invoice.objects.with_totals().get(month=FEBRUARY)
    assert [getattr(february, name) for name in SUMMED] == [-100, -19, -119, 119]
    assert february.payable == 0
    for entry in Entry.objects.carried():
        assert (entry.net, entry.tax, entry.gross) == (0, 0, 0)


def test_it_is_carried_on_month_by_month_until_it_is_used_up(clock, agent, customer, credited):
    for month in ("03", "04", "05"):
        close(clock, f"2020-{month}-01T00:05:00Z")
    clock.set("2020-05-02T12:00:00Z")
    buy_line(agent, customer, make_sku("650.00"))
    close(clock, "2020-06-01T00:05:00Z")
    assert invoices() == [(1, 500, 0, 500), (2, -500, 500, 0), (3, 0, 0, 0), (4, 0, 0, 0), (5, 650, -500, 150)]
    assert sum(entry.carried for entry in Entry.objects.all()) == 0


def test_a_late_close_makes_the_same_invoices_as_one_in_time(clock, agent, customer, credited):
    assert close(clock, "2020-05-01T00:05:00Z") == 4
    assert invoices() == [(1, 500, 0, 500), (2, -500, 500, 0), (3, 0, 0, 0), (4, 0, 0, 0)]
    assert Entry.objects.get(month=date(2020, 5, 1)).carried == -500


def test_less_than_what_is_brought_is_carried_on_in_part(clock, agent, customer, credited):
    clock.set("2020-03-05T12:00:00Z")
    buy_line(agent, customer, make_sku("120.00"))
    close(clock, "2020-04-01T00:05:00Z")
    assert invoices()[1:] == [(2, -500, 500, 0), (3, 120, -120, 0)]
    assert Entry.objects.get(month=date(2020, 4, 1)).carried == -380


@pytest.mark.parametrize(("price", "pairs"), [("500.00", 0), ("499.99", 1), ("500.01", 0)])
def test_a_month_that_comes_to_exactly_nothing_carries_nothing(clock, agent, customer, credited, price, pairs):
    buy_line(agent, customer, make_sku(price))
    close(clock, "2020-03-01T00:05:00Z")
    assert Entry.objects.carried().count() == 2 * pairs


def test_closing_again_carries_nothing_twice(clock, credited):
    assert [close(clock, "2020-03-01T00:05:00Z"), close(clock, "2020-03-01T01:05:00Z")] == [2, 0]
    assert Entry.objects.carried().count() == 2


def test_each_currency_is_carried_on_its_own(clock, agent, partner, credited):
    japanese = CustomerFactory(partner=partner, market="JP", currency="JPY")
    buy_line(agent, japanese, make_sku("150000", market="JP", currency="JPY"))
    close(clock, "2020-03-01T00:05:00Z")
    assert Entry.objects.carried().exclude(account__currency="USD").count() == 0
    assert Invoice.objects.with_totals().get(account__currency="JPY").payable == 150_000


# What the database holds


@pytest.fixture
def negative(clock, credited):
    """February's invoice, which has carried 500.00 USD."""
    close(clock, "2020-03-01T00:05:00Z")
    return Invoice.objects.get(month=FEBRUARY)


def add_entry(invoice, **changes):
    Entry.objects.create(
        **{
            "account": invoice.account,
            "kind": EntryKind.CARRIED_FORWARD,
            "carried_from": invoice,
            "net": 0,
            "tax": 0,
            "gross": 0,
            "carried": 500,
            "occurred_at": timezone.now(),
            "month": FEBRUARY,
            "posted_at": timezone.now(),
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({}, "billing_carry_once_per_invoice"),
        ({"kind": EntryKind.BROUGHT_FORWARD}, "billing_entry_by_kind"),
        ({"carried": -500}, "billing_entry_by_kind"),
        ({"carried_from": None}, "billing_entry_by_kind"),
        ({"net": 5, "gross": 5}, "billing_entry_by_kind"),
        ({"kind": EntryKind.CHARGE, "carried_from": None, "carried": 0}, "billing_entry_by_kind"),
    ],
)
def test_a_constraint_refuses_what_is_no_half_of_a_pair(negative, changes, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        add_entry(negative, **changes)


def commit_with(*entries):
    """What a commit does: the deferred checks."""
    with transaction.atomic(), connection.cursor() as cursor:
        for invoice, changes in entries:
            add_entry(invoice, **changes)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    "other_half",
    [
        [],
        [{"kind": EntryKind.BROUGHT_FORWARD, "carried": -400, "month": FEBRUARY}],
        [{"kind": EntryKind.BROUGHT_FORWARD, "carried": -500, "month": MARCH}],
    ],
    ids=["half a pair", "does not sum to nothing", "not the next month"],
)
def test_the_commit_refuses_what_is_no_pair(clock, credited, other_half):
    invoice = Invoice.objects.create(account=Account.objects.get(), month=JANUARY, closed_at=timezone.now())
    with pytest.raises(DatabaseError, match="no pair of its month and the next"):
        commit_with((invoice, {"month": JANUARY}), *((invoice, changes) for changes in other_half))
    assert not Entry.objects.carried().exists()


# What people see


@pytest.fixture
def see(client_of, agent):
    def open_page(url):
        return words_of(client_of(agent).get(url, follow=True))

    return open_page


def test_the_old_invoice_says_what_it_carries_and_that_nothing_is_to_be_paid(see, clock, negative):
    clock.set("2020-03-08T00:00:00Z")
    issue_due_invoices(timezone.now())
    page = see(negative.get_absolute_url())
    assert "Total -500.00 USD 0.00 USD -500.00 USD" in page
    assert "Carried forward to the next month: nothing is paid out. 500.00 USD Payable 0.00 USD" in page
    assert "Payable, incl. tax 0.00 USD" in page


def test_the_next_invoice_says_from_which_month_it_was_brought(see, clock, agent, customer, negative):
    buy_line(agent, customer, make_sku("800.00"))
    close(clock, "2020-04-01T00:05:00Z")
    page = see("/invoices/2020-03/USD/")
    assert "Total 800.00 USD 0.00 USD 800.00 USD" in page
    brought = "Brought forward from February 2020, which came to less than nothing. -500.00 USD"
    assert f"{brought} Payable 300.00 USD" in page


def test_an_invoice_without_it_shows_no_second_total(see, negative):
    assert "Payable" not in see("/invoices/2020-01/USD/")


def test_the_list_of_invoices_shows_what_is_payable(see, negative):
    page = see("/invoices/")
    assert "-500.00 USD 0.00 USD -500.00 USD 0.00 USD" in page
    assert "500.00 USD 0.00 USD 500.00 USD 500.00 USD" in page


def test_the_open_month_begins_with_what_was_brought(see, agent, customer, negative):
    buy_line(agent, customer, make_sku("800.00"))
    for page in (see("/invoices/"), see("/invoices/unbilled/USD/")):
        assert "brought forward from the month before, -500.00 USD" in page
        assert "1 line posted" in page
        assert "800.00 USD 0.00 USD 800.00 USD 300.00 USD" in page


def test_an_open_month_counts_it_with_the_credits_that_are_to_be_posted(agent, customer, negative):
    line = buy_line(agent, customer, make_sku("800.00", kind=Kind.PERPETUAL))
    cancel(line, agent)
    (march,) = open_months(agent)
    assert (march.total.gross, march.carried, march.payable) == (0, -500, -500)
    post_due_credits()
    (march,) = open_months(agent)
    assert (march.total.gross, march.carried, march.payable) == (Decimal(0), Decimal(-500), Decimal(-500))
