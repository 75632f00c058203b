"""What the tests of payments share: an invoice that was issued, and money received for it."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from activity.services import Actor
from orders.billing.models import Invoice, Payment
from orders.billing.services import close_due_months, issue_due_invoices, post_payment
from tests.factories import buy_line, make_sku

CASHIER = Actor.system("test")


def issued_invoice(clock: Any, agent: Any, customer: Any, price: str = "1200.00", **sku: Any) -> Invoice:
    """The invoice of January 2020 over `price`, issued; the clock then stands at 10 February 2020."""
    buy_line(agent, customer, make_sku(price, market=customer.market, currency=customer.currency, **sku))
    clock.set("2020-02-10T09:00:00Z")
    close_due_months(timezone.now())
    issue_due_invoices(timezone.now())
    return found(Invoice.objects.get(account__partner=agent.partner, account__currency=customer.currency))


def found(invoice: Invoice) -> Invoice:
    """The invoice as it is now, with its totals."""
    return Invoice.objects.with_totals().select_related("account").get(pk=invoice.pk)


def pay(
    invoice: Invoice, amount: str, reference: str = "WIRE 1", on: str = "2020-02-09", actor: Any = CASHIER
) -> Payment:
    """Post a payment on an invoice."""
    return post_payment(
        invoice.pk, amount=Decimal(amount), received_on=date.fromisoformat(on), reference=reference, actor=actor
    )
