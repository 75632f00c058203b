"""Who is told by mail that a credit was posted and that an invoice was issued, and what (X5, R4, R5)."""

from datetime import date

import pytest
from django.utils import timezone, translation

from csp_portal.accounts.models import RoleAssignment
from csp_portal.accounts.permissions import OPERATOR_ROLES, Role
from csp_portal.mail.models import Mail
from orders.billing.models import Invoice
from orders.billing.services import close_due_months, issue_due_invoices, post_due_credits
from software.models import KeyIssue, Kind
from tests.factories import CustomerFactory, PartnerFactory, UserFactory, buy_line, make_sku
from tests.helpers import cancel
from tests.payments import issued_invoice

pytestmark = pytest.mark.django_db


@pytest.fixture
def canceller(partner):
    return UserFactory(partner=partner, roles=[Role.ADMIN_AGENT])


@pytest.fixture
def line(clock, agent, partner):
    """Three units for 한빛 전자, one key each."""
    customer = CustomerFactory(partner=partner, company_name="한빛 전자")
    return buy_line(
        agent, customer, make_sku("1200.00", title="服务器", key_issue=KeyIssue.PER_UNIT, keys=3), quantity=3
    )


def words(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def told(cause):
    """The mails with a cause of this kind, by whom they are to."""
    return {mail.to: mail for mail in Mail.objects.filter(cause__startswith=cause)}


def test_who_cancelled_and_who_ordered_are_told_of_the_credit_once(clock, line, agent, canceller):
    clock.set("2020-02-02T12:00:00Z")
    cancel(line, canceller, quantity=1)
    assert not told("credit_posted")
    for _again in range(2):
        post_due_credits()
    mails = told("credit_posted")
    assert set(mails) == {agent.email, canceller.email}
    mail = mails[agent.email]
    text = words(mail.text)
    assert words(mail.subject) == f"Credit of 1,167.21 USD for order {line.order.number} is posted"
    assert (
        f"The credit for 1 of 3 units of 服务器, order {line.order.number} for 한빛 전자, is posted: 1,167.21 USD "
        "(incl. tax), on the February 2020 invoice." in text
    )
    assert "× (366 − 10) / 366 = 1,167.21 USD" in text
    assert f"/orders/{line.order.number}/" in text


def test_the_mail_names_the_month_that_the_entry_fell_into(clock, line, agent):
    clock.set("2020-02-29T23:59:59Z")
    cancel(line, agent)
    clock.set("2020-03-01T00:05:00Z")
    close_due_months(timezone.now())
    assert "on the February 2020 invoice" in told("credit_posted")[agent.email].text


def test_who_has_left_or_sees_no_orders_is_not_told(line, agent, canceller):
    cancel(line, canceller)
    agent.is_active = False
    agent.save()
    RoleAssignment.objects.filter(user=canceller).delete()
    RoleAssignment.objects.create(user=canceller, role=Role.AUDITOR)
    post_due_credits()
    assert not told("credit_posted")


def test_who_may_see_invoices_is_told_of_one_once(clock, agent, customer, partner, global_admin):
    UserFactory(partner=partner, roles=[Role.ACCOUNT_ADMIN, Role.AUDITOR, Role.REFERRAL_ADMIN])
    UserFactory(partner=partner, roles=[Role.GLOBAL_ADMIN], is_active=False)
    UserFactory(partner=PartnerFactory(), roles=[Role.GLOBAL_ADMIN])
    leaving = UserFactory(partner=partner, roles=[Role.ADMIN_AGENT])
    leaving.role_assignments.update(last_day=date(2020, 2, 9))
    both = UserFactory(partner=partner, roles=[Role.GLOBAL_ADMIN, Role.ADMIN_AGENT])
    issued_invoice(clock, agent, customer)
    issue_due_invoices(timezone.now())
    mails = told("invoice_issued")
    assert set(mails) == {agent.email, global_admin.email, both.email}
    mail = mails[both.email]
    assert words(mail.subject) == "Invoice G000001 for January 2020: 1,200.00 USD"
    assert f"Invoice G000001 of {partner.legal_name} for January 2020 is issued." in words(mail.text)
    assert "1,200.00 USD (excl. tax), tax 0.00 USD, 1,200.00 USD (incl. tax)." in words(mail.text)
    assert "Payable: 1,200.00 USD. Please give G000001 as the reference of your payment." in words(mail.text)
    assert "/invoices/G000001/" in mail.text


def test_whom_the_mail_tells_of_an_invoice_its_address_opens(clock, agent, customer, partner, client_of):
    for role in Role:
        if role not in OPERATOR_ROLES:
            UserFactory(partner=partner, roles=[role])
    issued_invoice(clock, agent, customer)
    allowed = {
        user.email for user in partner.users.all() if client_of(user).get("/invoices/G000001/").status_code == 200
    }
    assert set(told("invoice_issued")) == allowed


def issue(clock, instant):
    clock.set(instant)
    close_due_months(timezone.now())
    issue_due_invoices(timezone.now())


def mails_of(invoice, user):
    mail = told(f"invoice_issued:{invoice}")[user.email]
    return words(mail.subject), words(mail.text)


def test_where_nothing_is_to_be_paid_the_mail_says_so_and_what_is_carried(clock, agent, customer):
    line = buy_line(agent, customer, make_sku("500.00", kind=Kind.PERPETUAL))
    clock.set("2020-02-03T12:00:00Z")
    cancel(line, agent)
    issue(clock, "2020-03-08T00:00:00Z")
    subject, text = mails_of("G000002", agent)
    assert subject == "Invoice G000002 for February 2020: nothing to pay"
    assert "There is nothing to pay: 500.00 USD in your favour is carried to the next month." in text
    buy_line(agent, customer, make_sku("120.00"))
    issue(clock, "2020-04-08T00:00:00Z")
    _subject, text = mails_of("G000003", agent)
    assert "There is nothing to pay: 380.00 USD in your favour is carried to the next month." in text
    for mail in Mail.objects.filter(cause__regex="invoice_issued:G00000[23]"):
        assert "reference" not in mail.text
        assert "Payable" not in mail.text


def test_where_charges_and_credits_come_to_nothing_nothing_is_carried(clock, agent, customer):
    cancel(buy_line(agent, customer, make_sku("500.00")), agent)
    issue(clock, "2020-02-08T00:00:00Z")
    assert "There is nothing to pay." in mails_of("G000001", agent)[1]
    assert "carried" not in mails_of("G000001", agent)[1]


def test_a_month_with_nothing_but_what_is_carried_mails_nobody(clock, agent, customer):
    line = buy_line(agent, customer, make_sku("500.00", kind=Kind.PERPETUAL))
    clock.set("2020-02-03T12:00:00Z")
    cancel(line, agent)
    issue(clock, "2020-04-08T00:00:00Z")
    assert Invoice.objects.issued().count() == 3
    assert {mail.cause.split(":")[1] for mail in Mail.objects.filter(cause__startswith="invoice_issued")} == {
        "G000001",
        "G000002",
    }


def test_a_mail_is_in_one_language_whoever_caused_it(clock, line, agent, canceller):
    clock.set("2020-02-02T12:00:00Z")
    cancel(line, canceller, quantity=1)
    with translation.override("de"):
        post_due_credits()
        issue(clock, "2020-02-08T00:00:00Z")
    text = words(told("credit_posted")[agent.email].text)
    assert "on the February 2020 invoice" in text
    assert "= 1,167.21 USD" in text
    assert mails_of("G000001", agent)[0] == "Invoice G000001 for January 2020: 3,600.00 USD"


def test_a_closed_month_tells_nobody_until_it_is_issued(clock, agent, customer, global_admin):
    buy_line(agent, customer, make_sku())
    clock.set("2020-02-02T00:00:00Z")
    close_due_months(timezone.now())
    assert not told("invoice_issued")
