"""The mail server of the settings, from one address in the environment."""

from contextlib import suppress
from email.utils import parseaddr
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

TIMEOUT = 20  # seconds that a server may take for one answer
PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}
NOWHERE = {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}


def server_config(url: str) -> dict[str, Any]:
    """Django's mail settings for EMAIL_URL; mails go nowhere where it is empty.

    Raises ImproperlyConfigured, without repeating the address, which may hold a password.
    """
    if not url:
        return NOWHERE
    scheme, config = url.partition("://")[0], {}
    if scheme in PORTS:
        with suppress(ValueError):  # its text would repeat part of the address
            config = environ.Env.email_url_config(url)
    if not config.get("EMAIL_HOST"):
        raise ImproperlyConfigured(
            "EMAIL_URL is not an address of a mail server like smtp+tls://user:password@host:587."
        )
    return {**config, "EMAIL_PORT": config["EMAIL_PORT"] or PORTS[scheme], "EMAIL_TIMEOUT": TIMEOUT}


def sender(address: str) -> str:
    """DEFAULT_FROM_EMAIL, if mails can come from there; a wrong one would make every mail fail.

    Raises ImproperlyConfigured.
    """
    local_part, _at, host = parseaddr(address)[1].rpartition("@")
    if not (local_part and host and address.isprintable()):
        raise ImproperlyConfigured(
            f"DEFAULT_FROM_EMAIL is {address!r}; it must be an address such as CSP portal <portal@operator.example>."
        )
    return address
