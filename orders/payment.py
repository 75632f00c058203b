"""How an order is paid: the seam at which a card gateway can be added (B3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from csp_portal.errors import Refusal
from orders.billing.headroom import Headroom
from orders.billing.services import post_charges
from orders.models import Order, OrderLine, PaymentMethod
from orders.review import Review


class PaymentPreview(Protocol):
    """What a way to pay means for one review, before the order."""

    @property
    def refusal(self) -> Refusal | None:
        """Why it could not be paid in this way now."""


class Payment(Protocol):
    """One way to pay: all that placing an order and its review know of it."""

    @property
    def method(self) -> PaymentMethod:
        """What the order stores."""

    def preview(self, review: Review) -> PaymentPreview:
        """What the review page shows; it locks nothing, so `charge` may still refuse."""

    def charge(self, order: Order, lines: Sequence[OrderLine]) -> None:
        """Take the payment as the last step of the order's transaction. Raises Refusal; then nothing is ordered.

        What cannot be rolled back is only written down here and done after the commit.
        """


@dataclass(frozen=True)
class OnAccountPreview:
    """The partner's credit limit, and what an order of `gross` would leave of it."""

    headroom: Headroom
    gross: Decimal

    @property
    def left_after(self) -> Decimal:
        return self.headroom.left_after(self.gross)

    @property
    def refusal(self) -> Refusal | None:
        return self.headroom.refusal(self.gross)


class OnAccount:
    """Charged to the partner's account and invoiced monthly, within the credit limit of the currency."""

    method = PaymentMethod.ON_ACCOUNT

    def preview(self, review: Review) -> OnAccountPreview:
        customer = review.cart.customer
        return OnAccountPreview(Headroom.of(customer.partner_id, customer.currency), review.total.gross)

    def charge(self, order: Order, lines: Sequence[OrderLine]) -> None:
        post_charges(order, lines)


ON_ACCOUNT = OnAccount()
