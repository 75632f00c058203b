"""Addresses that open something to whoever was mailed them: a path with a signature of ours.

Nothing that is stored opens them; the signature is made when the mail is sent.
"""

from django.conf import settings
from django.core import signing

_SALT = "csp_portal.mail.address"
SIGNATURE = "signature"  # the parameter of the address that holds it


def signature_of(path: str) -> str:
    """What proves that we gave out `path`."""
    return signing.Signer(salt=_SALT).signature(path)


def is_genuine(path: str, signature: str) -> bool:
    """Whether `signature` is one that we made for `path`, with any key that still counts; in constant time."""
    try:
        return signing.Signer(salt=_SALT).unsign(f"{path}:{signature}") == path
    except signing.BadSignature:
        return False


def site_address(path: str) -> str:
    """`path` of the portal with scheme and host, for what is written outside a request."""
    return f"{settings.MAIL_SITE_URL.rstrip('/')}{path}"


def signed_address(path: str) -> str:
    """`path` in full with its signature."""
    return f"{site_address(path)}?{SIGNATURE}={signature_of(path)}"
