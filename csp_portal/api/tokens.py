"""Access tokens: JWT signed with Ed25519 (RFC 7519, RFC 8037), by keys that can be rotated; good for an hour (P4)."""

import base64
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.utils import timezone
from jwcrypto import jwk, jwt
from jwcrypto.common import JWException, json_decode

from csp_portal.accounts.models import ApiClient

LIFETIME = timedelta(hours=1)
ALGORITHM = "EdDSA"
_NEEDED = ("exp", "iat", "appid", "secret_made_at")

# What broken and forged tokens make of the parser and of what comes after it.
_WRONG = (JWException, ValueError, TypeError, KeyError, OverflowError, OSError, AttributeError, RecursionError)


class TokenWrong(Exception):
    """A token that is forged, broken, over, or not for this portal."""


@dataclass(frozen=True)
class AccessToken:
    """What a token says."""

    client_id: str
    secret_made_at: datetime  # of the secret that it was had with


@lru_cache(maxsize=8)
def _keys(texts: tuple[str, ...]) -> tuple[jwk.JWK, ...]:
    made = (Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(text)) for text in texts)
    return tuple(_named(jwk.JWK.from_pyca(key)) for key in made)


def _named(key: jwk.JWK) -> jwk.JWK:
    """The key with its thumbprint (RFC 7638) as its id."""
    return jwk.JWK(**{**key.export(as_dict=True), "kid": key.thumbprint(), "use": "sig", "alg": ALGORITHM})


def signing_keys() -> tuple[jwk.JWK, ...]:
    """Those of API_TOKEN_KEYS: the first signs, all are trusted."""
    return _keys(tuple(settings.API_TOKEN_KEYS))


def public_keys() -> list[dict[str, Any]]:
    """The public halves, as a JWK set lists them (RFC 7517)."""
    return [key.export_public(as_dict=True) for key in signing_keys()]


def issuer() -> str:
    """Who a token says it is from: the portal's address."""
    return settings.MAIL_SITE_URL


def make_token(client: ApiClient, audience: str) -> str:
    """A token for a client: it tells what SDKs look for (`exp`, `tid`, `appid`), and with which secret it was had."""
    now, key = timezone.now(), signing_keys()[0]
    claims = {
        "iss": issuer(),
        "aud": audience,
        "iat": int(now.timestamp()),
        "nbf": int(now.timestamp()),
        "exp": int((now + LIFETIME).timestamp()),
        "jti": str(uuid.uuid4()),
        "appid": client.client_id,
        "oid": str(client.user.public_id),
        "tid": str(client.partner.public_id),
        "ver": "1.0",
        "secret_made_at": client.secret_made_at.isoformat(),
    }
    made = jwt.JWT(header={"alg": ALGORITHM, "typ": "JWT", "kid": key["kid"]}, claims=claims)
    made.make_signed_token(key)
    return str(made.serialize())


def read_token(text: str) -> AccessToken:
    """What a token says, once its signature, its issuer and its time are looked at. Raises TokenWrong."""
    keys = jwk.JWKSet()
    for key in signing_keys():
        keys.add(key)
    try:
        read = jwt.JWT(check_claims=dict.fromkeys(_NEEDED) | {"iss": issuer()}, algs=[ALGORITHM])
        read.leeway = 0
        read.deserialize(text, keys)
        claims = json_decode(read.claims)
        issued = datetime.fromtimestamp(int(claims["iat"]), UTC)
        said = AccessToken(str(uuid.UUID(claims["appid"])), datetime.fromisoformat(claims["secret_made_at"]))
    except _WRONG as error:
        raise TokenWrong from error
    if timezone.now() >= issued + LIFETIME:
        raise TokenWrong
    return said
