"""Encrypting and hashing product keys anew with the newest keys of the settings, while the portal runs (K2)."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from cryptography.fernet import InvalidToken
from django.db import transaction
from django.db.models import Count

from activity.models import Action
from activity.services import Actor, record
from software import custody
from software.models import ProductKey
from software.models.keys import ProductKeyQuerySet
from software.services.purchasing import lock_pools

BATCH = 500  # keys that one transaction does: a fraction of a second, for which an order of theirs may wait
PASSES = 20  # over what others held while it was its turn
PAUSE = 0.5  # seconds between passes
ROTATOR = Actor.system("rotate_keys")
Tell = Callable[[int, int], object]


@dataclass
class Rotation:
    """What one run did: how many keys it found to do and has done, and which it cannot do."""

    found: int = 0
    done: int = 0
    unreadable: set[int] = field(default_factory=set)  # by no key that is configured
    twice: set[int] = field(default_factory=set)  # the product has the same key already under the newest hash key
    left: int = 0  # held by others to the end, or made meanwhile with older keys

    @property
    def set_aside(self) -> set[int]:
        return self.unreadable | self.twice


def rotate_keys(tell: Tell) -> Rotation:
    """Go through all keys that are to be done, in batches that are committed one by one; `tell` how far it is.

    It may be interrupted anywhere and run again, or run twice at once: each batch looks again at its rows under lock,
    and passes by those that somebody else holds, which a later pass finds. Whatever else the portal does goes on, for
    every key of the settings still reads and finds what was made with it.
    """
    rotation = Rotation(found=ProductKey.objects.to_rotate().count())
    if not rotation.found:
        return rotation
    _record_begin(rotation.found)
    for _pass in range(PASSES):
        for batch in _batches(rotation):
            rotation.done += _rotate(batch, rotation)
            tell(rotation.done, rotation.found)
        if not _to_do(rotation).exists():
            break
        time.sleep(PAUSE)
    rotation.left = _to_do(rotation).count()
    return rotation


@transaction.atomic
def _record_begin(found: int) -> None:
    """One row for the run, before anything is changed: a run that is killed has its row too (A3)."""
    newest = {
        "encryption_key": custody.newest_encryption_key_id(),
        "hash_key": custody.key_id(custody.newest_hash_key()),
    }
    record(Action.KEYS_ROTATED, actor=ROTATOR, details={"keys": found, **newest})


def _to_do(rotation: Rotation) -> ProductKeyQuerySet:
    return ProductKey.objects.to_rotate().exclude(pk__in=rotation.set_aside)


def _batches(rotation: Rotation) -> Iterator[list[ProductKey]]:
    """What is to be done, as it stands now without a lock, once through the table by primary key."""
    last = 0
    while batch := list(_to_do(rotation).filter(pk__gt=last).order_by("pk").only("pk", "sku_id")[:BATCH]):
        yield batch
        last = batch[-1].pk


@transaction.atomic
def _rotate(batch: Sequence[ProductKey], rotation: Rotation) -> int:
    """Do those of a batch that nobody else holds. Answers how many; none of those that are set aside.

    The pools are held meanwhile, so that an order waits for the batch instead of finding its keys taken and the pool
    empty (B5).
    """
    lock_pools(key.sku_id for key in batch)
    standing = ProductKey.objects.to_rotate().filter(pk__in=[key.pk for key in batch]).order_by("pk")
    readable = list(_readable(standing.select_for_update(skip_locked=True), rotation))
    taken = _taken([clear for _key, clear in readable])
    for key, clear in readable:
        key.secret, key.secret_key_id = custody.encrypt(clear), custody.newest_encryption_key_id()
        _hash(key, clear, taken, rotation)
    keys = [key for key, _clear in readable]
    ProductKey.objects.bulk_update(keys, ["secret", "secret_key_id", "hash", "hash_key_id"])
    return sum(key.pk not in rotation.twice for key in keys)


def _readable(keys: Iterable[ProductKey], rotation: Rotation) -> Iterator[tuple[ProductKey, str]]:
    """The keys with their clear text; one that no configured key decrypts is set aside."""
    for key in keys:
        try:
            yield key, custody.decrypt(key.secret)
        except InvalidToken:
            rotation.unreadable.add(key.pk)


def _taken(clear: list[str]) -> set[tuple[int, str]]:
    """Product and hash of those that stand under the newest hash key already."""
    hash_key = custody.newest_hash_key()
    hashes = [custody.hash_product_key(text, hash_key) for text in clear]
    known = ProductKey.objects.filter(hash_key_id=custody.key_id(hash_key), hash__in=hashes)
    return set(known.values_list("product_id", "hash"))


def _hash(key: ProductKey, clear: str, taken: set[tuple[int, str]], rotation: Rotation) -> None:
    """Hash it anew, unless the product has it twice: under a hash key that had been dropped too early."""
    hash_key = custody.newest_hash_key()
    if key.hash_key_id == custody.key_id(hash_key):
        return
    digest = custody.hash_product_key(clear, hash_key)
    if (key.product_id, digest) in taken:
        rotation.twice.add(key.pk)
        return
    taken.add((key.product_id, digest))
    key.hash, key.hash_key_id = digest, custody.key_id(hash_key)


def names_of(pks: Sequence[int]) -> list[str]:
    """What the operator may know of keys: their SKU, and the last five characters that the pools show."""
    keys = ProductKey.objects.filter(pk__in=pks).select_related("sku__product").order_by("pk")
    return [f"{key.sku.catalogue_id} …{key.last_five}" for key in keys]


@dataclass(frozen=True)
class InUse:
    """A key of a setting, newest first, and how many product keys need it still."""

    setting: str
    position: int
    key_id: str
    keys: int


def keys_in_use() -> list[InUse]:
    """The encryption and hash keys of the settings with what each is needed for, then those that no setting has."""
    encryption = [custody.key_id(key) for key in custody.encryption_keys()]
    hashing = [custody.key_id(key) for key in custody.hash_keys()]
    return [
        *_in_use("KEY_ENCRYPTION_KEYS", encryption, "secret_key_id"),
        *_in_use("KEY_HASH_KEYS", hashing, "hash_key_id"),
    ]


def _in_use(setting: str, configured: list[str], column: str) -> Iterator[InUse]:
    counted = dict(ProductKey.objects.order_by().values_list(column).annotate(Count("pk")))
    for position, key_id in enumerate(configured, start=1):
        yield InUse(setting, position, key_id, counted.pop(key_id, 0))
    for key_id, keys in sorted(counted.items()):
        yield InUse(setting, 0, key_id, keys)
