"""Filling a cart (B1). A cart is a draft: what its user changes leaves no row in the activity log."""

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
from software.models import Sku, SoftwarePurchase
from software.offers import Catalogue


def locked_cart(tenant_id: UUID, *, actor: User) -> Cart:
    """The actor's cart for a customer, made when first needed, locked until the transaction ends.

    Raises Refusal if the role may not buy; Customer.DoesNotExist if it is no customer of the actor's partner.
    """
    customer = Customer.objects.visible_to(actor).get(tenant_id=tenant_id)
    require(actor, Permission.BUY, on=customer)
    made, _new = Cart.objects.get_or_create(customer=customer, user=actor)
    return Cart.objects.select_for_update(of=("self",)).select_related("customer").get(pk=made.pk)


@refusals_recorded(Action.ORDER_REFUSED)
@transaction.atomic
def add_to_cart(tenant_id: UUID, sku_id: UUID, quantity: int, *, actor: User) -> CartLine:
    """Put `quantity` units more of a SKU into the actor's cart.

    Raises Refusal if the role may not buy, the market cannot buy it (M2, M6) or the line or cart would be too large;
    DoesNotExist if there is no such customer of the actor's partner, or no such SKU.
    """
    cart = locked_cart(tenant_id, actor=actor)
    sku = Sku.objects.select_related("product").get(public_id=sku_id)
    return _put(_line_of(cart, sku), quantity)


@refusals_recorded(Action.ORDER_REFUSED)
@transaction.atomic
def renew_purchase(purchase_id: UUID, *, actor: User) -> CartLine:
    """Put what is left of a purchase into the actor's cart once more, to be bought for a new term (B6).

    Pressed again it changes nothing, while that line stands in the cart. Raises Refusal as `add_to_cart` does, or if
    the purchase was cancelled or has no term; DoesNotExist if it is none of the actor's partner.
    """
    purchases = SoftwarePurchase.objects.visible_to(actor).for_log()
    cart = locked_cart(purchases.get(public_id=purchase_id).customer.tenant_id, actor=actor)
    purchase = purchases.get(public_id=purchase_id)  # as it is under the lock
    if not purchase.is_active or purchase.term_end is None:
        raise Refusal(reasons.NOTHING_TO_RENEW, on=purchase, sku=purchase.sku.title, order=purchase.order_number)
    line = _line_of(cart, purchase.sku)
    if purchase.public_id in line.renews:
        return line
    line.renews.append(purchase.public_id)
    return _put(line, purchase.quantity_left)


def _line_of(cart: Cart, sku: Sku) -> CartLine:
    """The cart's line of a SKU, or a new one with nothing in it yet."""
    return cart.lines.filter(sku=sku).first() or CartLine(cart=cart, sku=sku, quantity=0)


def _put(line: CartLine, quantity: int) -> CartLine:
    """Raise a line of a cart that is locked by `quantity`, if its customer's market can buy that."""
    now, cart, customer = timezone.now(), line.cart, line.cart.customer
    line.quantity = _checked(line.quantity + quantity, customer)
    if line._state.adding and cart.lines.count() >= MAX_CART_LINES:
        raise Refusal(reasons.CART_FULL, on=customer, limit=MAX_CART_LINES)
    (offer,) = Catalogue(customer.market, customer.currency, now).offers([line.sku])
    refusal = offer.refusal(line.quantity)
    if refusal:
        refusal.on = customer
        raise refusal
    line.save()
    cart.renew_key(now)
    return line


@refusals_recorded(Action.ORDER_REFUSED)
@transaction.atomic
def set_quantities(tenant_id: UUID, quantities: Mapping[UUID, int], *, actor: User) -> None:
    """Set the quantities of lines by their SKU, all or none. Raises Refusal if one is out of range.

    A line that is gone is no fault; without a change the cart keeps its key.
    """
    now = timezone.now()
    cart = locked_cart(tenant_id, actor=actor)
    lines = list(cart.lines.select_related("sku").filter(sku__public_id__in=quantities))
    changed = [line for line in lines if line.quantity != quantities[line.sku.public_id]]
    for line in changed:
        line.quantity = _checked(quantities[line.sku.public_id], cart.customer)
    if changed:
        CartLine.objects.bulk_update(changed, ["quantity"])
        cart.renew_key(now)


@refusals_recorded(Action.ORDER_REFUSED)
@transaction.atomic
def remove_from_cart(tenant_id: UUID, sku_id: UUID, *, actor: User) -> bool:
    """Take a line out; answers whether there was one, for one that is gone already is no fault."""
    now = timezone.now()
    cart = locked_cart(tenant_id, actor=actor)
    removed, _of_each_kind = cart.lines.filter(sku__public_id=sku_id).delete()
    if removed:
        cart.renew_key(now)
    return bool(removed)


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
