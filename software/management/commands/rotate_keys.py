"""`manage.py rotate_keys`."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from software.services.rotation import InUse, Rotation, keys_in_use, names_of, rotate_keys

NOT_NOTED = "a key that was not noted"
MOST_NAMED = 20
MAY_GO = {
    "KEY_ENCRYPTION_KEYS": "may be removed from the settings",
    "KEY_HASH_KEYS": "no product key needs it any more; if it is removed from the settings, rows of the activity log "
    "written with it are not found by a pasted key any more",
}


class Command(BaseCommand):
    help = (
        "Encrypt and hash all product keys anew with the first of KEY_ENCRYPTION_KEYS and KEY_HASH_KEYS, while the "
        "portal runs. May be interrupted and run again (K2)."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rotation = rotate_keys(self._tell)
        except KeyboardInterrupt:
            self.stdout.write("Interrupted. What was done stays done; run it again for the rest.")
            raise
        self.stdout.write(f"{rotation.done} keys encrypted and hashed anew.")
        for line in _standing(keys_in_use()):
            self.stdout.write(line)
        faults = list(_faults(rotation))
        if faults:
            raise CommandError("\n".join(faults))

    def _tell(self, done: int, found: int) -> None:
        self.stdout.write(f"{done} of {found}")
        self.stdout.flush()  # it is read while it runs, also where it goes into a file


def _standing(in_use: list[InUse]) -> Iterator[str]:
    """What each key of the settings is needed for, and whether it may go."""
    for setting, group in groupby(in_use, key=lambda each: each.setting):
        keys = list(group)
        unknown = any(not each.key_id for each in keys)
        for each in keys:
            name = f"{setting}, {_ordinal(each)}" if each.key_id else f"{setting}, {NOT_NOTED}"
            yield f"{name}: {each.keys} keys{_advice(each, unknown=unknown)}"


def _ordinal(key: InUse) -> str:
    return f"key {key.position} ({key.key_id})" if key.position else f"{key.key_id}, which is not in the settings"


def _advice(key: InUse, *, unknown: bool) -> str:
    if key.position == 1:
        return ", the newest"
    if key.position and not key.keys and not unknown:
        return f", {MAY_GO[key.setting]}"
    return ""


def _faults(rotation: Rotation) -> Iterator[str]:
    if rotation.unreadable:
        yield f"{len(rotation.unreadable)} keys can be decrypted by no key of KEY_ENCRYPTION_KEYS and stay as they are:"
        yield from _named(rotation.unreadable)
        yield "Put the encryption key they were made with behind the others and run it again."
    if rotation.twice:
        yield f"{len(rotation.twice)} keys stand in their product's pools twice and keep their old hash:"
        yield from _named(rotation.twice)
        yield (
            "Look them up in the key pools by their last five characters. If both of two were allotted, two purchases "
            "have the same key: ask the publisher for another one. Keep their old hash key in the settings."
        )
    if rotation.left:
        yield f"{rotation.left} keys were held by others or came meanwhile. Run it again."


def _named(keys: set[int]) -> Iterator[str]:
    """The first of them, one a line, and how many more there are."""
    for name in names_of(sorted(keys)[:MOST_NAMED]):
        yield f"  {name}"
    if len(keys) > MOST_NAMED:
        yield f"  and {len(keys) - MOST_NAMED} more"
