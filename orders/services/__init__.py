"""Filling a cart and placing the order."""

from orders.services.api_carts import change_api_cart, check_out, make_api_cart, order_lines
from orders.services.carts import add_to_cart, remove_from_cart, renew_purchase, set_quantities
from orders.services.placing import place_order

__all__ = [
    "add_to_cart",
    "change_api_cart",
    "check_out",
    "make_api_cart",
    "order_lines",
    "place_order",
    "remove_from_cart",
    "renew_purchase",
    "set_quantities",
]
