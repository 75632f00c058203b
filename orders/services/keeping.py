"""Carts that nobody goes on with, emptied after 30 days (X6)."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from activity.models import Action
from activity.services import Actor, record_each
from csp_portal.jobs import all_batches
from orders.models import ApiCart, Cart, CartLine

BATCH = 200  # carts in one transaction
KEEPER = Actor.system("empty_old_carts")


def empty_old_carts() -> int:
    """Take everything out of the carts that nobody has changed for 30 days; answers how many there were (X6).

    Batch by batch, passing over carts that somebody holds: they are being changed. A review that was shown of one
    places no order any more, as its key is another (B4). Carts of the API are removed.
    """
    return all_batches(_empty_batch) + all_batches(_remove_batch)


@transaction.atomic
def _empty_batch() -> int:
    now = timezone.now()
    over = Cart.objects.over(now).order_by("changed_at", "pk").select_for_update(skip_locked=True)
    locked = list(over.values_list("pk", flat=True)[:BATCH])
    batch = list(Cart.objects.filter(pk__in=locked).with_lines_counted().order_by("pk"))
    record_each(Action.CART_EMPTIED, actor=KEEPER, on=[_Emptied(cart) for cart in batch])
    CartLine.objects.filter(cart__in=locked).delete()
    for cart in batch:
        cart.renew_key(now)
    return len(batch)


@transaction.atomic
def _remove_batch() -> int:
    over = ApiCart.objects.over(timezone.now()).order_by("changed_at", "pk").select_for_update(skip_locked=True)
    locked = list(over.values_list("pk", flat=True)[:BATCH])
    batch = ApiCart.objects.filter(pk__in=locked)
    record_each(Action.CART_EMPTIED, actor=KEEPER, on=[_Emptied(cart) for cart in batch.with_lines_counted()])
    batch.delete()
    return len(locked)


@dataclass(frozen=True)
class _Emptied:
    """A cart for the log: whose it was, and since when nobody had changed it."""

    cart: Cart | ApiCart

    def log_subject(self) -> dict[str, Any]:
        """What the activity log says of it."""
        cart = self.cart
        told = {"of": cart.user.email, "lines": cart.line_count, "changed_at": cart.changed_at.isoformat()}
        return {**cart.customer.log_subject(), "details": told}
