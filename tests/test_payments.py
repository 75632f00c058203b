"""Payments that the operator posts on issued invoices, and their reversals (R6)."""

import threading
from datetime import date
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, ProgrammingError, connections, transaction
from django.utils import timezone

from activity.models import Action, Event
from csp_portal.accounts.permissions import Role
from csp_portal.errors import Refusal
from orders.billing.models import Invoice, InvoiceState, Payment
from orders.billing.services import close_due_months, issue_due_invoices, reverse_payment
from tests.factories import CustomerFactory, UserFactory, buy_line, make_sku
from tests.helpers import in_threads, until_somebody_waits
from tests.payments import CASHIER, found, issued_invoice, pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def invoice(clock, agent, customer):
    """Over 1,200.00 USD."""
    return issued_invoice(clock, agent, customer)


def refusals(code):
    return Event.objects.filter(action=Action.PAYMENT_REFUSED, details__reason=code).count()


def refused(code, do_it):
    """Refused and logged with this reason; no payment is posted."""
    before, logged = list(Payment.objects.order_by("pk").values()), refusals(code)
    with pytest.raises(Refusal) as refusal:
        do_it()
    assert refusal.value.code == code
    assert list(Payment.objects.order_by("pk").values()) == before
    assert refusals(code) == logged + 1
    return str(refusal.value).replace("\N{NO-BREAK SPACE}", " ")


def test_an_invoice_is_open_then_partly_paid_then_paid(invoice):
    states = [found(invoice).state]
    for number, amount in enumerate(("0.01", "1199.98", "0.01")):
        pay(invoice, amount, f"WIRE {number}")
        states.append(found(invoice).state)
    assert states == [InvoiceState.OPEN, InvoiceState.PARTLY_PAID, InvoiceState.PARTLY_PAID, InvoiceState.PAID]
    assert found(invoice).open_amount == 0


def test_a_payment_is_kept_with_who_posted_it_and_logged(invoice, keeper, partner):
    payment = pay(invoice, "700.50", "  WIRE\n 7781 ", actor=keeper)
    assert (payment.reference, payment.received_on, payment.amount) == ("WIRE 7781", date(2020, 2, 9), Decimal("700.5"))
    assert (payment.posted_by, payment.posted_at) == (keeper.email, timezone.now())
    event = Event.objects.get(action=Action.PAYMENT_POSTED)
    assert (event.actor_name, event.partner_id) == (keeper.email, partner.pk)
    assert event.details == {
        "invoice": "G000001",
        "amount": "700.50",
        "currency": "USD",
        "received_on": "2020-02-09",
        "reference": "WIRE 7781",
    }


def test_not_a_cent_more_than_is_open_can_be_posted(invoice):
    pay(invoice, "1000.00")
    told = refused("payment_more_than_open", partial(pay, invoice, "200.01", "WIRE 2"))
    assert "200.01 USD is more than the 200.00 USD that is open on invoice G000001." in told
    pay(invoice, "200.00", "WIRE 2")
    refused("payment_more_than_open", partial(pay, invoice, "0.01", "WIRE 3"))


@pytest.mark.parametrize("again", ["WIRE Ä1", "wire ä1", " wire  Ä1 "])
def test_a_reference_is_used_once_whatever_its_case_on_all_accounts(clock, invoice, agent, customer, again):
    pay(invoice, "100.00", "WIRE Ä1")
    stranger = UserFactory(roles=[Role.ADMIN_AGENT])
    clock.set("2020-02-20T12:00:00Z")
    buy_line(stranger, CustomerFactory(partner=stranger.partner), make_sku("5.00"))
    clock.set("2020-03-10T12:00:00Z")
    close_due_months(timezone.now())
    issue_due_invoices(timezone.now())
    other = Invoice.objects.get(account__partner=stranger.partner)
    told = refused("payment_reference_used", partial(pay, other, "5.00", again))
    assert "The reference WIRE Ä1 stands already with 100.00 USD of 9 February 2020 on invoice G000001." in told


def test_the_day_of_receipt_is_today_in_utc_at_the_latest(clock, invoice):
    clock.set("2020-02-10T23:59:59Z")
    told = refused("payment_in_the_future", partial(pay, invoice, "1.00", on="2020-02-11"))
    assert "11 February 2020 is not here yet: today is 10 February 2020 (UTC)." in told
    pay(invoice, "1.00", on="2020-02-10")


def test_a_payment_comes_in_the_month_of_its_invoice_at_the_earliest(invoice):
    told = refused("payment_before_its_month", partial(pay, invoice, "1.00", on="2019-12-31"))
    assert "31 December 2019 is before 1 January 2020, the first day of the month of invoice G000001." in told
    pay(invoice, "1.00", on="2020-01-01")


@pytest.mark.parametrize("amount", ["0", "-1.00", "0.001", "1200.005"])
def test_an_amount_is_more_than_nothing_in_whole_minor_units(invoice, amount):
    refused("payment_amount_unfit", partial(pay, invoice, amount))


@pytest.mark.parametrize(("currency", "market", "least"), [("JPY", "JP", "1"), ("KWD", "KW", "0.001")])
def test_minor_units_are_those_of_the_currency(clock, agent, partner, currency, market, least):
    customer = CustomerFactory(partner=partner, market=market, currency=currency)
    invoice = issued_invoice(clock, agent, customer, "5000")
    refused("payment_amount_unfit", partial(pay, invoice, str(Decimal(least) / 10)))
    assert pay(invoice, least).amount == Decimal(least)


@pytest.mark.parametrize("reference", ["", " \n\t ", "X" * 101])
def test_a_payment_has_a_reference_that_can_be_read(invoice, reference):
    refused("payment_reference_unfit", partial(pay, invoice, "1.00", reference))


def test_nothing_is_paid_on_an_invoice_without_a_number(clock, agent, customer):
    buy_line(agent, customer, make_sku())
    clock.set("2020-02-02T00:00:00Z")
    close_due_months(timezone.now())
    told = refused("invoice_not_issued", partial(pay, Invoice.objects.get(), "1.00", on="2020-02-01"))
    assert "The invoice of January 2020 in USD is not issued yet" in told


def test_a_partners_user_posts_and_reverses_nothing(invoice, agent):
    refused("role_required", partial(pay, invoice, "1.00", actor=agent))
    payment = pay(invoice, "1.00")
    with pytest.raises(Refusal, match="Operator admin"):
        reverse_payment(payment.pk, reference="BACK", actor=agent)
    assert Payment.objects.get() == payment


def test_a_reversal_takes_the_whole_payment_back_and_opens_the_invoice_again(clock, invoice, keeper):
    wrong = pay(invoice, "1200.00")
    clock.set("2020-02-12T09:00:00Z")
    reversal = reverse_payment(wrong.pk, reference="WIRE 1 reversed", actor=keeper)
    assert (reversal.amount, reversal.reverses, reversal.received_on) == (-wrong.amount, wrong, date(2020, 2, 12))
    assert (found(invoice).open_amount, found(invoice).state) == (1200, InvoiceState.OPEN)
    event = Event.objects.get(action=Action.PAYMENT_REVERSED)
    assert (event.details["amount"], event.details["reverses"]) == ("-1200.00", "WIRE 1")
    pay(invoice, "1200.00", "WIRE 1 again")


def test_a_payment_is_reversed_once_and_a_reversal_never(clock, invoice, keeper):
    wrong = pay(invoice, "1200.00")
    reversal = reverse_payment(wrong.pk, reference="BACK", actor=keeper)
    told = refused("payment_reversed_already", partial(reverse_payment, wrong.pk, reference="B2", actor=CASHIER))
    assert f"The payment WIRE 1 was reversed already by {keeper.email} on 10 Feb 2020, 09:00 UTC." in told
    refused("payment_is_a_reversal", partial(reverse_payment, reversal.pk, reference="B2", actor=CASHIER))


@pytest.mark.parametrize(("reference", "code"), [("wire 1", "payment_reference_used"), ("", "payment_reference_unfit")])
def test_a_reversal_has_a_reference_of_its_own(invoice, reference, code):
    wrong = pay(invoice, "1.00")
    refused(code, partial(reverse_payment, wrong.pk, reference=reference, actor=CASHIER))


@pytest.mark.parametrize("statement", ["UPDATE billing_payment SET amount = 1", "DELETE FROM billing_payment"])
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_payment_never_changes_whoever_asks(clock, agent, customer, statement):
    pay(issued_invoice(clock, agent, customer), "2.00")
    for role in ("default", "owner"):
        with pytest.raises(ProgrammingError), connections[role].cursor() as cursor:
            cursor.execute(statement)
    assert Payment.objects.get().amount == 2


def raw(of_invoice, **changed):
    """A payment that no service has looked at."""
    values = {"account": of_invoice.account, "invoice": of_invoice, "amount": Decimal(1), "reference": "RAW"}
    dates = {"received_on": date(2020, 2, 9), "month": date(2020, 2, 1), "posted_at": timezone.now()}
    with transaction.atomic():
        return Payment.objects.create(**{**values, **dates, "posted_by": "nobody", **changed})


def test_the_database_holds_the_rules_too(clock, agent, customer, invoice):
    payment = pay(invoice, "1200.00")
    clock.set("2020-02-20T00:00:00Z")
    buy_line(agent, customer, make_sku("9.00"))
    clock.set("2020-03-02T00:00:00Z")
    close_due_months(timezone.now())
    not_issued = Invoice.objects.get(number=None)
    for changed, rule in (
        ({}, "not within"),
        ({"amount": Decimal(-1)}, "billing_payment_sign"),
        ({"amount": Decimal(-1), "reverses": payment}, "does not mirror"),
        ({"amount": Decimal(1200), "reverses": payment}, "billing_payment_sign"),
        ({"reference": "wire 1", "amount": Decimal(-1200), "reverses": payment}, "reference_once"),
        ({"invoice": not_issued}, "no issued invoice"),
        ({"month": date(2020, 2, 2)}, "month_is_month"),
    ):
        with pytest.raises(IntegrityError, match=rule):
            raw(invoice, **changed)
    assert Payment.objects.get() == payment


@pytest.mark.django_db(transaction=True)
def test_of_payments_at_once_only_as_many_pass_as_are_open(clock, agent, customer):
    invoice = issued_invoice(clock, agent, customer)
    answers = in_threads(*(partial(pay, invoice, "400.00", f"WIRE {number}") for number in range(5)))
    assert answers.count("payment_more_than_open") == 2
    assert found(invoice).open_amount == 0


@pytest.mark.django_db(transaction=True)
def test_one_reference_at_once_on_two_accounts_makes_one_payment(clock, agent, customer):
    stranger = UserFactory(roles=[Role.ADMIN_AGENT])
    buy_line(stranger, CustomerFactory(partner=stranger.partner), make_sku("1200.00"))
    first = issued_invoice(clock, agent, customer)
    second = Invoice.objects.get(account__partner=stranger.partner)
    answers = []
    other = threading.Thread(target=lambda: answers.extend(in_threads(partial(pay, second, "400.00"))))
    with transaction.atomic():
        pay(first, "400.00")
        other.start()
        until_somebody_waits()  # for the reference, before it is looked for
    other.join()
    assert answers == ["payment_reference_used"]
    assert Payment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_reversals_at_once_make_one(clock, agent, customer):
    payment = pay(issued_invoice(clock, agent, customer), "400.00")
    works = [partial(reverse_payment, payment.pk, reference=f"BACK {number}", actor=CASHIER) for number in range(3)]
    assert in_threads(*works).count("payment_reversed_already") == 2
    assert Payment.objects.total() == 0
