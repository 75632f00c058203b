"""The list of open windows, the calendar of them with its address, and the weekly mail (C10)."""

from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cancellations.windows.calendar import MOST_EVENTS, etag_of, events_of, written
from cancellations.windows.forms import SeenForm, WeeklyMailForm, WindowFilterForm
from cancellations.windows.models import CalendarFeed, WeeklyMail
from cancellations.windows.rows import OpenWindow
from cancellations.windows.services import make_feed, replace_feed, revoke_feed, set_weekly_mail
from csp_portal.accounts.permissions import Permission, public, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.pagination import page_of
from orders.models.order import OrderLineQuerySet
from software.addresses import absolute

# The address is a secret: it goes into no search engine and no other site's log.
_SECRET_ADDRESS = {"Cache-Control": "private, no-cache", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


@require_safe
@role_required(Permission.SEE_ORDERS)
def windows(request: SignedInRequest) -> HttpResponse:
    """Every purchase of the partner that can still be cancelled, by its last day; and the calendar's address."""
    now = timezone.now()
    filters = WindowFilterForm(request.GET)
    page = page_of(request, filters.found(request.user, now), complete=_to_show)
    feed = CalendarFeed.objects.live().filter(user=request.user).first()
    context = {
        "filters": filters,
        "page": page,
        "windows": [OpenWindow.of(line, request.user, now) for line in page],
        "feed": feed,
        "address": absolute(request, feed.get_absolute_url()) if feed and feed.has_address else "",
        "most_events": MOST_EVENTS,
        "mail_is_wanted": WeeklyMail.objects.is_wanted_by(request.user),
        "mail_refusal": request.user.refusal_to(Permission.CANCEL),
    }
    return render(request, "windows/list.html", context)


def _to_show(lines: OrderLineQuerySet) -> OrderLineQuerySet:
    return lines.with_purchase().with_requests()


@require_POST
@role_required(Permission.SEE_ORDERS)
def make(request: SignedInRequest) -> HttpResponse:
    """Give the reader an address of the calendar."""
    make_feed(actor=request.user)
    messages.success(request, _("The calendar has an address. Whoever has it can read it without signing in."))
    return redirect("windows:list")


@require_POST
@role_required(Permission.SEE_ORDERS)
def replace(request: SignedInRequest) -> HttpResponse:
    """Replace the address that the page showed."""
    form = SeenForm(request.POST)
    if form.is_valid() and replace_feed(form.cleaned_data["seen"], actor=request.user):
        messages.success(request, _("The calendar has another address. The one before opens nothing any more."))
    else:
        messages.warning(
            request, _("Nothing was replaced now: the address you saw stands no more. See what stands below.")
        )
    return redirect("windows:list")


@require_POST
@role_required(Permission.SEE_ORDERS)
def revoke(request: SignedInRequest) -> HttpResponse:
    """Revoke the address."""
    if revoke_feed(actor=request.user):
        messages.success(request, _("The calendar's address is revoked. It opens nothing any more."))
    return redirect("windows:list")


@require_POST
@role_required(Permission.CANCEL)
def weekly_mail(request: SignedInRequest) -> HttpResponse:
    """Switch the weekly mail on or off."""
    form = WeeklyMailForm(request.POST)
    if form.is_valid():
        wanted = form.cleaned_data["wanted"]
        set_weekly_mail(wanted, actor=request.user)
        on, off = _("You get the weekly mail again."), _("You get the weekly mail no more.")
        messages.success(request, on if wanted else off)
    return redirect("windows:list")


@public
@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponseBase:
    """The calendar behind an address; whether its user may still see it is judged at each request."""
    response = _calendar(request, token)
    for header, value in _SECRET_ADDRESS.items():
        response.headers[header] = value
    return response


def _calendar(request: HttpRequest, token: str) -> HttpResponseBase:
    try:
        user = CalendarFeed.objects.from_token(token).user
    except CalendarFeed.DoesNotExist:
        return render(request, "404.html", status=404)
    if not user.may(Permission.SEE_ORDERS):
        return render(request, "404.html", status=404)
    events = events_of(user, timezone.now(), partial(absolute, request))
    etag = quote_etag(etag_of(events))
    response = get_conditional_response(request, etag=etag)
    response = response or HttpResponse(written(events), content_type="text/calendar; charset=utf-8")
    response.headers["ETag"] = etag
    return response
