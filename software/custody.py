"""How secrets are kept: product keys encrypted and hashed, link tokens made by a keyed MAC (K2, K5).

Each kind has its own list of keys in the settings, newest first; a key is named by the start of its own SHA-256,
so that what was written with an older key can still be read.
"""

import base64
import hashlib
import hmac
import struct
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings

from csp_portal.key_text import canonical_key

_MAC_BYTES = 16  # of HMAC-SHA256: 128 bits
_SHAPE = struct.Struct(f">16sI{_MAC_BYTES}s")  # id, number, MAC
TOKEN_LENGTH = 4 * _SHAPE.size // 3  # characters of base64url; no padding is needed


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


def encryption_keys() -> list[str]:
    """The keys that product keys are encrypted with, newest first."""
    return list(settings.KEY_ENCRYPTION_KEYS)


def newest_encryption_key_id() -> str:
    """The name of the key that `encrypt` uses."""
    return key_id(encryption_keys()[0])


def hash_keys() -> list[str]:
    """The keys of the hash, newest first."""
    return list(settings.KEY_HASH_KEYS)


def newest_hash_key() -> str:
    return hash_keys()[0]


def hash_product_key(product_key: str, hash_key: str) -> str:
    """The keyed hash (HMAC-SHA256, hex) by which a product key is found; case, spaces and hyphens do not matter."""
    return hmac.new(hash_key.encode(), canonical_key(product_key).encode(), hashlib.sha256).hexdigest()


def hashes_of(product_key: str) -> list[str]:
    """Its hashes under every key that is still configured."""
    return [hash_product_key(product_key, hash_key) for hash_key in hash_keys()]


def newest_token_key_id() -> str:
    return key_id(settings.LINK_TOKEN_KEYS[0])


def knows_token_key(name: str) -> bool:
    """Whether the key of that name is still configured; without it no token made with it can be shown or checked."""
    return name in {key_id(key) for key in settings.LINK_TOKEN_KEYS}


@dataclass(frozen=True)
class Claim:
    """What a well-formed token says of itself, its MAC not looked at yet."""

    public_id: UUID
    number: int
    mac: bytes


def make_token(public_id: UUID, token_key_id: str, purpose: str, number: int = 0) -> str:
    """A token for `purpose`: an id, a number and a MAC of both, base64url. Raises LookupError for a retired key."""
    key = {key_id(key): key for key in settings.LINK_TOKEN_KEYS}[token_key_id]
    raw = _SHAPE.pack(public_id.bytes, number, _mac(key, public_id, purpose, number))
    return base64.urlsafe_b64encode(raw).decode()


def read_token(token: str) -> Claim | None:
    """What `token` claims; None if it is not well formed."""
    if len(token) != TOKEN_LENGTH:
        return None
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
        public_id, number, mac = _SHAPE.unpack(raw)
    except (ValueError, struct.error):
        return None
    if base64.urlsafe_b64encode(raw).decode() != token:  # Python reads `+` and `/` as well
        return None
    return Claim(UUID(bytes=public_id), number, mac)


def is_genuine(claim: Claim, purpose: str) -> bool:
    """Whether we made that token for `purpose`, with a key that is still configured; in constant time for each."""
    macs = [_mac(key, claim.public_id, purpose, claim.number) for key in settings.LINK_TOKEN_KEYS]
    return any(hmac.compare_digest(claim.mac, mac) for mac in macs)


def _mac(key: str, public_id: UUID, purpose: str, number: int) -> bytes:
    message = purpose.encode() + b"\0" + public_id.bytes + struct.pack(">I", number)
    return hmac.new(key.encode(), message, hashlib.sha256).digest()[:_MAC_BYTES]
