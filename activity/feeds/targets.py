"""Where a webhook may be sent: to the public internet, by https (A6).

A name is looked up when its address is saved and again at each connection, which then goes to the very IP address that
was looked at: a name that leads elsewhere a moment later leads nowhere.
"""

import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import idna
from django.conf import settings

from activity.feeds.models import LONGEST_URL
from activity.feeds.reasons import (
    WEBHOOK_ADDRESS_WRONG,
    WEBHOOK_HOST_UNKNOWN,
    WEBHOOK_PORT_WRONG,
    WEBHOOK_TARGET_PRIVATE,
)
from csp_portal.errors import Refusal

PORTS = (443, 8443)
_PLAIN = re.compile(r"[\x21-\x7e]+")
_EMBEDDING = ipaddress.ip_network("64:ff9b::/96")  # NAT64: the last 32 bits are an IPv4 address
_UNICAST = ipaddress.ip_network("2000::/3")  # all of IPv6 that is given out to the public
_NEVER = (ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("3fff::/20"))  # not known to every Python
IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Target:
    """A checked address: its parts, and the IP address to connect to."""

    is_tls: bool
    host: str
    port: int
    path: str
    ip: str


def checked_target(url: str) -> Target:
    """Where `url` leads now. Raises Refusal where it may not lead: wrong address, wrong port, unknown, private."""
    parts = _parts(url)
    host, port = _host(parts), _port(parts)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    return Target(parts.scheme == "https", host, port, path, _looked_up(host, port))


def is_public(address: IpAddress) -> bool:
    """Whether an IP address is one on the public internet, whatever address it wraps."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped or address in _EMBEDDING:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address.sixtofour or address.teredo or address not in _UNICAST:
            return False
    if any(address in network for network in _NEVER):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _parts(url: str) -> SplitResult:
    schemes = ("https", "http") if settings.WEBHOOK_PRIVATE_TARGETS else ("https",)
    try:
        parts = urlsplit(url)
        fits = parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        raise Refusal(WEBHOOK_ADDRESS_WRONG) from None
    rest = parts.path + parts.query
    plain = len(url) <= LONGEST_URL and "\\" not in url and (not rest or _PLAIN.fullmatch(rest))
    if not fits or not plain or "@" in parts.netloc or "#" in url:
        raise Refusal(WEBHOOK_ADDRESS_WRONG)
    return parts


def _host(parts: SplitResult) -> str:
    """The host as the DNS knows it, or an IP address."""
    host = (parts.hostname or "").rstrip(".")
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        raise Refusal(WEBHOOK_ADDRESS_WRONG) from None


def _port(parts: SplitResult) -> int:
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if port not in PORTS and not settings.WEBHOOK_PRIVATE_TARGETS:
        raise Refusal(WEBHOOK_PORT_WRONG, allowed=" / ".join(map(str, PORTS)), port=str(port))
    return port


def _looked_up(host: str, port: int) -> str:
    """The IP address to connect to. One that is not public among several is enough to refuse the name."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Refusal(WEBHOOK_HOST_UNKNOWN, host=host) from None
    addresses = [str(place[0]) for *_kind, place in found]
    for address in addresses:
        if not settings.WEBHOOK_PRIVATE_TARGETS and not is_public(ipaddress.ip_address(address)):
            raise Refusal(WEBHOOK_TARGET_PRIVATE, host=host, address=address)
    return addresses[0]
