"""Addresses in full, as they are copied and mailed."""

from django.conf import settings
from django.http import HttpRequest


def absolute(request: HttpRequest, path: str) -> str:
    """`path` of the portal with scheme and host: SITE_URL's, else those of the request."""
    return f"{settings.SITE_URL.rstrip('/')}{path}" if settings.SITE_URL else request.build_absolute_uri(path)
