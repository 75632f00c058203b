"""How much a cart holds: B1, B2."""

import pytest

from activity.models import Action, Event
from csp_portal.errors import Refusal
from orders.models import MAX_CART_LINES, MAX_QUANTITY, Cart, CartLine
from orders.services import add_to_cart, set_quantities
from tests.factories import SkuFactory, make_sku

pytestmark = pytest.mark.django_db


def add(agent, customer, sku, quantity=1):
    return add_to_cart(customer.tenant_id, sku.public_id, quantity, actor=agent)


def fill(agent, customer, lines):
    """A cart of so many lines, made directly: by the service it would take long."""
    cart = Cart.objects.create(customer=customer, user=agent)
    CartLine.objects.bulk_create(CartLine(cart=cart, sku=SkuFactory(), quantity=1) for _line in range(lines))
    return cart


def refused(code, call):
    """Refused and logged with this reason; cart and lines are as they were."""
    before = list(Cart.objects.values()), list(CartLine.objects.values())
    with pytest.raises(Refusal) as refusal:
        call()
    assert refusal.value.code == code
    assert (list(Cart.objects.values()), list(CartLine.objects.values())) == before
    assert Event.objects.filter(action=Action.ORDER_REFUSED, details__reason=code).count() == 1
    return refusal.value


def test_a_cart_takes_a_hundredth_line_and_no_more(agent, customer):
    cart = fill(agent, customer, MAX_CART_LINES - 1)
    last = make_sku()
    add(agent, customer, last)
    assert cart.lines.count() == MAX_CART_LINES == 100
    refusal = refused("cart_full", lambda: add(agent, customer, make_sku()))
    assert refusal.message == "A cart holds at most 100 lines."
    add(agent, customer, last, 4)  # more of what is there is no further line
    assert cart.lines.get(sku=last).quantity == 5


@pytest.mark.parametrize("quantity", [0, -1, MAX_QUANTITY + 1])
def test_a_quantity_out_of_range_is_refused(agent, customer, quantity):
    refused("quantity_out_of_range", lambda: add(agent, customer, make_sku(), quantity))


def test_a_line_grows_up_to_the_limit_and_no_further(agent, customer):
    sku = make_sku()
    add(agent, customer, sku, MAX_QUANTITY - 1)
    assert add(agent, customer, sku, 1).quantity == MAX_QUANTITY
    refused("quantity_out_of_range", lambda: add(agent, customer, sku, 1))


def test_quantities_are_set_all_or_none(agent, customer):
    first, second = make_sku(), make_sku()
    for sku in (first, second):
        add(agent, customer, sku)
    wrong = {first.public_id: 3, second.public_id: MAX_QUANTITY + 1}
    refused("quantity_out_of_range", lambda: set_quantities(customer.tenant_id, wrong, actor=agent))
