"""The Ed25519 keys that seals are signed with: those of the settings, whose public parts the database keeps."""

import base64
from datetime import datetime
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.utils import timezone

from activity.models import Action
from activity.models.seals import Seal, SealKey
from activity.seals.rows import instant
from activity.services import Actor, record
from activity.verify import fingerprint, key_message


class KeyReplaced(Exception):
    """The settings hold a key that was replaced, and not the one that took its place."""


class SigningKey:
    """A private key of the settings: 32 bytes in base64url."""

    def __init__(self, text: str) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(text))
        self.public_bytes = self._private.public_key().public_bytes_raw()
        self.fingerprint = fingerprint(self.public_bytes)

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message)


@lru_cache(maxsize=8)
def _read(texts: tuple[str, ...]) -> tuple[SigningKey, ...]:
    return tuple(SigningKey(text) for text in texts)


def signing_keys() -> tuple[SigningKey, ...]:
    """Those of ACTIVITY_SIGNING_KEYS; the first one, once introduced by the one behind it, is the one that signs."""
    return _read(tuple(settings.ACTIVITY_SIGNING_KEYS))


def signing_key(*, actor: Actor) -> SigningKey:
    """The key that signs now; the first time it does, it is introduced by the key before it and recorded.

    What a key signs after another has replaced it holds nowhere. So a process that was started before the keys were
    rotated signs with the new one where it has it. The caller holds the sealer's lock. Raises KeyReplaced.
    """
    first, introduced = signing_keys()[0], list(SealKey.objects.values_list("fingerprint", flat=True))
    if first.fingerprint not in introduced:
        _introduce(first, actor)
        return first
    held = next((key for key in signing_keys() if key.fingerprint == introduced[-1]), None)
    if held is None:
        raise KeyReplaced(
            f"The key {first.fingerprint} of ACTIVITY_SIGNING_KEYS was replaced by {introduced[-1]}, which is not "
            "among them. Start this process anew with that one, or put a new key in front."
        )
    return held


def _introduce(key: SigningKey, actor: Actor) -> None:
    before = SealKey.objects.last()
    previous = before.fingerprint if before else ""
    now = _now()
    content = {"key": key.fingerprint, "previous": previous, "introduced_at": instant(now)}
    message = key_message(content)
    by_previous = next((known.sign(message) for known in signing_keys() if known.fingerprint == previous), b"")
    SealKey.objects.create(
        fingerprint=key.fingerprint,
        public_key=key.public_bytes,
        previous=previous,
        introduced_at=now,
        by_key=key.sign(message),
        by_previous=by_previous,
    )
    details = {"key": key.fingerprint, "previous": previous, "vouched_for": bool(by_previous)}
    record(Action.SEAL_KEY_INTRODUCED, actor=actor, details=details)


def _now() -> datetime:
    """Not before the newest seal: another machine's clock, that was ahead, has signed that one."""
    newest = Seal.objects.order_by("-pk").first()
    return max(timezone.now(), newest.sealed_at) if newest else timezone.now()
