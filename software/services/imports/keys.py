"""Product keys from a file: encrypted, hashed, refused if they exist (M7, K2)."""

import re
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from activity.models import Action
from activity.services import Actor, SignedIn, record
from csp_portal.accounts.permissions import require_housekeeper
from csp_portal.row_files import BadFile, RowError, sift_rows
from software import custody
from software.models import KeyIssue, ProductKey, Sku
from software.services.advisory_locks import lock_in_transaction
from software.services.purchasing import fill_pending

COLUMNS = ("ProductId", "SkuId", "ProductKey")
ALLOTTER = Actor.system("import_keys")  # the partner's log names the portal, not who of the operator's staff
NumberedKey = tuple[int, tuple[str, str, str]]  # its line, ProductId, SkuId and the key
_BATCH = 1000  # rows
_KEY = re.compile(r"[A-Z0-9]{5}(-[A-Z0-9]{5}){4}")


def import_keys(source: Path | BinaryIO, *, actor: Actor | SignedIn) -> int:
    """Load product keys from a CSV file `ProductId,SkuId,ProductKey`, all or nothing, and serve the lines that wait.

    Answers how many were loaded. Raises BadFile naming every bad row: a key that is malformed, stands twice or exists
    already, a SKU that is unknown or has no keys.
    """
    require_housekeeper(actor)
    numbered, malformed = sift_rows(source, COLUMNS, lambda _line, cells: _parse_key(cells))
    return _load(numbered, malformed, actor=actor)


@transaction.atomic
def _load(numbered: list[NumberedKey], malformed: list[RowError], *, actor: Actor | SignedIn) -> int:
    lock_in_transaction("import_keys")
    found = _skus_of({(product_id, sku_id) for _line, (product_id, sku_id, _key) in numbered})
    errors = [*malformed, *_key_errors(numbered, found)]
    if errors:
        raise BadFile(sorted(errors, key=lambda error: error.line))
    skus = {ids: sku for ids, (sku,) in found.items()}
    now = timezone.now()
    hash_key = custody.newest_hash_key()
    made = (_made(skus[product_id, sku_id], key, hash_key, now) for _line, (product_id, sku_id, key) in numbered)
    ProductKey.objects.bulk_create(made, batch_size=_BATCH)
    record(Action.KEYS_IMPORTED, actor=actor, details={"keys": len(numbered)})
    for sku in sorted(skus.values(), key=lambda sku: sku.pk):
        fill_pending(sku.pk, actor=ALLOTTER)
    return len(numbered)


def _made(sku: Sku, key: str, hash_key: str, now: datetime) -> ProductKey:
    return ProductKey(
        product=sku.product,
        sku=sku,
        secret=custody.encrypt(key),
        secret_key_id=custody.newest_encryption_key_id(),
        last_five=key[-5:],
        hash=custody.hash_product_key(key, hash_key),
        hash_key_id=custody.key_id(hash_key),
        imported_at=now,
    )


def _parse_key(cells: dict[str, str]) -> tuple[str, str, str]:
    key = cells["ProductKey"].upper()
    if not _KEY.fullmatch(key):
        raise ValueError(_("ProductKey must be five groups of five letters or digits, joined by hyphens"))
    return cells["ProductId"], cells["SkuId"], key


def _skus_of(wanted: set[tuple[str, str]]) -> dict[tuple[str, str], list[Sku]]:
    """The SKUs that each pair of ids names: one, none, or several that differ in term."""
    found: dict[tuple[str, str], list[Sku]] = {pair: [] for pair in wanted}
    products = {product_id for product_id, _sku_id in wanted}
    for sku in Sku.objects.filter(product__product_id__in=products).select_related("product"):
        found.get((sku.product.product_id, sku.sku_id), []).append(sku)
    return found


def _key_errors(numbered: list[NumberedKey], skus: dict[tuple[str, str], list[Sku]]) -> list[RowError]:
    stored = _stored_keys(numbered, skus)
    first_line: dict[tuple[str, str], int] = {}
    errors = []
    for line, (product_id, sku_id, key) in numbered:
        first = first_line.setdefault((product_id, key), line)
        reason = _sku_fault(f"{product_id}:{sku_id}", skus[product_id, sku_id])
        if reason is None and first != line:
            reason = _("the same key stands on line %(line)s already") % {"line": first}
        elif reason is None and (product_id, key) in stored:
            reason = _("the key that ends in %(last_five)s exists already") % {"last_five": key[-5:]}
        if reason is not None:
            errors.append(RowError(line, reason))
    return errors


def _sku_fault(ids: str, found: list[Sku]) -> str | None:
    """Why keys cannot be loaded for what a row names; None if they can."""
    if not found:
        return _("the SKU %(ids)s is not in the catalogue") % {"ids": ids}
    if len(found) > 1:
        return _("the SKU %(ids)s stands for several terms") % {"ids": ids}
    if found[0].key_issue == KeyIssue.NONE:
        return _("%(sku)s is sold without keys") % {"sku": found[0].title}
    return None


def _stored_keys(numbered: list[NumberedKey], skus: dict[tuple[str, str], list[Sku]]) -> set[tuple[str, str]]:
    """Which of the product's keys in the file are stored already, under any hash key that is still configured."""
    from_hash: dict[tuple[str, str], tuple[str, str]] = {}
    for _line, (product_id, _sku_id, key) in numbered:
        for digest in custody.hashes_of(key):
            from_hash[product_id, digest] = (product_id, key)
    products = {sku.product_id for found in skus.values() for sku in found}
    known = ProductKey.objects.filter(product__in=products, hash__in={digest for _product, digest in from_hash})
    pairs = known.values_list("product__product_id", "hash")
    return {from_hash[pair] for pair in pairs if pair in from_hash}
