"""Placing an order (B4, B5)."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from activity.models import Action
from activity.services import record, refusals_recorded
from csp_portal.accounts.models import User
from csp_portal.errors import Refusal
from csp_portal.rounding import plain_amount
from orders import reasons
from orders.billing.services import post_charges
from orders.models import Cart, Order, OrderLine
from orders.review import Review, ReviewLine, review_cart
from orders.services.carts import locked_cart
from software.models import KeyState
from software.services import create_purchase
from software.services.purchasing import allot_keys


@refusals_recorded(Action.ORDER_REFUSED)
@transaction.atomic
def place_order(
    tenant_id: UUID,
    *,
    key: UUID,
    actor: User,
    never_accepted: Collection[UUID] = (),
    purchase_order_number: str = "",
) -> Order:
    """Order what the actor's cart for a customer holds; the same `key` again answers the same order (B4).

    `never_accepted` holds the SKUs whose "can never be cancelled" was ticked (B2). Each line becomes a purchase with
    its window and policy version pinned; keys are allotted or wait; charges are posted to the partner's account.
    Raises Refusal (role, cart empty or changed, not sold, not accepted, credit limit), Customer.DoesNotExist if it is
    no customer of the actor's partner; then nothing is ordered.
    """
    now = timezone.now()
    cart = locked_cart(tenant_id, actor=actor)
    placed = Order.objects.filter(customer=cart.customer, idempotency_key=key).first()
    if placed is not None:
        return placed
    if cart.key != key:
        raise Refusal(reasons.CART_CHANGED, on=cart.customer)
    review = review_cart(cart, now)
    _check(review, never_accepted)
    order = _make_order(cart, actor, purchase_order_number, now)
    lines = [_add_line(order, number, line, now) for number, line in enumerate(review.lines, start=1)]
    _record(order, lines, actor)
    for line in lines:
        _allot(line, actor, now)
    post_charges(order, lines)
    cart.lines.all().delete()
    cart.renew_key(now)
    return order


def _make_order(cart: Cart, actor: User, purchase_order_number: str, now: datetime) -> Order:
    customer = cart.customer
    return Order.objects.create(
        partner_id=customer.partner_id,
        customer=customer,
        placed_by=actor,
        placed_at=now,
        market=customer.market,
        currency=customer.currency,
        purchase_order_number=purchase_order_number,
        idempotency_key=cart.key,
    )


def _check(review: Review, never_accepted: Collection[UUID]) -> None:
    customer = review.cart.customer
    if not review.lines:
        raise Refusal(reasons.CART_EMPTY, on=customer)
    refusal = review.refusal
    if refusal is not None:
        refusal.on = customer
        raise refusal
    for line in review.lines:
        if line.is_never_cancellable and line.sku.public_id not in never_accepted:
            raise Refusal(reasons.NEVER_NOT_ACCEPTED, on=customer, sku=line.sku.title)


def _add_line(order: Order, number: int, line: ReviewLine, now: datetime) -> OrderLine:
    """The line as it stands from now on: prices, tax and terms are copied, never looked up again."""
    offer, amounts = line.offer, line.amounts
    return OrderLine.objects.create(
        order=order,
        line_number=number,
        purchase=create_purchase(customer=order.customer, sku=line.sku, quantity=line.quantity, now=now),
        product_title=line.sku.product.title,
        sku_title=line.sku.title,
        quantity=line.quantity,
        unit_price=offer.checked_price(line.quantity).unit_price,
        tax_name=offer.tax.name,
        tax_rate=offer.tax.rate,
        tax_included=offer.tax.included,
        net=amounts.net,
        tax=amounts.tax,
        gross=amounts.gross,
        policy_version=offer.policy_version,
        last_cancel_day=offer.policy_version.last_day(now),
        window_closes_at=offer.policy_version.window_closes_at(now),
    )


def _record(order: Order, lines: list[OrderLine], actor: User) -> None:
    bought = [{"sku": line.purchase.sku.catalogue_id, "quantity": line.quantity} for line in lines]
    gross = plain_amount(sum((line.gross for line in lines), Decimal(0)), order.currency)
    details = {"lines": bought, "gross": gross, "currency": order.currency}
    record(Action.ORDER_PLACED, actor=actor, on=order, details=details)


def _allot(line: OrderLine, actor: User, now: datetime) -> None:
    purchase = line.purchase
    if purchase.key_state == KeyState.PENDING and not allot_keys(purchase, actor=actor, now=now):
        record(Action.KEYS_PENDING, actor=actor, on=purchase, details={"quantity": purchase.quantity})
