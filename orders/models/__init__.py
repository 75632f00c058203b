"""Carts, and the orders they become."""

from orders.models.api_cart import ApiCart, ApiCartLine
from orders.models.cart import MAX_CART_LINES, MAX_QUANTITY, Cart, CartLine
from orders.models.order import Order, OrderLine, OrderState, PaymentMethod, new_order_number

__all__ = [
    "MAX_CART_LINES",
    "MAX_QUANTITY",
    "ApiCart",
    "ApiCartLine",
    "Cart",
    "CartLine",
    "Order",
    "OrderLine",
    "OrderState",
    "PaymentMethod",
    "new_order_number",
]
