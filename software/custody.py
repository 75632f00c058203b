"""How secrets are kept: product keys encrypted and hashed, link tokens made by a keyed MAC (K2, K5).

Each kind has its own list of keys in the settings, newest first; a key is named by the start of its own SHA-256,
so that what was written with an older key can still be read.
"""

import base64
import binascii
import hashlib
import hmac
from functools import cache
from uuid import UUID

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings

_MAC_BYTES = 20  # of HMAC-SHA256: 160 bits
_TOKEN_BYTES = 16 + _MAC_BYTES


@cache
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(product_key: str) -> str:
    """The product key as it is stored."""
    return _fernet(tuple(settings.KEY_ENCRYPTION_KEYS)).encrypt(product_key.encode()).decode()


def decrypt(secret: str) -> str:
    """The product key in clear. Raises `cryptography.fernet.InvalidToken` if no configured key fits."""
    return _fernet(tuple(settings.KEY_ENCRYPTION_KEYS)).decrypt(secret.encode()).decode()


def key_id(key: str) -> str:
    """The name of a secret key: the first eight hex digits of its SHA-256."""
    return hashlib.sha256(key.encode()).hexdigest()[:8]


def hash_keys() -> list[str]:
    """The keys of the hash, newest first."""
    return list(settings.KEY_HASH_KEYS)


def newest_hash_key() -> str:
    return hash_keys()[0]


def hash_product_key(product_key: str, hash_key: str) -> str:
    """The keyed hash (HMAC-SHA256, hex) by which a product key is found; case and hyphens do not matter."""
    canonical = product_key.upper().replace("-", "").encode()
    return hmac.new(hash_key.encode(), canonical, hashlib.sha256).hexdigest()


def newest_token_key_id() -> str:
    return key_id(settings.LINK_TOKEN_KEYS[0])


def knows_token_key(name: str) -> bool:
    """Whether the key of that name is still configured; without it no token made with it can be shown or checked."""
    return name in {key_id(key) for key in settings.LINK_TOKEN_KEYS}


def make_token(public_id: UUID, token_key_id: str, purpose: str) -> str:
    """The token of a link or session: its id and a MAC of it, base64url without padding."""
    mac = _mac(public_id, token_key_id, purpose)
    return base64.urlsafe_b64encode(public_id.bytes + mac).decode().rstrip("=")


def id_in_token(token: str) -> UUID | None:
    """The id that a well-formed token claims; None if it is not well formed. Says nothing of its MAC."""
    if len(token) != 48:
        return None
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return UUID(bytes=raw[:16]) if len(raw) == _TOKEN_BYTES else None


def token_is_genuine(token: str, public_id: UUID, token_key_id: str, purpose: str) -> bool:
    """Whether we made `token`, compared in constant time."""
    try:
        return hmac.compare_digest(token, make_token(public_id, token_key_id, purpose))
    except LookupError:  # the key it was made with has been removed
        return False


def _mac(public_id: UUID, token_key_id: str, purpose: str) -> bytes:
    key = {key_id(key): key for key in settings.LINK_TOKEN_KEYS}[token_key_id]
    message = purpose.encode() + b"\0" + public_id.bytes
    return hmac.new(key.encode(), message, hashlib.sha256).digest()[:_MAC_BYTES]
