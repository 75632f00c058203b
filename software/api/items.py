"""Items of the catalogue as the API names them: `productId:skuId:availabilityId` (partner-center-api.md, 4).

The price list may have several of our SKUs under one `SkuId`, by term, billing plan and segment. An availability is
one of them in one market and currency, and what is ordered.
"""

import base64
import hashlib
from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from csp_portal.errors import Refusal
from customers.models import Customer
from software import reasons
from software.models import Sku

_ID_BYTES = 10  # of the hash that an availability id is written from
_ID_LENGTH = 12
_MOST_SIGNS = 100  # of an item that is looked up


def availability_id(sku: Sku, market: str, currency: str) -> str:
    """The id of a SKU in a market and currency: the same today and after any change of prices."""
    digest = hashlib.sha256(f"{sku.public_id}:{market}:{currency}".encode()).digest()
    return base64.b32encode(digest[:_ID_BYTES]).decode()[:_ID_LENGTH]


def catalog_item_id(sku: Sku, market: str, currency: str) -> str:
    """What carts call `catalogItemId`, and orders `offerId`. Reads `sku.product`."""
    return f"{sku.catalogue_id}:{availability_id(sku, market, currency)}"


def sku_of_catalog_item(text: str, customer: Customer) -> Sku:
    """The SKU that an item names to a customer, priced there now or not. Raises Refusal."""
    if not text.strip():
        raise Refusal(reasons.CATALOG_ITEM_MISSING)
    sku = skus_of_catalog_items([text], customer).get(text)
    if sku is None:
        raise Refusal(reasons.CATALOG_ITEM_UNKNOWN, item=text[:_MOST_SIGNS], customer=customer.company_name)
    return sku


def skus_of_catalog_items(texts: Iterable[str], customer: Customer) -> dict[str, Sku]:
    """The SKUs, with their products, that items name to a customer, by the items' texts; one query for all.

    What names nothing, or an item of another market or currency, is left out.
    """
    parted = {text: parts for text in texts if len(parts := text.strip().split(":")) == 3 and len(text) <= _MOST_SIGNS}
    if not parted:
        return {}
    named = Q()
    for product_id, sku_id, _availability in parted.values():
        named |= Q(product__product_id=product_id, sku_id=sku_id)
    found = {_key(sku, customer): sku for sku in Sku.objects.select_related("product").filter(named)}
    asked = {text: (product_id, sku_id, given.upper()) for text, (product_id, sku_id, given) in parted.items()}
    return {text: found[key] for text, key in asked.items() if key in found}


def _key(sku: Sku, customer: Customer) -> tuple[Any, ...]:
    return sku.product.product_id, sku.sku_id, availability_id(sku, customer.market, customer.currency)
