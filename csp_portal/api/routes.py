"""Routes of the API: words in any case, with or without a slash at the end; what they capture stays as it was."""

import re
from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, converters, register_converter
from django.urls.conf import _path  # type: ignore[attr-defined]  # what path() and re_path() are made of
from django.urls.resolvers import RoutePattern, _route_to_regex  # type: ignore[attr-defined]  # what it is made of

ROOT = "v1/"
_API = re.compile(r"/+v1(/|$)|/+(?:[^/]+/+)?oauth2/", re.IGNORECASE)


class CaseBlindPattern(RoutePattern):
    """A whole route. Clients write its words in any case: `/v1/invoices/G1/lineitems/onetime/BILLINGLINEITEMS`."""

    @cached_property
    def _blind(self) -> re.Pattern[str]:
        return re.compile(_route_to_regex(str(self), is_endpoint=True)[0], re.IGNORECASE)

    def match(self, path: str) -> Any:
        found = self._blind.match(path.removesuffix("/"))
        if found is None:
            return None
        try:
            return "", (), {name: self.converters[name].to_python(text) for name, text in found.groupdict().items()}
        except ValueError:
            return None


route = partial(_path, Pattern=CaseBlindPattern)


def endpoint(path: str, view: Any, name: str) -> URLPattern:
    """The route of an endpoint below `/v1/`."""
    answering = view.as_view()
    answering.permission = None  # no sign-in: read by the test that walks the URL table
    answering.by_token = True  # and not public either
    return route(f"{ROOT}{path}", answering, name=f"api_{name}")


class SegmentConverter(converters.StringConverter):
    """An id as clients send it: what is none of ours is not found, by the endpoint and in its words."""


register_converter(SegmentConverter, "id")


def is_api(path: str) -> bool:
    """Whether a path is one of the API's, or its tokens'."""
    return _API.match(path) is not None


class ApiPathMiddleware:
    """Makes one slash of several in a path of the API: the Java SDK follows `links.next` as `/v1//customers`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if is_api(request.path_info):
            request.path_info = re.sub("/{2,}", "/", request.path_info)
            request.path = re.sub("/{2,}", "/", request.path)
        return self.get_response(request)
