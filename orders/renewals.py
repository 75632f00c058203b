"""Renewing a purchase whose term ends: the same again, as a new purchase; nothing renews by itself (B6)."""

from dataclasses import dataclass
from datetime import datetime

from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission
from csp_portal.calendar_utc import utc_day
from csp_portal.errors import Refusal
from orders.models import OrderLine
from software.models import Kind, SoftwarePurchase
from software.offers import why_not_sold


@dataclass(frozen=True)
class Renewal:
    """A purchase that its reader is offered to renew, and why that cannot be done, if so."""

    purchase: SoftwarePurchase
    refusal: Refusal | None


def renewal_of(line: OrderLine, reader: User, now: datetime) -> Renewal | None:
    """The renewal of a line `with_sale`: from the first warning of its end on; None for what is not to be renewed."""
    purchase, today = line.purchase, utc_day(now)
    if not purchase.is_active or not (purchase.ends_soon(today) or purchase.has_ended(today)):
        return None
    return Renewal(purchase, reader.refusal_to(Permission.BUY) or _why_not_sold(line))


def _why_not_sold(line: OrderLine) -> Refusal | None:
    customer, sku = line.order.customer, line.purchase.sku
    restricted = line.market_is_restricted and sku.product.kind == Kind.RESERVATION
    place = {"market": customer.market, "currency": customer.currency}
    return why_not_sold(sku, line.purchase.quantity_left, restricted=restricted, priced=line.is_priced, **place)
