"""What every page has in common that is opened by an address in a mail of ours, without sign-in."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render

from csp_portal.errors import Refusal
from csp_portal.mail.addresses import SIGNATURE, is_genuine

# The address is a secret: it goes into no cache, no search engine and no other site's log. A form whose page has the
# policy no-referrer is sent with the origin `null`, which the check of its own secret refuses; this one names the
# origin, never the path.
_SECRET_ADDRESS = {"Cache-Control": "no-store", "Referrer-Policy": "strict-origin", "X-Robots-Tag": "noindex"}


def mailed_page(dead: str) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Open to whoever was mailed the address: 404 without its signature, the template `dead` with why it is over."""

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def opened(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            if not is_genuine(request.path, request.GET.get(SIGNATURE, "")):
                raise Http404
            try:
                response = view(request, **kwargs)
            except ObjectDoesNotExist as error:
                raise Http404 from error
            except Refusal as refusal:
                response = render(request, dead, {"refusal": refusal}, status=refusal.status)
            for header, value in _SECRET_ADDRESS.items():
                response.headers.setdefault(header, value)
            return response

        return opened

    return decorate
