"""Who reads the page, as far as a page's look depends on it: time zone and theme, both from cookies (X2, X4)."""

import zoneinfo
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from functools import cache
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from csp_portal.accounts.permissions import public

TIME_ZONE_COOKIE = "timezone"  # written by theme.js from what the browser knows
THEME_COOKIE = "theme"
THEME_COOKIE_AGE = timedelta(days=365)


class Theme(StrEnum):
    """What a reader may choose; without a choice the page follows the system."""

    LIGHT = "light"
    DARK = "dark"


@cache
def _time_zone_names() -> set[str]:
    return zoneinfo.available_timezones()


def time_zone_of(request: HttpRequest) -> zoneinfo.ZoneInfo:
    """The zone that the reader's browser named, or UTC."""
    name = unquote(request.COOKIES.get(TIME_ZONE_COOKIE, ""))
    return zoneinfo.ZoneInfo(name if name in _time_zone_names() else "UTC")


def theme_of(request: HttpRequest) -> Theme | None:
    """The theme that the reader chose, if any."""
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    return Theme(chosen) if chosen in set(Theme) else None


class ReaderMiddleware:
    """Activates the reader's time zone for the request and puts the chosen theme on it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.theme = theme_of(request)  # type: ignore[attr-defined]  # read by the frame
        with timezone.override(time_zone_of(request)):
            response = self.get_response(request)
        # The same address answers a page or, to htmx, a part of it; and both with the reader's zone and theme.
        patch_vary_headers(response, ("Cookie", "HX-Request", "HX-Target"))
        return response


@public
@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Keep the theme that was chosen in a cookie and go back to the page; anything but a theme follows the system."""
    response = HttpResponseRedirect(_way_back(request))
    chosen = request.POST.get("theme", "")
    if chosen in set(Theme):
        response.set_cookie(
            THEME_COOKIE, chosen, max_age=THEME_COOKIE_AGE, secure=request.is_secure(), httponly=True, samesite="Lax"
        )
    else:
        response.delete_cookie(THEME_COOKIE, samesite="Lax")
    return response


def _way_back(request: HttpRequest) -> str:
    """The page named in the form if it is one of ours, else the home page: never a redirect to another site."""
    page = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return page if safe else "/"
