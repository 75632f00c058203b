"""The operator issues a closed month before the job of the 8th does (R5)."""

from datetime import date
from functools import partial

import pytest
from django.urls import reverse
from django.utils import timezone

from activity.models import Action, Event
from csp_portal.accounts.permissions import Role
from csp_portal.errors import Refusal
from csp_portal.mail.models import Mail
from orders.billing.models import Account, Invoice
from orders.billing.services import close_due_months, issue_due_invoices, issue_invoice
from tests.factories import UserFactory, buy_line, make_sku
from tests.helpers import in_threads, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def invoice(clock, agent, customer):
    """January's over 1,200.00 USD, closed on 1 February and not issued."""
    buy_line(agent, customer, make_sku("1200.00"))
    clock.set("2020-02-01T00:05:00Z")
    close_due_months(timezone.now())
    clock.set("2020-02-03T09:00:00Z")
    return Invoice.objects.get()


def issue(invoice, actor):
    return issue_invoice(invoice.pk, actor=actor, now=timezone.now())


def address(invoice):
    account = invoice.account
    return f"/operator/partners/{account.partner.public_id}/invoices/{invoice.month:%Y-%m}/{account.currency}/issue/"


def events():
    return list(Event.objects.filter(action=Action.INVOICE_ISSUED).values_list("actor_name", flat=True))


def refused(code, do_it):
    """Refused and logged with this reason; nothing is issued, and nobody is mailed."""
    with pytest.raises(Refusal) as refusal:
        do_it()
    assert refusal.value.code == code
    assert Event.objects.filter(action=Action.INVOICE_REFUSED, details__reason=code).count() == 1
    assert Invoice.objects.get().number is None
    assert events() == []
    assert not Mail.objects.filter(cause__startswith="invoice_issued").exists()
    return str(refusal.value)


def test_an_operator_admin_issues_it_once_in_their_own_name(invoice, keeper, partner):
    assert (issue(invoice, keeper), issue(invoice, keeper)) == (True, False)
    issued = Invoice.objects.get()
    assert (issued.public_number, issued.issued_at, issued.bill_to_name) == (
        "G000001",
        timezone.now(),
        partner.legal_name,
    )
    assert events() == [keeper.email]


def test_the_job_of_the_8th_leaves_it_as_it_is(clock, invoice, keeper):
    issue(invoice, keeper)
    before = Invoice.objects.values().get()
    clock.set("2020-02-08T00:35:00Z")
    assert issue_due_invoices(timezone.now()) == 0
    assert Invoice.objects.values().get() == before
    assert events() == [keeper.email]


@pytest.mark.parametrize("role", [role for role in Role if role != Role.OPERATOR_ADMIN])
def test_no_other_role_issues_it(invoice, partner, role):
    staff = role == Role.SUPPORT_AGENT
    user = UserFactory(partner=None if staff else partner, roles=[role])
    refused("role_required", partial(issue, invoice, user))


def test_a_month_that_is_not_closed_is_not_issued(invoice, keeper):
    Account.objects.update(closed_through=date(2019, 12, 1))
    told = refused("month_not_closed", partial(issue, invoice, keeper))
    assert "January 2020 is not closed yet in USD, so its invoice cannot be issued." in told


@pytest.mark.django_db(transaction=True)
def test_of_two_operators_and_the_job_at_once_one_issues_it(clock, invoice, keeper):
    clock.set("2020-02-08T00:35:00Z")
    job = partial(issue_due_invoices, timezone.now())
    other = UserFactory(partner=None, roles=[Role.OPERATOR_ADMIN])
    answers = in_threads(partial(issue, invoice, keeper), job, partial(issue, invoice, other), job)
    assert sum(answers) == 1
    assert Invoice.objects.get().public_number == "G000001"
    assert len(events()) == 1


def test_it_is_issued_from_its_page_after_a_question(invoice, client_of, keeper):
    browser, page = client_of(keeper), reverse("admin:billing_invoice_change", args=[invoice.pk])
    assert address(invoice) in browser.get(page).content.decode()
    asked = words_of(browser.get(address(invoice)))
    assert "January 2020 (UTC) comes to 1,200.00 USD" in asked
    assert Invoice.objects.get().number is None
    done = words_of(browser.post(address(invoice), follow=True))
    assert "Invoice G000001 is issued." in done
    assert "This invoice is issued already; from then on it never changes." in done
    assert address(invoice) not in browser.get(page).content.decode()
    assert events() == [keeper.email]


def test_a_second_click_issues_nothing_more(invoice, client_of, keeper):
    browser = client_of(keeper)
    for _again in range(2):
        assert "Invoice G000001 is issued." in words_of(browser.post(address(invoice), follow=True))
    assert "This invoice is issued already" in words_of(browser.get(address(invoice)))
    assert events() == [keeper.email]


def test_a_month_without_an_invoice_is_not_found(invoice, client_of, keeper):
    assert client_of(keeper).post(address(invoice).replace("2020-01", "2020-02")).status_code == 404
    assert client_of(keeper).post(address(invoice).replace("USD", "EUR")).status_code == 404
    assert events() == []
