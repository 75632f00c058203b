"""Mail about orders (X5)."""

from collections.abc import Sequence
from dataclasses import dataclass

from csp_portal.mail.addresses import site_address
from csp_portal.mail.services import queue_mail
from csp_portal.money import Money
from orders.models import Order, OrderLine
from software.tax import NOTHING, Amounts


@dataclass(frozen=True)
class MailedAmounts:
    """Net, tax and gross as they are written in a mail."""

    net: Money
    tax: Money
    gross: Money

    @classmethod
    def of(cls, amounts: Amounts, currency: str) -> "MailedAmounts":
        return cls(*(Money(amount, currency) for amount in (amounts.net, amounts.tax, amounts.gross)))


def tell_order_placed(order: Order, lines: Sequence[OrderLine]) -> None:
    """Mail the buyer what was ordered, what it costs and how it can be cancelled; in the order's transaction (B4)."""
    queue_mail(
        order.placed_by.email,
        "order_placed",
        cause=f"order_placed:{order.number}",
        order=order.number,
        customer=order.customer.company_name,
        placed_at=order.placed_at,
        purchase_order_number=order.purchase_order_number,
        lines=[(line, MailedAmounts.of(line.amounts, order.currency)) for line in lines],
        total=MailedAmounts.of(sum((line.amounts for line in lines), NOTHING), order.currency),
        address=site_address(order.get_absolute_url()),
    )
