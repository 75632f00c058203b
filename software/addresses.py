"""Addresses in full, as they are copied and mailed."""

import re

from django.conf import settings
from django.http import HttpRequest

from software import custody

_LANDING_PAGE = re.compile(r"/d/([\w-]+)")


def absolute(request: HttpRequest, path: str) -> str:
    """`path` of the portal with scheme and host: SITE_URL's, else those of the request."""
    return f"{settings.SITE_URL.rstrip('/')}{path}" if settings.SITE_URL else request.build_absolute_uri(path)


def token_in(text: str) -> str:
    """The token of the link whose copied address, or part of one, `text` is; empty if it is none (K5)."""
    if found := _LANDING_PAGE.search(text):
        return found[1]
    return text if custody.read_token(text) else ""
