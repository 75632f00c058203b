"""The Ed25519 keys that seals are signed with: those of the settings, whose public parts the database keeps."""

import base64
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.utils import timezone

from activity.models import Action
from activity.models.seals import SealKey
from activity.seals.rows import instant
from activity.services import Actor, record
from activity.verify import fingerprint, key_message


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
    """Those of ACTIVITY_SIGNING_KEYS; the first signs, the one behind it introduces the first."""
    return _read(tuple(settings.ACTIVITY_SIGNING_KEYS))


def signing_key(*, actor: Actor) -> SigningKey:
    """The key that signs now; the first time it does, it is introduced by the key before it and recorded.

    The caller holds the sealer's lock or is the only one who signs.
    """
    newest = signing_keys()[0]
    if not SealKey.objects.filter(fingerprint=newest.fingerprint).exists():
        _introduce(newest, actor)
    return newest


def _introduce(key: SigningKey, actor: Actor) -> None:
    before = SealKey.objects.last()
    previous = before.fingerprint if before else ""
    now = timezone.now()
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
