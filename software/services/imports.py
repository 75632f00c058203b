"""What the operator loads from files: builds, keys and tax rates (M7, M8). Prices are in `price_import.py`."""

import hashlib
import re
import uuid
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import IO

from babel import Locale, UnknownLocaleError
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from activity.models import Action
from activity.services import Actor, record
from csp_portal.row_files import BadFile, RowError, read_rows
from csp_portal.territories import is_country
from software import custody
from software.models import Build, KeyIssue, Product, ProductKey, Sku, TaxRate
from software.services.purchasing import fill_pending

_CHUNK = 1024 * 1024  # bytes
_LONGEST_NAME = 50  # of a build's version and file type
_KEY = re.compile(r"[A-Z0-9]{5}(-[A-Z0-9]{5}){4}")
_YES_NO = {"yes": True, "no": False}


class CannotImport(Exception):
    """Raised with a sentence when a file cannot be loaded as it was asked for; nothing is stored."""


class _HashedFile(File):
    """A file whose SHA-256 is computed while it streams into the storage.

    A storage may read a part again, to try again or to compute a checksum of its own; each byte counts once.
    """

    def __init__(self, file: IO[bytes], name: str) -> None:
        super().__init__(file, name)
        self.digest = hashlib.sha256()
        self.sent = 0

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        return super().chunks(chunk_size or _CHUNK)

    def read(self, size: int = -1) -> bytes:
        """The next bytes; those that follow what is known already are counted."""
        assert self.file is not None
        begins = self.file.tell()
        read: bytes = self.file.read(size)
        if begins == self.sent:
            self.digest.update(read)
            self.sent += len(read)
        return read


def import_build(path: Path, *, product_id: str, version: str, language: str, file_type: str, actor: Actor) -> Build:
    """Store a file as a build of a product; size and SHA-256 are taken while it streams (M7).

    Raises CannotImport if the product is unknown or sold without downloads, the language is not a BCP 47 tag, or the
    product has this build already.
    """
    product = Product.objects.filter(product_id=product_id).first()
    if product is None:
        raise CannotImport(f"There is no product {product_id}; import its price list first.")
    if not product.is_software:
        raise CannotImport(f"{product} has no downloads; its kind is {product.get_kind_display()}.")
    _check_language(language)
    for name, text in (("version", version), ("file type", file_type)):
        if not 0 < len(text) <= _LONGEST_NAME:
            raise CannotImport(f"The {name} must have 1 to {_LONGEST_NAME} characters.")
    exists = CannotImport(f"{product} has a build {version}, {language}, {file_type} already.")
    if Build.objects.filter(product=product, version=version, language=language, file_type=file_type).exists():
        raise exists
    storage_name = f"builds/{uuid.uuid4().hex}"
    try:
        with path.open("rb") as opened:
            stream = _HashedFile(opened, path.name)
            default_storage.save(storage_name, stream)
        with transaction.atomic():
            build = Build.objects.create(
                product=product,
                version=version,
                language=language,
                file_type=file_type,
                file_name=path.name,
                size=stream.sent,
                sha256=stream.digest.hexdigest(),
                storage_name=storage_name,
            )
            details = {"product": product.title, "version": version, "file": path.name, "sha256": build.sha256}
            record(Action.BUILD_IMPORTED, actor=actor, details=details)
    except IntegrityError as error:  # of two at once the other was first
        default_storage.delete(storage_name)
        raise exists from error
    except BaseException:  # Ctrl-C leaves no half of a file either
        default_storage.delete(storage_name)
        raise
    return build


def _check_language(tag: str) -> None:
    try:
        Locale.parse(tag, sep="-")
    except (ValueError, UnknownLocaleError) as error:
        raise CannotImport(f"Language {tag!r} is not a tag such as en-US: {error}.") from error


def import_keys(path: Path, *, actor: Actor) -> int:
    """Load product keys from a CSV file `ProductId,SkuId,ProductKey`, all or nothing, and serve the lines that wait.

    Answers how many were loaded. Raises BadFile naming every bad row: a key that is malformed, stands twice or exists
    already, a SKU that is unknown or has no keys.
    """
    numbered = read_rows(path, ("ProductId", "SkuId", "ProductKey"), _parse_key)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('import_keys'))")
        skus = _skus_of({(product_id, sku_id) for _line, (product_id, sku_id, _key) in numbered})
        errors = _key_errors(numbered, skus)
        if errors:
            raise BadFile(errors)
        now = timezone.now()
        hash_key = custody.newest_hash_key()
        ProductKey.objects.bulk_create(
            (
                ProductKey(
                    product=skus[product_id, sku_id][0].product,
                    sku=skus[product_id, sku_id][0],
                    secret=custody.encrypt(key),
                    last_five=key[-5:],
                    hash=custody.hash_product_key(key, hash_key),
                    hash_key_id=custody.key_id(hash_key),
                    imported_at=now,
                )
                for _line, (product_id, sku_id, key) in numbered
            ),
            batch_size=1000,
        )
        record(Action.KEYS_IMPORTED, actor=actor, details={"keys": len(numbered)})
        for sku in sorted((sku for (sku,) in skus.values()), key=lambda sku: sku.pk):
            fill_pending(sku.pk, actor=actor)
    return len(numbered)


def _parse_key(cells: dict[str, str]) -> tuple[str, str, str]:
    key = cells["ProductKey"].upper()
    if not _KEY.fullmatch(key):
        raise ValueError("ProductKey must be five groups of five letters or digits, joined by hyphens")
    return cells["ProductId"], cells["SkuId"], key


def _skus_of(wanted: set[tuple[str, str]]) -> dict[tuple[str, str], list[Sku]]:
    """The SKUs that each pair of ids names: one, none, or several that differ in term."""
    found: dict[tuple[str, str], list[Sku]] = {pair: [] for pair in wanted}
    products = {product_id for product_id, _sku_id in wanted}
    for sku in Sku.objects.filter(product__product_id__in=products).select_related("product"):
        found.get((sku.product.product_id, sku.sku_id), []).append(sku)
    return found


def _key_errors(
    numbered: list[tuple[int, tuple[str, str, str]]], skus: dict[tuple[str, str], list[Sku]]
) -> list[RowError]:
    stored = _stored_keys(numbered, skus)
    first_line: dict[tuple[str, str], int] = {}
    errors = []
    for line, (product_id, sku_id, key) in numbered:
        matching = skus[product_id, sku_id]
        first = first_line.setdefault((product_id, key), line)
        if len(matching) != 1:
            said = "is not in the catalogue" if not matching else "stands for several terms"
            errors.append(RowError(line, f"the SKU {product_id}:{sku_id} {said}"))
        elif matching[0].key_issue == KeyIssue.NONE:
            errors.append(RowError(line, f"{matching[0].title} is sold without keys"))
        elif first != line:
            errors.append(RowError(line, f"the same key stands on line {first} already"))
        elif (product_id, key) in stored:
            errors.append(RowError(line, f"the key that ends in {key[-5:]} exists already"))
    return errors


def _stored_keys(
    numbered: list[tuple[int, tuple[str, str, str]]], skus: dict[tuple[str, str], list[Sku]]
) -> set[tuple[str, str]]:
    """Which of the product's keys in the file are stored already, under any hash key that is still configured."""
    from_hash: dict[tuple[str, str], tuple[str, str]] = {}
    for _line, (product_id, _sku_id, key) in numbered:
        for hash_key in custody.hash_keys():
            from_hash[product_id, custody.hash_product_key(key, hash_key)] = (product_id, key)
    products = {sku.product_id for found in skus.values() for sku in found}
    known = ProductKey.objects.filter(product__in=products, hash__in={digest for _product, digest in from_hash})
    pairs = known.values_list("product__product_id", "hash")
    return {from_hash[pair] for pair in pairs if pair in from_hash}


@transaction.atomic
def import_tax_rates(path: Path, *, actor: Actor) -> int:
    """Load tax rates from a CSV file `Market,Name,Rate,Included,ValidFrom`, all or nothing (M8).

    Answers how many were new or changed. Raises BadFile naming every bad row.
    """
    changed = 0
    numbered = read_rows(path, ("Market", "Name", "Rate", "Included", "ValidFrom"), _parse_tax_rate)
    _check_no_day_twice(numbered)
    for _line, given in numbered:
        known = TaxRate.objects.filter(market=given.market, valid_from=given.valid_from).first()
        if known and (known.name, known.rate, known.included_in_price) == (
            given.name,
            given.rate,
            given.included_in_price,
        ):
            continue
        given.pk = known.pk if known else None
        given.save()
        changed += 1
    if changed:
        record(Action.TAX_RATES_IMPORTED, actor=actor, details={"rates": changed})
    return changed


def _check_no_day_twice(numbered: list[tuple[int, TaxRate]]) -> None:
    first_line: dict[tuple[str, date], int] = {}
    errors = []
    for line, rate in numbered:
        first = first_line.setdefault((rate.market, rate.valid_from), line)
        if first != line:
            errors.append(RowError(line, f"{rate.market} has a rate from {rate.valid_from} on line {first} already"))
    if errors:
        raise BadFile(errors)


def _parse_tax_rate(cells: dict[str, str]) -> TaxRate:
    if not is_country(cells["Market"]):
        raise ValueError(f"Market {cells['Market']!r} is not an ISO 3166-1 alpha-2 country code")
    if not 0 < len(cells["Name"]) <= 50:
        raise ValueError("Name must have 1 to 50 characters")
    if cells["Included"] not in _YES_NO:
        raise ValueError(f"Included {cells['Included']!r} must be yes or no")
    try:
        rate = Decimal(cells["Rate"])
    except InvalidOperation:
        raise ValueError(f"Rate {cells['Rate']!r} is not a number such as 0.19") from None
    if not rate.is_finite() or not 0 <= rate < 1 or rate != round(rate, 5):
        raise ValueError(f"Rate {cells['Rate']!r} must be from 0 to below 1, with at most five decimals: 0.19 is 19 %")
    return TaxRate(
        market=cells["Market"],
        name=cells["Name"],
        rate=rate,
        included_in_price=_YES_NO[cells["Included"]],
        valid_from=_parse_day(cells["ValidFrom"]),
    )


def _parse_day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise ValueError(f"ValidFrom {written!r} is not a day such as 2020-07-01") from None
