"""What is owed and the new order stay within the credit limit of their currency (B3, R6)."""

from decimal import Decimal
from functools import partial

import pytest

from activity.models import Action, Event
from activity.services import Actor
from csp_portal.errors import Refusal
from orders.billing.headroom import Headroom
from orders.billing.models import Account, Entry, Payment
from orders.billing.services import post_due_credits, reverse_payment, set_credit_limit
from orders.models import CartLine, Order
from software.models import KeyStatus, ProductKey, SoftwarePurchase, TaxRate
from tests.factories import CustomerFactory, buy, buy_line, make_sku
from tests.helpers import cancel, in_threads
from tests.payments import issued_invoice, pay

pytestmark = pytest.mark.django_db
OPERATOR = Actor.system("test")


def limit(partner, currency, amount):
    set_credit_limit(partner, currency, None if amount is None else Decimal(amount), actor=OPERATOR)


def refused(code, order_it):
    """Refused and logged with this reason; nothing is ordered, allotted or charged, and the cart is as it was."""
    orders, entries = Order.objects.count(), Entry.objects.count()
    available = ProductKey.objects.filter(status=KeyStatus.AVAILABLE).count()
    with pytest.raises(Refusal) as refusal:
        order_it()
    assert refusal.value.code == code
    assert (Order.objects.count(), Entry.objects.count(), SoftwarePurchase.objects.count()) == (orders, entries, orders)
    assert ProductKey.objects.filter(status=KeyStatus.AVAILABLE).count() == available
    assert CartLine.objects.count() == 1
    assert Event.objects.filter(action=Action.ORDER_REFUSED, details__reason=code).count() == 1
    return refusal.value


@pytest.mark.parametrize(
    ("market", "currency", "price", "just_enough", "too_little"),
    [
        ("US", "USD", "1200.00", "1200.00", "1199.99"),
        ("JP", "JPY", "150000", "150000", "149999"),
        ("KW", "KWD", "100.000", "100.000", "99.999"),
    ],
)
def test_exactly_the_limit_passes_and_one_minor_unit_more_is_refused(
    agent, partner, market, currency, price, just_enough, too_little
):
    customer = CustomerFactory(partner=partner, market=market, currency=currency)
    sku = make_sku(price, market=market, currency=currency, keys=1)
    limit(partner, currency, too_little)
    refused("credit_limit_exceeded", partial(buy, agent, customer, sku))
    CartLine.objects.all().delete()
    limit(partner, currency, just_enough)
    assert buy_line(agent, customer, sku).gross == Decimal(price)


def test_the_refusal_tells_limit_owed_order_and_what_is_left(settings, agent, customer, partner):
    limit(partner, "USD", "2000")
    buy(agent, customer, make_sku("1500.00"))
    refusal = refused("credit_limit_exceeded", partial(buy, agent, customer, make_sku("600.50")))
    assert refusal.message.replace("\N{NO-BREAK SPACE}", " ") == (
        "This order comes to 600.50 USD including tax. Of your credit limit of 2,000.00 USD, 1,500.00 USD is owed "
        "already, so only 500.00 USD is left."
    )
    assert settings.OPERATOR_SUPPORT_EMAIL in refusal.next_step


def test_tax_counts_towards_the_limit(agent, partner):
    TaxRate.objects.create(market="DE", name="VAT", rate="0.19", included_in_price=False, valid_from="2007-01-01")
    customer = CustomerFactory(partner=partner, market="DE", currency="EUR")
    sku = make_sku("100.00", market="DE", currency="EUR")
    limit(partner, "EUR", "118.99")
    refused("credit_limit_exceeded", partial(buy, agent, customer, sku))
    CartLine.objects.all().delete()
    limit(partner, "EUR", "119.00")
    assert buy_line(agent, customer, sku).gross == Decimal(119)


@pytest.mark.parametrize("price", ["1.00", "0"])
@pytest.mark.parametrize("has_account", [True, False])
def test_without_a_limit_nothing_is_ordered_in_the_currency(agent, partner, customer, has_account, price):
    if has_account:
        limit(partner, "USD", None)
    else:
        Account.objects.all().delete()
    refused("no_credit_limit", partial(buy, agent, customer, make_sku(price)))


def test_a_limit_counts_in_its_own_currency_and_for_its_own_partner(agent, partner, customer):
    limit(partner, "USD", "100")
    limit(partner, "EUR", "5000")
    limit(CustomerFactory().partner, "USD", "5000")
    refused("credit_limit_exceeded", partial(buy, agent, customer, make_sku("100.01")))


def test_what_other_customers_of_the_partner_owe_counts_too(agent, partner, customer):
    limit(partner, "USD", "1000")
    buy(agent, CustomerFactory(partner=partner), make_sku("600.00"))
    refused("credit_limit_exceeded", partial(buy, agent, customer, make_sku("400.01")))


def test_a_credit_makes_room_once_its_entry_stands(clock, agent, partner, customer):
    limit(partner, "USD", "1000")
    cancel(buy_line(agent, customer, make_sku("1000.00")), agent)
    again = make_sku("1000.00")
    with pytest.raises(Refusal, match="Of your credit limit"):
        buy(agent, customer, again)
    CartLine.objects.all().delete()
    assert post_due_credits() == 1
    assert buy_line(agent, customer, again).gross == Decimal(1000)


def test_a_limit_that_was_lowered_leaves_nothing_but_what_was_ordered_stands(agent, partner, customer):
    limit(partner, "USD", "1000")
    buy(agent, customer, make_sku("800.00"))
    limit(partner, "USD", "500")
    refusal = refused("credit_limit_exceeded", partial(buy, agent, customer, make_sku("1.00")))
    assert str(refusal.facts["left"]).startswith("0.00")
    assert Order.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_orders_that_fit_only_one_by_one_exactly_one_passes(agent, partner, customer):
    limit(partner, "USD", "1999.99")
    others = [customer, *(CustomerFactory(partner=partner) for _customer in range(3))]
    answers = in_threads(*(partial(buy, agent, other, make_sku("1000.00", keys=1)) for other in others))
    assert answers.count("credit_limit_exceeded") == 3
    assert Order.objects.get() in answers
    assert Entry.objects.get().gross == Decimal(1000)
    assert ProductKey.objects.filter(status=KeyStatus.AVAILABLE).count() == 3


def test_what_was_paid_makes_room_and_a_reversal_takes_it_back(clock, agent, partner, customer):
    limit(partner, "USD", "1200")
    invoice = issued_invoice(clock, agent, customer)
    payment = pay(invoice, "500.00")
    assert Headroom.of(partner.pk, "USD").owed == 700
    refused("credit_limit_exceeded", partial(buy, agent, customer, make_sku("500.01")))
    CartLine.objects.all().delete()
    reverse_payment(payment.pk, reference="BACK", actor=OPERATOR)
    assert Headroom.of(partner.pk, "USD").owed == 1200
    pay(invoice, "500.00", "AGAIN")
    assert buy_line(agent, customer, make_sku("500.00")).gross == 500


@pytest.mark.django_db(transaction=True)
def test_a_payment_and_orders_at_once_stay_within_the_limit(clock, agent, partner, customer):
    limit(partner, "USD", "1200")
    invoice = issued_invoice(clock, agent, customer)
    others = [CustomerFactory(partner=partner) for _customer in range(3)]
    orders = [partial(buy, agent, other, make_sku("500.00")) for other in others]
    answers = in_threads(partial(pay, invoice, "600.00"), *orders)
    passed = Entry.objects.count() - 1
    assert passed <= 1  # 600.00 was made free at most, before or after the orders looked
    assert answers[1:].count("credit_limit_exceeded") == 3 - passed
    assert Headroom.of(partner.pk, "USD").owed == 600 + 500 * passed
    assert Payment.objects.get() == answers[0]
    for other in others:
        CartLine.objects.filter(cart__customer=other).delete()
    if not passed:
        assert buy_line(agent, others[0], make_sku("500.00")).gross == 500
    with pytest.raises(Refusal, match=r"100\.00"):
        buy(agent, others[1], make_sku("100.01"))
