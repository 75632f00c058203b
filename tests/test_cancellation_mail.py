"""Who is told by mail that a purchase was cancelled, and what (X5, C6)."""

import pytest
from django.utils import timezone, translation

from cancellations.services import confirm_cancellation
from csp_portal.accounts.models import RoleAssignment
from csp_portal.accounts.permissions import Role
from csp_portal.errors import Refusal
from csp_portal.mail.models import Mail
from orders.billing.services import close_due_months
from software.services import start_download
from tests.factories import CustomerFactory, PartnerFactory, UserFactory, add_keys, buy_line, make_link, make_sku
from tests.helpers import cancel, quote_of

pytestmark = pytest.mark.django_db

TEXT = """\
{who} cancelled Server - 1 year, quantity 2, of order {number} for Contoso Bicycle Works on 2 Feb 2020, 12:00 UTC.

Credit: 2,334.43 USD (incl. tax), on the February 2020 invoice.
Keys revoked: 1. Download links revoked: 1.

This was read and accepted with it:
- All keys and download links of this purchase are revoked at once, for you and for your customer.
- You and your customer must stop using the software, uninstall it, and delete the downloads and the download links.
- The item stays listed without its key.
- A credit comes on the next monthly invoice: 100 % for perpetual software, prorated by day for subscriptions.

The order, with its credit:
{address}

The certificate of the cancellation:
{certificate}"""


@pytest.fixture
def buyer(agent):
    return agent


@pytest.fixture
def canceller(partner):
    return UserFactory(partner=partner, roles=[Role.ADMIN_AGENT])


@pytest.fixture
def line(clock, buyer, partner):
    customer = CustomerFactory(partner=partner, company_name="Contoso Bicycle Works")
    return buy_line(buyer, customer, make_sku("1200.00", title="Server - 1 year", keys=1), quantity=2)


def told():
    return sorted(Mail.objects.filter(cause__startswith="purchase_cancelled:").values_list("to", flat=True))


def test_it_says_what_was_cancelled_revoked_and_credited_and_what_was_accepted(clock, buyer, line, settings):
    settings.MAIL_SITE_URL = "https://portal.example"
    make_link(buyer, line.purchase)
    clock.set("2020-02-02T12:00:00Z")
    certificate = cancel(line, buyer).certificate
    mail = Mail.objects.get(to=buyer.email, cause__startswith="purchase_cancelled:")
    number = line.order.number
    assert mail.subject == f"Order {number}, cancelled: Server - 1 year"
    told = {
        "who": buyer.email,
        "number": number,
        "address": f"https://portal.example/orders/{number}/",
        "certificate": f"https://portal.example/certificates/{certificate.public_id}/",
    }
    assert mail.text.replace("\xa0", " ") == TEXT.format(**told)


def test_of_a_part_it_says_how_many_units_are_cancelled_and_left(buyer, partner):
    sku = make_sku(title="Server - 1 year", key_issue="per_unit", keys=3)
    line = buy_line(buyer, CustomerFactory(partner=partner), sku, quantity=3)
    cancel(line, buyer, 1)
    mail = Mail.objects.get(cause__startswith="purchase_cancelled:")
    assert mail.subject == f"Order {line.order.number}, units cancelled: Server - 1 year"
    assert f"cancelled Server - 1 year, quantity 1, of order {line.order.number} for " in mail.text
    assert "Left to the customer: 2." in mail.text


def test_it_is_in_one_language_whoever_caused_it(clock, buyer, line):
    clock.set("2020-02-02T12:00:00Z")
    with translation.override("de"):
        cancel(line, buyer)
    text = Mail.objects.get(to=buyer.email, cause__startswith="purchase_cancelled:").text.replace("\xa0", " ")
    assert "Credit: 2,334.43 USD (incl. tax), on the February 2020 invoice." in text


def test_who_cancelled_and_who_ordered_are_told_once_each(buyer, canceller, line):
    cancel(line, canceller)
    assert told() == sorted([buyer.email, canceller.email])


def test_who_did_both_is_told_once(buyer, line):
    quote = quote_of(line).signed()
    for _time in range(2):  # the second gets the same answer
        confirm_cancellation(line.purchase.public_id, quote=quote, notice_accepted=True, actor=buyer)
    assert told() == [buyer.email]


def test_who_ordered_and_has_left_is_not_told(buyer, canceller, line):
    buyer.is_active = False
    buyer.save()
    cancel(line, canceller)
    assert told() == [canceller.email]


def test_who_ordered_and_may_not_see_orders_any_more_is_not_told(buyer, canceller, line):
    RoleAssignment.objects.filter(user=buyer).update(role=Role.MARKETING_CONTENT_ADMIN)
    cancel(line, canceller)
    assert told() == [canceller.email]


def test_who_ordered_and_works_for_another_partner_now_is_not_told(buyer, canceller, line):
    buyer.partner = PartnerFactory()
    buyer.save()
    cancel(line, canceller)
    assert told() == [canceller.email]


def test_a_refused_cancellation_mails_nobody(line, canceller):
    quote = quote_of(line).signed()
    with pytest.raises(Refusal):
        confirm_cancellation(line.purchase.public_id, quote=quote, notice_accepted=False, actor=canceller)
    assert told() == []


def test_a_credit_that_comes_too_late_for_its_month_is_announced_on_the_next(clock, buyer, line):
    clock.set("2020-02-01T00:05:00Z")
    close_due_months(timezone.now())
    clock.set("2020-01-31T23:59:00Z")  # a clock that was set back
    cancel(line, buyer)
    assert "on the February 2020 invoice" in Mail.objects.get(to=buyer.email, cause__contains="cancelled").text


def test_two_lines_of_one_order_are_two_mails(clock, buyer, line):
    other = buy_line(buyer, line.order.customer, line.purchase.sku)
    cancel(line, buyer)
    cancel(other, buyer)
    assert told() == [buyer.email] * 2


def test_no_key_and_no_link_stands_in_it(clock, buyer, partner):
    sku = make_sku()
    (key,) = add_keys(sku, 1)
    line = buy_line(buyer, CustomerFactory(partner=partner), sku)
    link = make_link(buyer, line.purchase)
    session = start_download(link.token, user=None)
    cancel(line, buyer)
    (mail,) = Mail.objects.filter(cause__contains="cancelled")
    for secret in (key, key[-5:], link.token, session.token):
        assert secret not in mail.text + mail.subject
