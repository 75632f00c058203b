"""What the customer meets without signing in: the landing page of a link, and the file (K5 to K7)."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from activity.services import Actor
from csp_portal.accounts.permissions import public
from csp_portal.errors import Refusal
from software.addresses import absolute
from software.delivery import deliver
from software.file_names import attachment
from software.models import Build, DownloadLink, DownloadSession
from software.ranges import RangeNotSatisfiable, parse_range
from software.services import open_session, start_download, usable_link

View = Callable[..., HttpResponseBase]

# The address is a secret: it goes into no cache, no search engine and no other site's log.
_SECRET_ADDRESS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


def link_page(view: View) -> View:
    """Keep the address of the answer to whoever has it, and tell what is the matter with a dead or unknown one."""

    @wraps(view)
    def told(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
        except Refusal as refusal:
            response = render(request, "software/link_dead.html", {"refusal": refusal}, status=refusal.status)
        except (DownloadLink.DoesNotExist, DownloadSession.DoesNotExist):
            response = render(request, "software/link_unknown.html", status=404)
        for header, value in _SECRET_ADDRESS.items():
            response.headers.setdefault(header, value)
        return response

    return told


@public
@csrf_exempt
@link_page
@require_http_methods(["GET", "HEAD", "POST"])
def landing(request: HttpRequest, token: str) -> HttpResponseBase:
    """GET shows the link and never counts; POST starts a download, counts one and redirects to its session."""
    if request.method == "POST":
        user = request.user if request.user.is_authenticated else None
        response = HttpResponseRedirect(start_download(token, user=user).get_absolute_url())
        response.status_code = 303
        return response
    link = usable_link(token)
    context = {
        "link": link,
        "build": link.build,
        "partner": link.purchase.customer.partner,
        "address": absolute(request, link.get_absolute_url()),
    }
    return render(request, "software/landing.html", context)


@public
@csrf_exempt
@link_page
@require_safe
def session(request: HttpRequest, token: str, file_name: str) -> HttpResponseBase:
    """The file, or one range of it, inside its session; `file_name` only gives the address a name to save by."""
    return _answer(request, open_session(token, actor=Actor.link_holder()))


def _answer(request: HttpRequest, opened: DownloadSession) -> HttpResponseBase:
    """By precondition (304, 412), HEAD, a range (206, or 416 past the end), else the whole file (RFC 9110)."""
    build = opened.link.build
    headers = _headers(build)
    whole = HttpResponse(headers={**headers, "Content-Length": str(build.size)})
    conditional = get_conditional_response(request, build.etag, int(build.imported_at.timestamp()), whole) or whole
    if conditional is not whole or request.method == "HEAD":
        return conditional
    try:
        part = parse_range(_asked_range(request), build.size)
    except RangeNotSatisfiable:
        return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{build.size}"})
    return deliver(opened, part, headers)


def _asked_range(request: HttpRequest) -> str:
    """The Range header; with If-Range, which we do not judge, the whole file is the safe answer (RFC 9110, 13.1.5)."""
    return "" if "If-Range" in request.headers else request.headers.get("Range", "")


def _headers(build: Build) -> dict[str, str]:
    return {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache, no-transform",  # a cancelled file is not served from a cache
        "Content-Disposition": attachment(build.file_name),
        "Content-Type": "application/octet-stream",
        "ETag": build.etag,
        "Last-Modified": http_date(build.imported_at.timestamp()),
        "X-Content-Type-Options": "nosniff",
    }
