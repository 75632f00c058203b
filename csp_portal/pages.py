"""What the portal answers when it does not do what was asked: pages of the portal with a way on (P2)."""

import logging
import sys
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget

from csp_portal.accounts.permissions import public
from csp_portal.api.errors import fault, plain_refusal
from csp_portal.api.reasons import CALL_UNREADABLE, PATH_UNKNOWN
from csp_portal.api.routes import is_api
from csp_portal.errors import Refusal
from csp_portal.full_disk import is_full_disk
from csp_portal.one_sentence import one_sentence
from csp_portal.reader import theme_of

log = logging.getLogger(__name__)

MESSAGES_REGION = "#messages"


class RefusalMiddleware:
    """Shows a refusal that no view has caught, or a method that none takes; takes htmx along to another page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if is_api(request.path_info):
            return response
        if response.status_code == 405:
            return _not_allowed(request, response)
        # htmx would follow a redirect silently and put the whole page, or the sign-in form, into a part of this one.
        by_htmx = request.htmx  # type: ignore[attr-defined]  # set by django-htmx's middleware
        if by_htmx and 300 <= response.status_code < 400 and response.has_header("Location"):
            return _leave_for(response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer a refusal; any other exception takes its usual way."""
        if not isinstance(exception, Refusal):
            return None
        if is_api(request.path_info):
            return plain_refusal(exception)
        return _answer(request, "refused.html", exception.status, {"refusal": exception})


def _leave_for(redirect: HttpResponseBase) -> HttpResponseClientRedirect:
    """The redirect as one that the browser itself follows, with the cookies it carries."""
    response = HttpResponseClientRedirect(redirect.headers["Location"])
    response.cookies.update(redirect.cookies)
    return response


def _not_allowed(request: HttpRequest, refused: HttpResponseBase) -> HttpResponse:
    """A page in the place of Django's empty answer, with its headers: which methods are allowed."""
    response = _answer(request, "405.html", 405)
    for header, value in refused.headers.items():
        response.headers.setdefault(header, value)
    return response


@public
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Search engines find nothing here: pages are a partner's own, and links are secrets."""
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain; charset=utf-8")


@public
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Where browsers look for an icon of what is no page, such as a file."""
    return HttpResponseRedirect(static("portal.svg"))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request.path_info):
        return plain_refusal(Refusal(CALL_UNREADABLE, where=type(exception).__name__))
    return _answer(request, "400.html", 400)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form came without its secret: most often the sign-in has changed in another tab, or cookies are off."""
    log.warning("csrf failure: %s", reason)
    return _answer(request, "403_csrf.html", 403)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, "403.html", 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request.path_info):
        return plain_refusal(Refusal(PATH_UNKNOWN))
    return _answer(request, "404.html", 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """The fault is ours; told without context processors, so that a database that is down cannot fail it again.

    A full disk is told as one: what was asked for was rolled back, and somebody must make room.
    """
    error = sys.exception()
    status = HTTPStatus.INSUFFICIENT_STORAGE if is_full_disk(error) else HTTPStatus.INTERNAL_SERVER_ERROR
    if status == HTTPStatus.INSUFFICIENT_STORAGE:
        log.error("The disk is full, nothing was saved: %s", one_sentence(error) if error else "")
    if is_api(request.path_info):
        return fault(HTTPStatus.SERVICE_UNAVAILABLE if status == HTTPStatus.INSUFFICIENT_STORAGE else status)
    context = {"theme": theme_of(request), "support_email": settings.OPERATOR_SUPPORT_EMAIL}
    return HttpResponse(render_to_string(f"{status.value}.html", context), status=status)


def _answer(request: HttpRequest, template: str, status: int, context: dict[str, Any] | None = None) -> HttpResponse:
    """The page with its status; for htmx a part of it, which goes to the page's messages."""
    response = render(request, template, context, status=status)
    if getattr(request, "htmx", False):
        return retarget(reswap(response, "innerHTML"), MESSAGES_REGION)
    return response
