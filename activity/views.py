"""The page of the activity log (A1), and what became of one key (K2)."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from activity.asked import without_secrets
from activity.chart import Bar, bars
from activity.forms import LogForm
from activity.models import Event, SavedView, Seal
from activity.paging import NEWER, OLDER, LogPage
from activity.reading import record_reading, suggestions, with_addresses
from activity.saved_views import delete_view, rename_view, save_view
from activity.seals.program import PROGRAM, PROGRAM_SHA256
from activity.timeline import KeyTimeline
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.errors import Refusal
from csp_portal.guids import guid_of
from csp_portal.pagination import page_of
from customers.log_scopes import told_scope
from software.addresses import token_in
from software.models import ProductKey
from software.places import software_place


@require_safe
@role_required(Permission.SEE_ACTIVITY)
def log(request: SignedInRequest) -> HttpResponseBase:
    """Who came by keys and downloads, in a range of days; reading it is logged before a row is shown (A3)."""
    asked = request.GET.dict()
    if token_in(asked.get("link", "").strip()):
        return redirect(_address_of(without_secrets(asked, request.user)))
    form = LogForm(asked)
    views = SavedView.objects.visible_to(request.user).by_name()
    context = {"form": form, "zone": timezone.get_current_timezone_name(), "views": views}
    context |= {"scope": told_scope(request.user), "feeds_refusal": request.user.refusal_to(Permission.MANAGE_FEEDS)}
    if not form.is_valid():
        return render(request, "activity/log.html", context)
    record_reading(actor=request.user, query=form.query)
    visible = Event.objects.visible_to(request.user)
    found = form.narrow(visible)
    page = LogPage(found, asked)
    if page.is_lost:
        messages.info(request, _("This address names no place in the log, so here are its newest rows."))
    context |= {"page": page, "rows": with_addresses(page.events), "chips": _chips(request, form)}
    context |= {"suggestions": suggestions(form.in_range(visible)), **_chart(request, bars(found, *form.days))}
    context |= {"seal": Seal.objects.head_of(request.user.partner_id), "program_sha256": PROGRAM_SHA256}
    return render(request, "activity/log.html", context)


@require_safe
@role_required(Permission.SEE_ACTIVITY)
def verifier(request: SignedInRequest) -> HttpResponse:
    """The program that checks a sealed export (A5), for those who do not trust the one that came with theirs."""
    return HttpResponse(PROGRAM, "text/x-python", headers={"Content-Disposition": 'attachment; filename="verify.py"'})


@require_POST
@sensitive_post_parameters("link")
@role_required(Permission.SEE_ACTIVITY)
def find(request: SignedInRequest) -> HttpResponseBase:
    """What the form asks for, as an address. It comes by POST: a link's copied address must stand in none (K5)."""
    given = {name: request.POST.get(name, "") for name in LogForm.names()}
    asked = without_secrets(given, request.user)
    if any(given[name].strip() and name not in asked for name in given):
        messages.warning(request, _("A product key is not looked up here. Paste it into the search box."))
    return redirect(_address_of(asked))


@require_POST
@role_required(Permission.SEE_ACTIVITY)
def save(request: SignedInRequest) -> HttpResponseBase:
    """Keep what the log was asked for under a name."""
    form = LogForm({name: request.POST.get(name, "") for name in LogForm.names()})
    if not form.is_valid():
        messages.error(request, _("What the log was asked for cannot be read, so no view was saved."))
        return redirect(_way_back(request))
    try:
        view = save_view(request.POST.get("name", ""), form.kept, actor=request.user)
    except Refusal as refusal:
        return _refused(request, refusal)
    messages.success(request, _("The view %(view)s is saved.") % {"view": view.name})
    return redirect(view)


@require_POST
@role_required(Permission.SEE_ACTIVITY)
def rename(request: SignedInRequest) -> HttpResponseBase:
    """Give a saved view another name."""
    try:
        view = rename_view(_view_id(request), request.POST.get("name", ""), actor=request.user)
    except Refusal as refusal:
        return _refused(request, refusal)
    messages.success(request, _("The view is called %(view)s now.") % {"view": view.name})
    return redirect(_way_back(request))


@require_POST
@role_required(Permission.SEE_ACTIVITY)
def delete(request: SignedInRequest) -> HttpResponseBase:
    """Delete a saved view."""
    try:
        name = delete_view(_view_id(request), actor=request.user)
    except Refusal as refusal:
        return _refused(request, refusal)
    messages.success(request, _("The view %(view)s is deleted.") % {"view": name})
    return redirect(_way_back(request))


def _view_id(request: SignedInRequest) -> UUID:
    """The view that the form names; one that nobody has where it names none."""
    return guid_of(request.POST.get("view", "")) or UUID(int=0)


def _refused(request: SignedInRequest, refusal: Refusal) -> HttpResponseBase:
    messages.error(request, str(refusal), extra_tags=refusal.code)
    return redirect(_way_back(request))


def _way_back(request: SignedInRequest) -> str:
    """The page that the form stood on, if it is one of ours; else the log."""
    page = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return page if safe else reverse("activity:log")


def _address_of(asked: dict[str, str]) -> str:
    query = urlencode(asked)
    return f"{reverse('activity:log')}?{query}" if query else reverse("activity:log")


def _chips(request: SignedInRequest, form: LogForm) -> list[tuple[str, str]]:
    """Each filter in words, with the address of the same page without it."""
    return [(words, _here(request, **{name: ""})) for name, words in form.filters.items()]


def _chart(request: SignedInRequest, found: list[Bar]) -> dict[str, Any]:
    """The bars with the addresses of their days, and the same numbers for the chart; nothing of nothing or one day."""
    if len(found) == 1 or not any(bar.count for bar in found):
        return {"chart": {}, "bars": []}
    addresses = [
        _here(request, **{"from": bar.span.first.isoformat(), "to": bar.span.last.isoformat()}) for bar in found
    ]
    chart = {
        "labels": [str(bar.span) for bar in found],
        "series": [{"label": _("Events"), "values": [bar.count for bar in found]}],
        "words": [bar.words for bar in found],
        "addresses": addresses,
    }
    return {"chart": chart, "bars": list(zip(found, addresses, strict=True))}


def _here(request: SignedInRequest, **changed: str) -> str:
    """The query of the page with something else in it, from its newest row on."""
    asked = {name: value for name, value in request.GET.items() if name not in (OLDER, NEWER)} | changed
    return f"?{urlencode({name: value for name, value in asked.items() if value})}"


@require_safe
@role_required(Permission.SEE_SOFTWARE)
def key(request: SignedInRequest, tenant_id: UUID, purchase_id: UUID, key_id: UUID) -> HttpResponse:
    """What became of a key: states and days for all who see software, names for readers of the log (K2).

    Reading the names is reading the log, and is logged like that (A3).
    """
    visible = ProductKey.objects.visible_to(request.user).of(tenant_id, purchase_id).with_purchase()
    found = get_object_or_404(visible, public_id=key_id)
    assert found.purchase is not None  # of a purchase that the reader may see
    timeline = KeyTimeline(found, request.user)
    if timeline.names_refusal is None:
        record_reading(actor=request.user, query={"key": str(key_id)})
    page = page_of(request, timeline.seen)
    context = {"key": found, "software": f"{software_place(found.purchase)}#keys", "timeline": timeline, "page": page}
    return render(request, "activity/key.html", {**context, "steps": list(timeline.steps(page))})
