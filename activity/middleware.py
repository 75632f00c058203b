"""Tells the log from which address a request came."""

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from activity.services import client_address


class ClientAddressMiddleware:
    """Keep the client's address for `record()` while the request is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = client_address.set(address_of(request))
        try:
            return self.get_response(request)
        finally:
            client_address.reset(token)


def address_of(request: HttpRequest) -> str:
    """The client's IP address: the peer's, or what our outermost proxy saw (TRUSTED_PROXY_COUNT); else empty."""
    seen = request.META.get("REMOTE_ADDR", "")
    proxies = settings.TRUSTED_PROXY_COUNT
    if proxies:
        header = request.headers.get("X-Forwarded-For", "")
        forwarded = header.split(",") if header.strip() else []
        seen = forwarded[-proxies] if len(forwarded) >= proxies else seen
    try:
        return str(ipaddress.ip_address(seen.strip()))
    except ValueError:
        return ""
