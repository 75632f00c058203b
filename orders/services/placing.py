"""Placing an order (B4, B5)."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
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
from customers.models import Customer
from orders import reasons
from orders.emails import tell_order_placed
from orders.models import Cart, Order, OrderLine
from orders.payment import ON_ACCOUNT, Payment
from orders.review import Review, ReviewLine, review_cart
from orders.review_changes import Changes
from orders.reviewed import Reviewed
from orders.services.carts import locked_cart
from software.emails import tell_keys_pending
from software.models import KeyState, SoftwarePurchase
from software.services import create_purchase
from software.services.purchasing import allot_keys, lock_pools


@dataclass(frozen=True)
class Terms:
    """What a buyer says beside the review: what may never be cancelled, a number of their own, how it is paid."""

    never_accepted: Collection[UUID] = ()
    purchase_order_number: str = ""
    payment: Payment = ON_ACCOUNT


@refusals_recorded(Action.ORDER_REFUSED)
@transaction.atomic
def place_order(
    tenant_id: UUID,
    *,
    reviewed: Reviewed,
    actor: User,
    never_accepted: Collection[UUID] = (),
    purchase_order_number: str = "",
    payment: Payment = ON_ACCOUNT,
) -> Order:
    """Order what the actor's cart for a customer holds, exactly as it was `reviewed`, once for each review (B4).

    `never_accepted` holds the SKUs whose "can never be cancelled" was ticked (B2). Each line becomes a purchase with
    its window and policy version pinned; keys are allotted or wait; the payment is taken last; the buyer is mailed.
    The same again answers the same order. Raises Refusal (role, ordered otherwise, cart empty or changed, not sold,
    review changed, not accepted, credit limit), Customer.DoesNotExist if it is no customer of the actor's partner; then
    nothing is ordered.
    """
    now = timezone.now()
    cart = _locked_with_customer(tenant_id, actor)
    terms = Terms(never_accepted, purchase_order_number, payment)
    placed = Order.objects.filter(customer=cart.customer, idempotency_key=reviewed.key).first()
    if placed is not None:
        return _the_same(placed, _digest(reviewed, terms))
    lock_pools(cart.lines.values_list("sku_id", flat=True))  # before it is read how their keys are issued
    order = order_review(review_cart(cart, now), reviewed, terms, actor=actor, now=now)
    cart.lines.all().delete()
    cart.renew_key(now)
    return order


def order_review(review: Review, reviewed: Reviewed, terms: Terms, *, actor: User, now: datetime) -> Order:
    """Order what a review holds, as it was `reviewed`; for a transaction that has locked its customer and key pools.

    Raises Refusal.
    """
    _check(review, reviewed, terms.never_accepted)
    customer = review.cart.customer
    order = Order.objects.create(
        partner_id=customer.partner_id,
        customer=customer,
        customer_name=customer.company_name,
        placed_by=actor,
        placed_at=now,
        market=customer.market,
        currency=customer.currency,
        purchase_order_number=terms.purchase_order_number,
        payment_method=terms.payment.method,
        idempotency_key=review.cart.key,
        body_digest=_digest(reviewed, terms),
    )
    lines = [_add_line(order, number, line, now) for number, line in enumerate(review.lines, start=1)]
    _record(order, lines, actor)
    _allot([line.purchase for line in lines], actor, now)
    terms.payment.charge(order, lines)
    tell_order_placed(order, lines)
    return order


def _locked_with_customer(tenant_id: UUID, actor: User) -> Cart:
    """The cart, with its customer locked as well: market and currency stay what they are until the order stands.

    Who edits a customer locks its row for update, and so waits for the order or is waited for. The order's foreign key
    alone would look at the row only at the commit.
    """
    cart = locked_cart(tenant_id, actor=actor)
    cart.customer = Customer.objects.select_for_update(no_key=True).get(pk=cart.customer_id)
    return cart


def _digest(reviewed: Reviewed, terms: Terms) -> str:
    """SHA-256 (hex) of all that was asked for."""
    ticks = sorted(str(sku_id) for sku_id in terms.never_accepted)
    body = [reviewed.plain(), ticks, terms.purchase_order_number, terms.payment.method]
    return hashlib.sha256(json.dumps(body).encode()).hexdigest()


def _the_same(placed: Order, digest: str) -> Order:
    """The order that stands, if it is what is asked for again."""
    if placed.body_digest != digest:
        raise Refusal(reasons.ORDERED_OTHERWISE, on=placed, order=placed.number)
    return placed


def _check(review: Review, reviewed: Reviewed, never_accepted: Collection[UUID]) -> None:
    customer, changes = review.cart.customer, Changes(reviewed, review)
    if not reviewed.is_of_cart(changes.now):
        raise Refusal(reasons.CART_CHANGED, on=customer)
    if not review.lines:
        raise Refusal(reasons.CART_EMPTY, on=customer)
    refusal = review.refusal
    if refusal is not None:
        refusal.on = customer
        raise refusal
    if changes:
        raise Refusal(reasons.REVIEW_CHANGED, on=customer, changed=", ".join(changes.kinds()))
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


def _allot(purchases: list[SoftwarePurchase], actor: User, now: datetime) -> None:
    """Give keys to the purchases that get some; what cannot be filled waits, and who must know is told (B5)."""
    for purchase in purchases:
        if purchase.key_state == KeyState.PENDING and not allot_keys(purchase, actor=actor, now=now):
            record(Action.KEYS_PENDING, actor=actor, on=purchase, details={"quantity": purchase.quantity})
            tell_keys_pending(purchase)
