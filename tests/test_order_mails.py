"""The buyer is mailed each order; who must know is mailed that keys are wanted, pending or there (B4, B5, X5)."""

from functools import partial

import pytest

from csp_portal.errors import Refusal
from csp_portal.mail.models import Mail
from orders.models import Order
from orders.services import add_to_cart, place_order
from software.models import Kind, PolicyVersion, ProductKey, TaxRate
from software.services import fill_pending
from tests.factories import CustomerFactory, add_keys, buy, buy_line, make_sku, reviewed_now
from tests.helpers import cancel, in_threads

pytestmark = pytest.mark.django_db


def mails(cause):
    """The mails of a kind of cause, as (to, subject, text) with plain spaces."""
    found = Mail.objects.filter(cause__startswith=f"{cause}:").order_by("pk")
    return [(mail.to, mail.subject, mail.text.replace("\N{NO-BREAK SPACE}", " ")) for mail in found]


def test_the_buyer_is_told_what_was_ordered_what_it_costs_and_how_it_can_be_cancelled(clock, settings, agent, partner):
    TaxRate.objects.create(market="DE", name="VAT", rate="0.19", included_in_price=False, valid_from="2007-01-01")
    customer = CustomerFactory(partner=partner, market="DE", currency="EUR", company_name="Nord & Süd <GmbH>")
    in_germany = partial(make_sku, market="DE", currency="EUR")
    order = buy(
        agent,
        customer,
        in_germany("1200.00", title="Server yearly", keys=1),
        in_germany("50.00", title="Reserved VM", kind=Kind.RESERVATION, cancellation_policy="support_only"),
        in_germany("920.00", title="SUSE", kind=Kind.LINUX_PLAN, cancellation_policy="never"),
        quantity=2,
    )
    ((to, subject, text),) = mails("order_placed")
    assert (to, subject) == (agent.email, f"Order {order.number} for Nord & Süd <GmbH> is placed")
    assert "on 24 Jan 2020, 12:00 UTC" in text
    assert (
        "- Server yearly, quantity 2\n  2,400.00 EUR (excl. tax), tax 456.00 EUR, 2,856.00 EUR (incl. tax)\n"
        "  Cancellation: until the end of 24 March 2020 (UTC).\n"
    ) in text
    assert "- Reserved VM, quantity 2\n" in text
    assert "  Cancellation: only by support request.\n" in text
    assert "  Cancellation: never.\n" in text
    assert "Total: 4,340.00 EUR (excl. tax), tax 824.60 EUR, 5,164.60 EUR (incl. tax)." in text
    assert f"{settings.MAIL_SITE_URL}/orders/{order.number}/" in text
    assert "purchase order number" not in text
    assert Mail.objects.count() == 1


def test_the_mail_names_the_purchase_order_number_and_the_pinned_terms(clock, agent, customer):
    PolicyVersion.objects.create(policy="self_service", version=2, window_days=10, valid_from="2020-01-24")
    sku = make_sku()
    add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    place_order(customer.tenant_id, reviewed=reviewed_now(agent, customer), actor=agent, purchase_order_number="购-17")
    ((_to, _subject, text),) = mails("order_placed")
    assert "Your purchase order number: 购-17" in text
    assert "until the end of 3 February 2020 (UTC)" in text


def test_a_refused_order_and_a_retry_mail_nothing_more(agent, customer, partner):
    partner.accounts.update(credit_limit=1000)
    with pytest.raises(Refusal):
        buy(agent, customer, make_sku("1200.00"))
    assert not Mail.objects.exists()
    partner.accounts.update(credit_limit=100_000)
    reviewed = reviewed_now(agent, customer)
    for _again in range(2):
        place_order(customer.tenant_id, reviewed=reviewed, actor=agent)
    assert len(mails("order_placed")) == 1


def test_where_keys_are_pending_the_operator_is_alarmed_and_the_buyer_told(settings, agent, customer, partner):
    sku = make_sku(key_issue="per_unit", keys=2, title="Server yearly")
    line = buy_line(agent, customer, sku, quantity=3)
    alarm, notice = mails("keys_pending")
    assert (alarm[0], alarm[1]) == (settings.OPERATOR_SUPPORT_EMAIL, "Keys wanted: Server yearly")
    assert f"({sku.catalogue_id})" in alarm[2]
    assert f"Order {line.order.number} of {partner.legal_name}, quantity 3: keys needed 3." in alarm[2]
    assert customer.company_name not in alarm[2]
    assert (notice[0], notice[1]) == (agent.email, f"Keys pending for order {line.order.number}: Server yearly")
    assert f"/customers/{customer.tenant_id}/software/?sku={sku.public_id}" in notice[2]
    assert not mails("keys_ready")


def test_the_buyer_is_told_once_when_the_keys_have_come(agent, customer):
    sku = make_sku(key_issue="per_unit", title="Server yearly")
    line = buy_line(agent, customer, sku, quantity=2)
    keys = add_keys(sku, 2)
    for filled in (1, 0):
        assert fill_pending(sku.pk, actor=agent) == filled
    ((to, subject, _text),) = mails("keys_ready")
    assert (to, subject) == (agent.email, f"Keys ready for order {line.order.number}: Server yearly")
    assert not any(key[-11:] in mail.text for key in keys for mail in Mail.objects.all())
    assert ProductKey.objects.filter(purchase=line.purchase).count() == 2


def test_the_keys_that_have_come_are_those_of_what_is_left(clock, agent, customer):
    sku = make_sku(key_issue="per_unit", title="Server yearly")
    line = buy_line(agent, customer, sku, quantity=3)
    cancel(line, agent, 1)
    add_keys(sku, 2)
    fill_pending(sku.pk, actor=agent)
    ((_to, _subject, text),) = mails("keys_ready")
    assert text.startswith(f"The keys of Server yearly, quantity 2, of order {line.order.number} ")


def test_keys_that_were_there_at_once_are_told_by_the_order_alone(agent, customer):
    buy_line(agent, customer, make_sku(keys=1))
    assert Mail.objects.count() == len(mails("order_placed")) == 1


@pytest.mark.parametrize("gone", ["switched off", "without a role"])
def test_of_a_buyer_who_has_left_the_support_contact_is_told(agent, customer, partner, gone):
    sku = make_sku()
    buy_line(agent, customer, sku)
    if gone == "switched off":
        agent.is_active = False
        agent.save()
    else:
        agent.role_assignments.all().delete()
    add_keys(sku, 1)
    assert fill_pending(sku.pk, actor=agent) == 1
    ((to, _subject, _text),) = mails("keys_ready")
    assert to == partner.support_email


@pytest.mark.django_db(transaction=True)
def test_a_double_click_mails_once(agent, customer):
    add_to_cart(customer.tenant_id, make_sku().public_id, 1, actor=agent)
    order_it = partial(place_order, customer.tenant_id, reviewed=reviewed_now(agent, customer), actor=agent)
    assert set(in_threads(order_it, order_it)) == {Order.objects.get()}
    assert len(mails("order_placed")) == 1
    assert len(mails("keys_pending")) == 2
