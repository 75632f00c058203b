"""The portal's addresses and a few pages that only show the frame, refuse or fail."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from csp_portal.errors import Reason, Refusal
from csp_portal.urls import handler400, handler403, handler404, handler500
from csp_portal.urls import urlpatterns as portal_urls

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

SAMPLE_REASON = Reason(
    code="test_gone", rule="K6", sentence="This link ended on %(day)s.", next_step="Ask your partner.", status=410
)


def sample(request: HttpRequest) -> HttpResponse:
    messages.error(request, "Mind <this>.")
    return render(request, "base.html")


def public_sample(request: HttpRequest) -> HttpResponse:
    return render(request, "base_public.html")


def dialog_sample(request: HttpRequest) -> HttpResponse:
    return render(request, (request.htmx and "base_dialog.html") or "base.html")


def refuse(request: HttpRequest) -> HttpResponse:
    raise Refusal(SAMPLE_REASON, day="Monday")


def zone(request: HttpRequest) -> HttpResponse:
    return HttpResponse(timezone.get_current_timezone_name())


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("planted")


def go_elsewhere(request: HttpRequest) -> HttpResponse:
    messages.info(request, "Moved.")
    return HttpResponse(status=302, headers={"Location": "/sample/"})


urlpatterns = [
    *portal_urls,
    path("sample/", sample),
    path("public-sample/", public_sample),
    path("dialog-sample/", dialog_sample),
    path("refuse/", refuse),
    path("fail/", fail),
    path("zone/", zone),
    path("go-elsewhere/", go_elsewhere),
]
