"""What a page of the portal may load and do, and what no log line may hold."""

import logging
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.http import escape_leading_slashes
from django.utils.translation import gettext as _

from csp_portal.api.routes import is_api
from csp_portal.key_text import holds_key

_SOURCES = {
    "default-src": "'self'",  # no inline script or style, nothing from elsewhere
    "img-src": "'self' data:",  # Tabler draws its form controls with data: images
    "object-src": "'none'",
    "base-uri": "'self'",
    "frame-ancestors": "'none'",
}
_FEATURES_NOT_USED = ("accelerometer", "camera", "geolocation", "gyroscope", "microphone", "payment", "usb")
PERMISSIONS_POLICY = ", ".join(f"{feature}=()" for feature in _FEATURES_NOT_USED)


def content_security_policy() -> str:
    """The policy of every page.

    Browsers hold a form to `form-action` on every redirect that follows: the one that starts a download ends at the
    object storage, where there is one (K10).
    """
    storage = urlsplit(settings.S3_PUBLIC_URL) if settings.S3_BUCKET else None
    form_action = f"'self' {storage.scheme}://{storage.netloc}" if storage else "'self'"
    return "; ".join(f"{name} {sources}" for name, sources in {**_SOURCES, "form-action": form_action}.items())


class ContentSecurityPolicyMiddleware:
    """Puts the policies on every answer that has not set its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", content_security_policy())
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response


class KeysOutOfAddresses:
    """Takes product keys that somebody searches for out of the address: histories and logs keep addresses (K2).

    What holds one is not looked up and not shown again; the page comes without it and says where to paste a key.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        names = _names_of_keys(request.GET) if request.method in ("GET", "HEAD") else []
        if not names or is_api(request.path_info):  # an endpoint of the API refuses it
            return self.get_response(request)
        messages.warning(request, self._told(request))
        left = request.GET.copy()
        for name in names:
            del left[name]
        path = escape_leading_slashes(request.path)  # else it could name another host
        return HttpResponseRedirect(f"{path}?{left.urlencode()}" if left else path)

    def _told(self, request: HttpRequest) -> str:
        if request.path.startswith(reverse("admin:index")):
            return _("A product key must stand in no address, so this one was not looked up. Choose Find a key for it.")
        return _("A product key must stand in no address, so this one was not looked up. Paste it into the search box.")


def _names_of_keys(asked: QueryDict) -> list[str]:
    """Which parts of an address hold a product key; a signature of ours is none, whatever it looks like."""
    return [name for name, values in asked.lists() if name != "signature" and any(map(holds_key, values))]


_TOKEN_IN_ADDRESS = re.compile(
    r"(/d/(?:session/)?|/calendar/|[?&]signature="
    r"|%2Fd%2F(?:session%2F)?|[?&]link=)"  # pasted where the activity log is narrowed to a link
    r"[\w-]{8,}",
    re.IGNORECASE,
)


class WithoutTokens(logging.Filter):
    """Takes the tokens of links, sessions and calendars, and signatures of mailed addresses, out of what is logged.

    Whoever reads a log could use them.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _TOKEN_IN_ADDRESS.sub(r"\1…", record.getMessage()), ()
        return True
