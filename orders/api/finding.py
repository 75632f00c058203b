"""The cart, the order and the line that a path names."""

from csp_portal.accounts.models import User
from csp_portal.errors import Refusal
from customers.api.finding import customer_of
from orders.models import ApiCart, Order, OrderLine
from orders.reasons import CART_NOT_FOUND, LINE_NUMBER_WRONG, ORDER_NOT_FOUND

_MOST_DIGITS = 9


def cart_of(user: User, tenant_id: str, cart_id: str) -> ApiCart:
    """The cart for the caller's customer. Raises Refusal, the same for another customer's as for none."""
    customer = customer_of(user, tenant_id)
    cart = ApiCart.objects.filter(customer=customer).select_related("user", "order").with_guid(cart_id)
    if cart is None:
        raise Refusal(CART_NOT_FOUND)
    cart.customer = customer
    return cart


def order_of(user: User, tenant_id: str, order_id: str) -> Order:
    """The order of the caller's customer. Raises Refusal, the same for another customer's as for none."""
    customer = customer_of(user, tenant_id)
    order = Order.objects.filter(customer=customer).with_number(order_id)
    if order is None:
        raise Refusal(ORDER_NOT_FOUND)
    order.customer = customer  # as found: spares looking it up again
    return order


def line_of(user: User, tenant_id: str, order_id: str, number: str) -> OrderLine:
    """The line with a number from 0 on, with its purchase. Raises Refusal."""
    order = order_of(user, tenant_id, order_id)
    line = order.lines.with_purchase().filter(line_number=_line_number(number)).first()
    if line is None:
        raise Refusal(LINE_NUMBER_WRONG, last=order.lines.count() - 1)
    line.order = order
    return line


def _line_number(text: str) -> int:
    """The number that we have for it; ours begin with 1."""
    return int(text) + 1 if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else 0
