"""Filling a cart (B1). A cart is a draft: its changes leave no row in the activity log."""

import uuid
from collections.abc import Mapping
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from activity.models import Action
from activity.services import refusals_recorded
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, require
from csp_portal.errors import Refusal
from customers.models import Customer
from orders import reasons
from orders.models import MAX_CART_LINES, MAX_QUANTITY, Cart, CartLine
from software.models import Sku
from software.offers import Catalogue


def cart_of(customer: Customer, *, actor: User) -> Cart:
    """The actor's open cart for a customer; made when first asked for. Raises Refusal if the role may not buy."""
    require(actor, Permission.BUY)
    cart, _made = Cart.objects.get_or_create(customer=customer, user=actor)
    cart.customer = customer  # as given: spares looking it up again
    return cart


@refusals_recorded(Action.ORDER_REFUSED)
@transaction.atomic
def add_to_cart(customer: Customer, sku_id: UUID, quantity: int, *, actor: User) -> CartLine:
    """Put `quantity` units more of a SKU into the actor's cart.

    Raises Refusal if the role may not buy, the market cannot buy it (M2, M6) or the line or cart would be too large;
    Sku.DoesNotExist if there is no such SKU.
    """
    now = timezone.now()
    cart = _locked(cart_of(customer, actor=actor))
    sku = Sku.objects.select_related("product").get(public_id=sku_id)
    line = cart.lines.filter(sku=sku).first() or CartLine(cart=cart, sku=sku, quantity=0)
    line.quantity = _checked(line.quantity + quantity, customer)
    if line._state.adding and cart.lines.count() >= MAX_CART_LINES:
        raise Refusal(reasons.CART_FULL, on=customer, limit=MAX_CART_LINES)
    (offer,) = Catalogue(customer.market, customer.currency, now).offers([sku])
    refusal = offer.refusal(line.quantity)
    if refusal:
        refusal.on = customer
        raise refusal
    line.save()
    _touch(cart)
    return line


@refusals_recorded(Action.ORDER_REFUSED)
@transaction.atomic
def set_quantities(customer: Customer, quantities: Mapping[UUID, int], *, actor: User) -> None:
    """Set the quantities of lines by their SKU, all or none. Raises Refusal if one is out of range.

    A line that is gone is no fault; without a change the cart keeps its key.
    """
    cart = _locked(cart_of(customer, actor=actor))
    lines = list(cart.lines.select_related("sku").filter(sku__public_id__in=quantities))
    changed = [line for line in lines if line.quantity != quantities[line.sku.public_id]]
    for line in changed:
        line.quantity = _checked(quantities[line.sku.public_id], customer)
    if changed:
        CartLine.objects.bulk_update(changed, ["quantity"])
        _touch(cart)


@transaction.atomic
def remove_from_cart(customer: Customer, sku_id: UUID, *, actor: User) -> None:
    """Take a line out; one that is gone already is no fault."""
    cart = _locked(cart_of(customer, actor=actor))
    cart.lines.filter(sku__public_id=sku_id).delete()
    _touch(cart)


def _locked(cart: Cart) -> Cart:
    return Cart.objects.select_for_update(of=("self",)).get(pk=cart.pk)


def _touch(cart: Cart) -> None:
    """A changed cart has a new key: a review that was shown before it no longer places an order (B4)."""
    cart.key = uuid.uuid4()
    cart.changed_at = timezone.now()
    cart.save(update_fields=["key", "changed_at"])


def _checked(quantity: int, customer: Customer) -> int:
    if not 1 <= quantity <= MAX_QUANTITY:
        raise Refusal(
            reasons.QUANTITY_OUT_OF_RANGE,
            on=customer,
            limit=MAX_QUANTITY,
            quantity=quantity,
            operator=settings.OPERATOR_SUPPORT_EMAIL,
        )
    return quantity
