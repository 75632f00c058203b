"""To another partner nothing of ours exists, whichever service they call (spec 1)."""

from dataclasses import replace

import pytest

from activity.models import Event
from cancellations.models import Cancellation
from cancellations.services import confirm_cancellation
from customers.models import Customer
from orders.models import Cart, CartLine, Order, OrderLine
from orders.services import add_to_cart, place_order, remove_from_cart, set_quantities
from software.models import DownloadLink, ProductKey, SoftwarePurchase
from software.services import grant_link, reveal_key
from tests.factories import buy_line, make_build, make_sku, reviewed_now
from tests.helpers import quote_of

pytestmark = pytest.mark.django_db

KEPT = (Event, Cart, CartLine, Order, OrderLine, SoftwarePurchase, ProductKey, DownloadLink, Cancellation)


def everything():
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in KEPT}


@pytest.fixture
def line(clock, agent, customer):
    """A line that was bought, a build of its product, and a second unit in the cart."""
    line = buy_line(agent, customer, make_sku(keys=2))
    add_to_cart(customer.tenant_id, line.purchase.sku.public_id, 1, actor=agent)
    make_build(line.purchase.sku.product)
    return line


@pytest.fixture(params=["of another partner", "of the operator"])
def outsider(request, stranger):
    """Somebody with every right, elsewhere."""
    if request.param == "of the operator":
        stranger.partner = None
        stranger.save()
    return stranger


def tenant_of(line):
    return line.order.customer.tenant_id


def sku_of(line):
    return line.purchase.sku.public_id


def grant(line, actor):
    build = line.purchase.sku.product.builds.get()
    return grant_link(line.purchase.public_id, build.public_id, grant_seen=0, actor=actor)


def reveal(line, actor):
    return reveal_key(line.purchase.keys.get().public_id, actor=actor)


def confirm(line, actor):
    quote = quote_of(line).signed()
    return confirm_cancellation(line.purchase.public_id, quote=quote, notice_accepted=True, actor=actor)


def add(line, actor):
    return add_to_cart(tenant_of(line), sku_of(line), 1, actor=actor)


def set_quantity(line, actor):
    return set_quantities(tenant_of(line), {sku_of(line): 5}, actor=actor)


def remove(line, actor):
    return remove_from_cart(tenant_of(line), sku_of(line), actor=actor)


def place(line, actor):
    return place_order(tenant_of(line), reviewed=reviewed_now(line.order.placed_by, line.order.customer), actor=actor)


def place_again(line, actor):
    reviewed = reviewed_now(line.order.placed_by, line.order.customer)
    return place_order(
        tenant_of(line),
        reviewed=replace(reviewed, key=line.order.idempotency_key),
        never_accepted=[sku_of(line)],
        actor=actor,
    )


@pytest.mark.parametrize(
    ("call", "missing"),
    [
        (grant, SoftwarePurchase),
        (reveal, ProductKey),
        (confirm, OrderLine),
        (add, Customer),
        (set_quantity, Customer),
        (remove, Customer),
        (place, Customer),
        (place_again, Customer),
    ],
)
def test_what_is_another_partners_does_not_exist(line, outsider, call, missing):
    before = everything()
    with pytest.raises(missing.DoesNotExist):
        call(line, outsider)
    assert everything() == before
    call(line, line.order.placed_by)  # the call itself is right: who may, can
