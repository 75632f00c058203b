"""Closing months and issuing invoices: late, twice or at once, once each (R4, R5)."""

from datetime import date
from decimal import Decimal
from functools import partial

import pytest
import time_machine
from django.utils import timezone

from activity.models import Action, Event
from orders.billing import tasks
from orders.billing.models import SUMMED, Account, Credit, Entry, Invoice
from orders.billing.services import close_due_months, credit_month, issue_due_invoices, post_credit, post_due_credits
from orders.models import Order
from tests.factories import CustomerFactory, PriceFactory, UserFactory, buy_line, make_sku
from tests.helpers import cancel, in_threads

pytestmark = pytest.mark.django_db

JANUARY, FEBRUARY, MARCH = date(2020, 1, 1), date(2020, 2, 1), date(2020, 3, 1)


def close():
    return close_due_months(timezone.now())


def issue():
    return issue_due_invoices(timezone.now())


def months():
    return list(Invoice.objects.order_by("month").values_list("month", flat=True))


def months_of_entries():
    return list(Entry.objects.order_by("pk").values_list("kind", "month"))


def test_a_month_is_closed_when_it_is_over_in_utc_and_not_before(clock, agent, customer):
    clock.set("2020-01-31T23:59:59Z")
    buy_line(agent, customer, make_sku())
    assert close() == 0
    clock.set("2020-02-01T00:00:00Z")
    assert close() == 1
    assert months() == [JANUARY]
    assert Invoice.objects.get().number is None


def test_closing_again_finds_nothing_to_do(clock, agent, customer):
    buy_line(agent, customer, make_sku())
    clock.set("2020-02-01T00:05:00Z")
    assert (close(), close()) == (1, 0)
    assert Invoice.objects.count() == Event.objects.filter(action=Action.MONTH_CLOSED).count() == 1


def test_an_order_of_the_last_second_is_on_this_months_invoice_and_the_next_ones_on_the_next(clock, agent, customer):
    sku = make_sku()
    clock.set("2020-01-31T23:59:59Z")
    buy_line(agent, customer, sku)
    clock.set("2020-02-01T00:00:00Z")
    buy_line(agent, customer, sku)
    assert [month for _kind, month in months_of_entries()] == [JANUARY, FEBRUARY]


def test_a_late_close_makes_one_invoice_for_each_month_with_exactly_its_entries(clock, agent, customer):
    skus = [make_sku("10.00"), make_sku("20.00")]
    for instant, sku in zip(["2020-01-24T12:00:00Z", "2020-03-05T12:00:00Z"], skus, strict=True):
        clock.set(instant)
        buy_line(agent, customer, sku)
    clock.set("2020-05-20T08:00:00Z")
    assert close() == 2
    assert months() == [JANUARY, MARCH]
    found = Invoice.objects.with_totals().order_by("month").values_list("gross", flat=True)
    assert list(found) == [Decimal(10), Decimal(20)]
    assert Account.objects.get().closed_through == date(2020, 4, 1)


def test_closing_first_posts_every_credit_of_the_month(clock, agent, customer):
    line = buy_line(agent, customer, make_sku("366.00"))
    clock.set("2020-01-31T23:59:59Z")
    cancel(line, agent)
    assert Credit.objects.unposted().count() == 1
    clock.set("2020-02-01T00:00:00Z")
    close()
    assert months_of_entries() == [("charge", JANUARY), ("credit", JANUARY)]
    assert Invoice.objects.with_totals().get().gross == Decimal("8.00")  # 366 − 366 × (366 − 8) / 366


def test_closing_leaves_the_credits_of_the_new_month_alone(clock, agent, customer):
    line = buy_line(agent, customer, make_sku())
    clock.set("2020-02-01T00:00:00Z")
    cancel(line, agent)
    close()
    assert months_of_entries() == [("charge", JANUARY)]
    assert post_due_credits() == 1
    assert months_of_entries()[1:] == [("credit", FEBRUARY)]


def test_a_credit_is_posted_once_however_often_its_job_runs(clock, agent, customer):
    credit = cancel(buy_line(agent, customer, make_sku()), agent).credit
    assert [tasks.post_credit(credit.pk), post_credit(credit.pk), post_due_credits()] == [True, False, 0]
    assert Entry.objects.filter(credit=credit).count() == 1
    assert Event.objects.filter(action=Action.CREDIT_POSTED).count() == 1


def test_a_credit_that_cannot_be_posted_holds_up_no_other(clock, agent, customer):
    sku = make_sku()
    bad, *others = [cancel(buy_line(agent, customer, sku), agent).credit for _number in range(3)]
    Order.objects.filter(pk=bad.order_line.order_id).update(currency="ZZZ")  # nobody knows its minor unit
    with pytest.raises(KeyError, match="ZZZ"):  # seen by who watches the jobs
        post_due_credits()
    posted = Entry.objects.exclude(credit=None).order_by("credit")
    assert list(posted.values_list("credit", flat=True)) == [credit.pk for credit in others]


def test_the_sum_of_a_line_cancelled_on_its_first_day_is_nothing(clock, agent, customer):
    cancel(buy_line(agent, customer, make_sku("1200.00")), agent)
    post_due_credits()
    assert Entry.objects.totals() == dict.fromkeys(SUMMED, Decimal(0))


def test_what_comes_after_closing_falls_into_the_first_open_month(clock, agent, customer):
    line = buy_line(agent, customer, make_sku())
    clock.set("2020-01-31T23:59:00Z")
    credit = Credit.objects.create(
        order_line=line, fixed_at=timezone.now(), quantity=1, net=5, tax=0, gross=5, charged=line.charged
    )
    Account.objects.update(closed_through=JANUARY)  # as if closing had won the race for the account
    clock.set("2020-02-01T00:10:00Z")
    assert credit_month(line, credit.fixed_at) == FEBRUARY
    assert post_credit(credit.pk)
    assert Entry.objects.get(credit=credit).month == FEBRUARY
    assert Entry.objects.get(credit=credit).occurred_at == credit.fixed_at


def test_a_month_without_entries_has_no_invoice(clock, agent, customer):
    buy_line(agent, customer, make_sku())
    clock.set("2020-04-01T00:05:00Z")
    close()
    assert months() == [JANUARY]


def test_each_currency_has_an_invoice_of_its_own(clock, agent, partner, customer):
    sku = make_sku()
    PriceFactory(sku=sku, market="JP", currency="JPY", unit_price=Decimal(150_000))
    buy_line(agent, customer, sku)
    buy_line(agent, CustomerFactory(partner=partner, market="JP", currency="JPY"), sku)
    clock.set("2020-02-01T00:05:00Z")
    assert close() == 2
    assert set(Invoice.objects.values_list("account__currency", flat=True)) == {"USD", "JPY"}


def test_an_invoice_is_issued_on_the_8th_in_utc_and_not_before(clock, agent, customer):
    buy_line(agent, customer, make_sku())
    clock.set("2020-02-07T23:59:59Z")
    close()
    assert issue() == 0
    clock.set("2020-02-08T00:00:00Z")
    assert issue() == 1
    invoice = Invoice.objects.get()
    assert (invoice.public_number, invoice.issued_at) == ("G000001", timezone.now())


def test_what_is_late_is_issued_before_the_next_8th(clock, agent, customer):
    buy_line(agent, customer, make_sku())
    clock.set("2020-03-03T00:00:00Z")
    close()
    assert issue() == 1


def test_an_issued_invoice_keeps_the_names_it_was_issued_with(clock, agent, customer, partner, settings):
    buy_line(agent, customer, make_sku())
    clock.set("2020-02-08T00:00:00Z")
    close()
    issue()
    was = partner.legal_name
    partner.legal_name, settings.OPERATOR_NAME = "Renamed Ltd", "Another operator"
    partner.save()
    assert issue() == 0
    invoice = Invoice.objects.get()
    assert (invoice.bill_to_name, invoice.issuer_name) == (was, "Northwind Cloud Distribution Ltd")


def test_numbers_have_no_gaps_across_partners_and_months(clock):
    for _partner in range(3):
        user = UserFactory(roles=["admin_agent"])
        customer, sku = CustomerFactory(partner=user.partner), make_sku()
        for instant in ("2020-01-24T12:00:00Z", "2020-02-24T12:00:00Z"):
            clock.set(instant)
            buy_line(user, customer, sku)
    clock.set("2020-03-08T00:00:00Z")
    close()
    assert issue() == 6
    issued = list(Invoice.objects.order_by("number").values_list("number", "month"))
    assert [number for number, _month in issued] == [1, 2, 3, 4, 5, 6]
    assert [month for _number, month in issued] == [JANUARY] * 3 + [FEBRUARY] * 3


def test_the_invoice_is_the_sum_of_its_lines(clock, agent, customer):
    lines = [buy_line(agent, customer, make_sku(price)) for price in ("100.00", "33.33")]
    clock.set("2020-01-30T00:00:00Z")
    cancel(lines[0], agent)
    clock.set("2020-02-01T00:05:00Z")
    close()
    invoice = Invoice.objects.with_totals().get()
    assert invoice.entries.totals() == {name: getattr(invoice, name) for name in SUMMED}
    assert invoice.entries.count() == 3


@pytest.mark.django_db(transaction=True)
def test_closing_twice_at_once_makes_the_same_invoices(agent, customer):
    with time_machine.travel("2020-01-24T12:00:00Z"):
        line = buy_line(agent, customer, make_sku())
        cancel(line, agent)
    with time_machine.travel("2020-02-01T00:05:00Z"):
        assert sorted(in_threads(*[close] * 4)) == [0, 0, 0, 1]
    assert Invoice.objects.count() == Event.objects.filter(action=Action.MONTH_CLOSED).count() == 1
    assert Entry.objects.filter(kind="credit").count() == 1


@pytest.mark.django_db(transaction=True)
def test_issuing_twice_at_once_gives_each_invoice_one_number(agent, customer):
    sku = make_sku()
    for month in ("2020-01-24", "2020-02-24", "2020-03-24"):
        with time_machine.travel(f"{month}T12:00:00Z"):
            buy_line(agent, customer, sku)
    with time_machine.travel("2020-05-08T00:05:00Z"):
        close()
        assert sum(in_threads(*[issue] * 4)) == 3
    assert list(Invoice.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3]
    assert Event.objects.filter(action=Action.INVOICE_ISSUED).count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_credit_posted_by_many_at_once_stands_once(agent, customer):
    with time_machine.travel("2020-01-24T12:00:00Z"):
        credit = cancel(buy_line(agent, customer, make_sku()), agent).credit
        assert sorted(in_threads(*[partial(post_credit, credit.pk)] * 4)) == [False, False, False, True]
    assert Entry.objects.filter(credit=credit).count() == 1
