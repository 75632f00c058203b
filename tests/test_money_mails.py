"""Who is told by mail that a credit was posted and that an invoice was issued, and what (X5, R4, R5)."""

import pytest
from django.utils import timezone

from csp_portal.accounts.models import RoleAssignment
from csp_portal.accounts.permissions import Role
from csp_portal.mail.models import Mail
from orders.billing.services import close_due_months, issue_due_invoices, post_due_credits
from software.models import KeyIssue
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
    text = mail.text.replace("\N{NO-BREAK SPACE}", " ")
    assert mail.subject.replace("\N{NO-BREAK SPACE}", " ") == (
        f"Credit of 1,167.21 USD for order {line.order.number} is posted"
    )
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


def test_the_partners_global_and_account_admins_are_told_of_an_invoice_once(clock, agent, customer, partner):
    both = UserFactory(partner=partner, roles=[Role.GLOBAL_ADMIN, Role.ACCOUNT_ADMIN])
    account_admin = UserFactory(partner=partner, roles=[Role.ACCOUNT_ADMIN])
    UserFactory(partner=partner, roles=[Role.AUDITOR, Role.REFERRAL_ADMIN])
    UserFactory(partner=partner, roles=[Role.GLOBAL_ADMIN], is_active=False)
    UserFactory(partner=PartnerFactory(), roles=[Role.GLOBAL_ADMIN])
    issued_invoice(clock, agent, customer)
    issue_due_invoices(timezone.now())
    mails = told("invoice_issued")
    assert set(mails) == {both.email, account_admin.email}
    mail = mails[both.email]
    text = mail.text.replace("\N{NO-BREAK SPACE}", " ")
    assert mail.subject.replace("\N{NO-BREAK SPACE}", " ") == "Invoice G000001 for January 2020: 1,200.00 USD"
    assert f"Invoice G000001 of {partner.legal_name} for January 2020 is issued." in text
    assert "1,200.00 USD (excl. tax), tax 0.00 USD, 1,200.00 USD (incl. tax)." in text
    assert "/invoices/G000001/" in text


def test_a_closed_month_tells_nobody_until_it_is_issued(clock, agent, customer, global_admin):
    buy_line(agent, customer, make_sku())
    clock.set("2020-02-02T00:00:00Z")
    close_due_months(timezone.now())
    assert not told("invoice_issued")
