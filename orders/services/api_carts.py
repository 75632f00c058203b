"""Carts of the API, and the orders that come of them or directly: an API call reviews and accepts in one step (B4, X3).

A cart is a draft: what is changed in it leaves no row in the activity log.
"""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from activity.models import Action
from activity.services import refusals_recorded
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, require
from csp_portal.errors import Refusal
from customers.models import Customer
from orders import reasons
from orders.asked_lines import Judged, JudgedLine, judge
from orders.models import MAX_CART_LINES, ApiCart, ApiCartLine, Cart, Order, OrderLine
from orders.reviewed import Reviewed
from orders.services.placing import Terms, order_review
from software.api.items import catalog_item_id, skus_of_catalog_items
from software.services.purchasing import lock_pools


@refusals_recorded(Action.ORDER_REFUSED)
@transaction.atomic
def make_api_cart(
    tenant_id: UUID, lines: Sequence[ApiCartLine], *, actor: User, purchase_order_number: str = ""
) -> ApiCart:
    """Keep `lines`, right or wrong, in a cart of their own.

    Raises Refusal if the role may not buy or there are too many; Customer.DoesNotExist if it is none of the partner's.
    """
    customer = _customer(tenant_id, actor)
    now = timezone.now()
    cart = ApiCart.objects.create(
        customer=customer,
        user=actor,
        created_at=now,
        changed_at=now,
        purchase_order_number=purchase_order_number,
    )
    _fill(cart, lines)
    return cart


@refusals_recorded(Action.ORDER_REFUSED)
@transaction.atomic
def change_api_cart(
    tenant_id: UUID, cart_id: str, lines: Sequence[ApiCartLine], *, actor: User, purchase_order_number: str = ""
) -> ApiCart:
    """Put `lines` in the place of what a cart holds; its time begins anew. Raises Refusal if it was ordered."""
    cart = _locked(tenant_id, cart_id, actor)
    cart.user, cart.changed_at = actor, timezone.now()
    cart.purchase_order_number = purchase_order_number
    cart.save(update_fields=["user", "changed_at", "purchase_order_number"])
    cart.lines.all().delete()
    _fill(cart, lines)
    return cart


@refusals_recorded(Action.ORDER_REFUSED)
@transaction.atomic
def check_out(tenant_id: UUID, cart_id: str, *, actor: User) -> Order:
    """Order what a cart holds, at the prices and terms of now, once; two at the same time make one order.

    Raises Refusal (role, no such cart, ordered already or just now, expired, a line that is wrong, credit limit); then
    nothing is ordered.
    """
    cart = _locked(tenant_id, cart_id, actor)
    if cart.has_expired(timezone.now()):
        raise Refusal(reasons.CART_EXPIRED, on=cart.customer, expired_at=cart.expires_at)
    cart.order = _ordered(
        cart.customer, list(cart.lines.all()), cart.purchase_order_number, key=cart.public_id, actor=actor, of_cart=True
    )
    cart.save(update_fields=["order"])
    return cart.order


@refusals_recorded(Action.ORDER_REFUSED)
@transaction.atomic
def order_lines(
    tenant_id: UUID, lines: Sequence[ApiCartLine], *, actor: User, purchase_order_number: str = ""
) -> Order:
    """Order `lines` without a cart, all or nothing. Raises Refusal as `check_out` does."""
    customer = _customer(tenant_id, actor)
    return _ordered(customer, _numbered(customer, lines), purchase_order_number, key=uuid.uuid4(), actor=actor)


def renewed_line(line: OrderLine) -> ApiCartLine:
    """What to put into a cart to buy what is left of a line for a new term (B6). Raises Refusal."""
    purchase = line.purchase
    if not purchase.is_active or purchase.term_end is None:
        raise Refusal(reasons.NOTHING_TO_RENEW, on=line, sku=purchase.sku.title, order=line.order.number)
    customer = line.order.customer
    item = catalog_item_id(purchase.sku, customer.market, customer.currency)
    return ApiCartLine(catalog_item_id=item, quantity=line.quantity_left)


def judged_cart(cart: ApiCart, now: datetime) -> Judged:
    """What would be ordered of a cart at `now`, and what is wrong with it."""
    return judge(Cart(customer=cart.customer, key=cart.public_id), list(cart.lines.all()), now)


def _customer(tenant_id: UUID, actor: User) -> Customer:
    customer = Customer.objects.visible_to(actor).get(tenant_id=tenant_id)
    require(actor, Permission.BUY, on=customer)
    return customer


def _locked(tenant_id: UUID, cart_id: str, actor: User) -> ApiCart:
    """A cart that nobody has ordered, locked until the transaction ends; who comes second does not wait. Raises
    Refusal."""
    customer = _customer(tenant_id, actor)
    found = ApiCart.objects.filter(customer=customer).with_guid(cart_id)
    if found is None:
        raise Refusal(reasons.CART_NOT_FOUND, on=customer)
    cart = ApiCart.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=found.pk).first()
    if cart is None:
        raise Refusal(reasons.CART_BUSY, on=customer)
    if cart.order is not None:
        raise Refusal(reasons.CART_ORDERED, on=customer, order=cart.order.number)
    cart.customer = customer
    return cart


def _fill(cart: ApiCart, lines: Sequence[ApiCartLine]) -> None:
    for line in _numbered(cart.customer, lines):
        line.cart = cart
    ApiCartLine.objects.bulk_create(lines)


def _numbered(customer: Customer, lines: Sequence[ApiCartLine]) -> Sequence[ApiCartLine]:
    """The lines with their numbers, from 0 on. Raises Refusal if there are none or too many."""
    if not lines:
        raise Refusal(reasons.CART_EMPTY, on=customer)
    if len(lines) > MAX_CART_LINES:
        raise Refusal(reasons.CART_FULL, on=customer, limit=MAX_CART_LINES)
    for number, line in enumerate(lines):
        line.number = number
    return lines


def _ordered(
    customer: Customer,
    lines: Sequence[ApiCartLine],
    purchase_order_number: str,
    *,
    key: UUID,
    actor: User,
    of_cart: bool = False,
) -> Order:
    """The order of `lines` as they are now, with customer and key pools locked as `place_order` has them."""
    now = timezone.now()
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    lock_pools(sku.pk for sku in skus_of_catalog_items([line.catalog_item_id for line in lines], customer).values())
    judged = judge(Cart(customer=customer, user=actor, key=key), lines, now)
    if judged.wrong:
        raise _refusal_of(judged.wrong, customer, of_cart=of_cart)
    terms = Terms(_accepted(judged.lines), purchase_order_number)
    return order_review(judged.review, Reviewed.of(judged.review), terms, actor=actor, now=now)


def _accepted(lines: Collection[JudgedLine]) -> list[UUID]:
    """The SKUs of which it was accepted that they can never be cancelled."""
    return [line.sku.public_id for line in lines if line.sku and line.asked.never_accepted]


def _refusal_of(wrong: Sequence[JudgedLine], customer: Customer, *, of_cart: bool) -> Refusal:
    """What is wrong: of an order the first line's reason, of a cart that it has lines which the cart tells."""
    first = wrong[0].refusal
    assert first is not None
    first.on = customer
    if not of_cart:
        return first
    told = {f"lineItems[{line.asked.number}]": str(line.refusal) for line in wrong}
    return Refusal(reasons.CART_LINES_WRONG, on=customer, lines=len(wrong), first=first.message, **told)
