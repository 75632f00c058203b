"""Mail about keys: low, waited for, come; and about terms that end (M7, B5, B6, X5). Never a key in it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from csp_portal.accounts.permissions import Permission
from csp_portal.mail.addresses import site_address
from csp_portal.mail.services import queue_mail
from software.models import SoftwarePurchase
from software.places import software_place


def tell_keys_pending(purchase: SoftwarePurchase) -> None:
    """Alarm the operator, and tell the buyer, that the pool has too few keys; in the order's transaction (B5)."""
    cause = f"keys_pending:{purchase.public_id}"
    pool: dict[str, Any] = {
        "pool": purchase.sku.catalogue_id,
        "needed": purchase.keys_needed,
        "partner": purchase.customer.partner.legal_name,
    }
    queue_mail(settings.OPERATOR_SUPPORT_EMAIL, "keys_wanted", cause=f"{cause}:alarm", **_facts(purchase), **pool)
    queue_mail(_buyer_of(purchase), "keys_pending", cause=cause, **_facts(purchase))


def tell_keys_ready(purchase: SoftwarePurchase) -> None:
    """Tell the buyer that the keys a purchase waited for are there; in the transaction that allots them (B5)."""
    queue_mail(_buyer_of(purchase), "keys_ready", cause=f"keys_ready:{purchase.public_id}", **_facts(purchase))


def tell_pool_low(pool: Any, now: datetime) -> None:
    """Tell the operator that a pool, one of `low_pools`, has fallen below its mark; in the job's transaction (M7)."""
    queue_mail(
        settings.OPERATOR_SUPPORT_EMAIL,
        "pool_low",
        cause=f"pool_low:{pool.public_id}:{now.isoformat()}",
        sku=pool.title,
        pool=pool.catalogue_id,
        left=pool.left,
        mark=pool.low_water,
        waiting=pool.waiting,
        address=site_address(reverse("admin:software_productkey_import")),
    )


def tell_terms_ending(purchases: Sequence[SoftwarePurchase], day: date) -> None:
    """Tell the buyer of `purchases`, all of one, which terms end, the first first; in the job's transaction (B6)."""
    first = purchases[0]
    queue_mail(
        _buyer_of(first),
        "terms_ending",
        cause=f"terms_ending:{day}:{first.public_id}",
        first=first,
        lines=[(each, each.days_to_end(day), site_address(software_place(each))) for each in purchases],
    )


def _facts(purchase: SoftwarePurchase) -> dict[str, Any]:
    return {
        "order": purchase.order_number,
        "sku": purchase.sku.title,
        "quantity": purchase.quantity_left,
        "customer": purchase.customer.company_name,
        "address": site_address(software_place(purchase)),
    }


def _buyer_of(purchase: SoftwarePurchase) -> str:
    """Who ordered it; the partner's support contact where they no longer work there or see its software."""
    buyer, partner = purchase.order_line.order.placed_by, purchase.customer.partner
    stays = buyer.is_mailed_for(partner.pk, Permission.SEE_SOFTWARE)
    address: str = buyer.email if stays else partner.support_email
    return address
