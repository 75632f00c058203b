"""What the customer meets without signing in: the landing page of a link, and the file (K5 to K7)."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
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
from software.delivery import deliver, signed_address
from software.file_names import attachment, plain_name
from software.models import Build, DownloadLink, DownloadSession
from software.ranges import ByteRange, RangeNotSatisfiable, if_range_holds, is_plain_range, parse_range
from software.services import authorise, faults_released, open_session, start_download, usable_link
from software.shell_lines import curl_line, powershell_line

View = Callable[..., HttpResponseBase]

LANDING_METHODS = ["GET", "HEAD", "OPTIONS", "POST"]

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
@require_http_methods(LANDING_METHODS)
def landing(request: HttpRequest, token: str) -> HttpResponseBase:
    """GET shows the link and never counts; POST starts a download, counts one and redirects to its session.

    OPTIONS is answered without looking at the token.
    The page may be kept by the browser alone: gone back to, it repeats its attempt, which does not count (K5).
    """
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers={"Allow": ", ".join(LANDING_METHODS)})
    if request.method == "POST":
        user = request.user if request.user.is_authenticated else None
        started = start_download(
            token,
            attempt=request.POST.get("attempt", ""),
            user=user,
            user_agent=request.headers.get("User-Agent", ""),
        )
        response = HttpResponseRedirect(started.get_absolute_url())
        response.status_code = 303
        return response
    page = render(request, "software/landing.html", _landing_context(request, usable_link(token)))
    page.headers["Cache-Control"] = "private, no-cache"
    return page


def _landing_context(request: HttpRequest, link: DownloadLink) -> dict[str, object]:
    address, file_name = absolute(request, link.get_absolute_url()), link.build.file_name
    return {
        "link": link,
        "build": link.build,
        "partner": link.purchase.customer.partner,
        "address": address,
        "curl": curl_line(address),
        "curl_name": plain_name(file_name),
        "powershell": powershell_line(address, file_name),
    }


@public
@csrf_exempt
@link_page
@require_safe
def session(request: HttpRequest, token: str, file_name: str) -> HttpResponseBase:
    """The file, or one range of it, inside its session; `file_name` only gives the address a name to save by."""
    holder = Actor.link_holder()
    opened = open_session(token, actor=holder)
    answer = _redirect if settings.S3_BUCKET else _answer
    with faults_released(opened):
        return answer(request, opened, holder)


def _redirect(request: HttpRequest, opened: DownloadSession, holder: Actor) -> HttpResponseBase:
    """To the object storage, which sends at most what was charged for first (K7).

    The address is signed for the range that was asked for, where the storage reads that as we do; else for the whole.
    """
    method, build = request.method or "GET", opened.link.build
    headers, asked = _headers(build), request.headers.get("Range", "")
    if method != "GET":
        return HttpResponseRedirect(signed_address(opened, method, headers))
    asked = asked if is_plain_range(asked) else ""
    try:
        part = parse_range(asked, build.size)
    except RangeNotSatisfiable:
        return _not_satisfiable(build, headers)
    address = signed_address(opened, method, headers, asked_range=asked if part else "")
    authorise(opened, part or ByteRange.whole(build.size), by_storage=True, actor=holder)
    return HttpResponseRedirect(address)


def _not_satisfiable(build: Build, headers: dict[str, str]) -> HttpResponse:
    return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{build.size}"})


def _answer(request: HttpRequest, opened: DownloadSession, holder: Actor) -> HttpResponseBase:
    """By precondition (304, 412), HEAD, a range (206, or 416 past the end), else the whole file (RFC 9110).

    Only the last two send bytes, and are charged for them first (K7).
    """
    build = opened.link.build
    headers = _headers(build)
    whole = HttpResponse(headers={**headers, "Content-Length": str(build.size)})
    conditional = get_conditional_response(request, build.etag, int(build.imported_at.timestamp()), whole) or whole
    if conditional is not whole or request.method == "HEAD":
        return conditional
    try:
        part = parse_range(_asked_range(request, headers), build.size)
    except RangeNotSatisfiable:
        return _not_satisfiable(build, headers)
    transfer = authorise(opened, part or ByteRange.whole(build.size), actor=holder)
    return deliver(transfer, headers, partial=part is not None)


def _asked_range(request: HttpRequest, headers: dict[str, str]) -> str:
    """The Range header; empty where If-Range names another file than the one that `headers` describe."""
    if_range = request.headers.get("If-Range")
    etag, modified = headers["ETag"], headers["Last-Modified"]
    if if_range is not None and not if_range_holds(if_range, etag=etag, last_modified=modified):
        return ""
    return request.headers.get("Range", "")


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
