"""What opens a feed, and what signs a webhook: no stored value is either of them.

Both hang on the keys of LINK_TOKEN_KEYS. A token is random, and known by its keyed hash; the secret of a webhook is
made from its id whenever it is needed.
"""

import base64
import hashlib
import hmac
import secrets
from uuid import UUID

from django.conf import settings

from software import custody

STARTS_WITH = "csp_"  # so that who finds one knows whose it is
_TOKEN_BYTES = 32


def new_token() -> str:
    """A token for a collector, 256 random bits."""
    return STARTS_WITH + secrets.token_urlsafe(_TOKEN_BYTES)


def token_hash(token: str) -> str:
    """The keyed hash under which a new token is kept."""
    return token_hashes(token)[0]


def token_hashes(token: str) -> list[str]:
    """Its hashes under every key that is still configured, the newest first."""
    return [_mac(key, b"activity feed\0" + token.encode()).hex() for key in settings.LINK_TOKEN_KEYS]


def webhook_secret(public_id: UUID, key_id: str, number: int) -> bytes:
    """The 32 bytes that sign what a webhook sends; another `number` makes another secret.

    Raises LookupError where the key named `key_id` was retired.
    """
    key = {custody.key_id(key): key for key in settings.LINK_TOKEN_KEYS}[key_id]
    return _mac(key, b"activity webhook\0" + public_id.bytes + number.to_bytes(4))


def written_secret(secret: bytes) -> str:
    """The secret as receivers are given it (Standard Webhooks)."""
    return f"whsec_{base64.b64encode(secret).decode()}"


def _mac(key: str, message: bytes) -> bytes:
    return hmac.new(key.encode(), message, hashlib.sha256).digest()
