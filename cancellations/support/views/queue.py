"""The queue of support requests: the list, who takes what, and who has a request open (S5)."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from activity.models import Action
from cancellations.support.models import SupportRequest
from cancellations.support.presence import colleagues_here
from cancellations.support.queue_forms import AgentForm, QueueForm, agents
from cancellations.support.services.triage import Outcome, add_note, assign, assign_several, claim, release
from cancellations.support.views.deciding import found_request, show_request
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.errors import Refusal
from csp_portal.pagination import page_of

triages = role_required(Permission.TRIAGE, refused=Action.REQUEST_REFUSED)


@require_safe
@role_required(Permission.TRIAGE)
def queue(request: SignedInRequest) -> HttpResponse:
    """The requests of a view that fit the filters."""
    now, colleagues = timezone.now(), agents(request.user)
    filters = QueueForm(request.GET, reader=request.user, agents=colleagues, now=now)
    page = page_of(request, filters.found())
    page.object_list = filters.rows(page.object_list)
    context = {
        "filters": filters,
        "tabs": filters.tabs(),
        "page": page,
        "assigning": AgentForm(agents=colleagues),
        "now": now,
    }
    return render(request, "queue/list.html", context)


@require_POST
@triages
def assign_chosen(request: SignedInRequest) -> HttpResponseBase:
    """Assign the requests that were ticked, and tell of each that was not."""
    form = AgentForm(request.POST, agents=agents(request.user))
    numbers = request.POST.getlist("request")
    if not numbers:
        messages.warning(request, _("No request was chosen, so nothing was assigned."))
    elif not form.is_valid():
        messages.warning(request, _("Choose to whom the requests are assigned. Nothing was assigned."))
    else:
        _tell(request, _outcomes(request, numbers, form.chosen))
    return redirect(_way_back(request))


@require_POST
@triages
def claim_request(request: SignedInRequest, number: str) -> HttpResponseBase:
    """Take a request as one's own."""
    return _moved(request, number, claim, _("Request %(number)s is yours."))


@require_http_methods(["GET", "HEAD", "POST"])
@triages
def assign_request(request: SignedInRequest, number: str) -> HttpResponseBase:
    """GET asks to whom; POST assigns."""
    asked = _found(request, number)
    form = AgentForm(request.POST if request.method == "POST" else None, agents=agents(request.user))
    refusal = None
    if form.is_valid():
        try:
            given = assign(number, form.chosen, actor=request.user)
        except Refusal as refused:
            refusal = refused
        else:
            told = _("Request %(number)s is assigned to %(who)s.")
            messages.success(request, told % {"number": number, "who": given.owner.name if given.owner else ""})
            return redirect("queue:request", number)
    context = {"asked": asked, "form": form, "refusal": refusal}
    return render(request, "queue/assign.html", context, status=refusal.status if refusal else 200)


@require_POST
@triages
def release_request(request: SignedInRequest, number: str) -> HttpResponseBase:
    """Give a request back to the queue."""
    return _moved(request, number, release, _("Request %(number)s is nobody's. Anybody can claim it."))


@require_POST
@triages
def note(request: SignedInRequest, number: str) -> HttpResponseBase:
    """Write an internal note."""
    text = request.POST.get("text", "")
    try:
        add_note(_found(request, number).number, text, actor=request.user)
    except Refusal as refusal:
        return show_request(request, found_request(request, number), refusal, note_text=text)
    messages.success(request, _("The note is saved. Only the operator's staff can read it."))
    return redirect("queue:request", number)


@require_safe
@role_required(Permission.TRIAGE)
def presence(request: SignedInRequest, number: str) -> HttpResponse:
    """The notice of who else has the request open, for the page that asks every 20 seconds."""
    asked = _found(request, number)
    here = colleagues_here(asked.number, request.user, timezone.now())
    return render(request, "queue/partials/presence.html", {"number": asked.number, "colleagues": here})


def _found(request: SignedInRequest, number: str) -> SupportRequest:
    found: SupportRequest = get_object_or_404(SupportRequest.objects.visible_to(request.user), number=number)
    return found


def _moved(request: SignedInRequest, number: str, move: Callable[..., object], told: str) -> HttpResponseBase:
    """Claim a request or give it back, and return to where the button stood, with what came of it."""
    asked = _found(request, number)
    try:
        move(asked.number, actor=request.user)
    except Refusal as refusal:
        messages.error(request, str(refusal), extra_tags=refusal.code)
    else:
        messages.success(request, told % {"number": number})
    return redirect(_way_back(request, number))


def _outcomes(request: SignedInRequest, numbers: list[str], agent: UUID) -> list[Outcome]:
    known = SupportRequest.objects.visible_to(request.user).filter(number__in=numbers)
    return assign_several(list(known.values_list("number", flat=True)), agent, actor=request.user)


def _tell(request: SignedInRequest, outcomes: list[Outcome]) -> None:
    done = sum(outcome.request is not None for outcome in outcomes)
    if done:
        told = ngettext("%(count)s request is assigned.", "%(count)s requests are assigned.", done)
        messages.success(request, told % {"count": done})
    for outcome in outcomes:
        if outcome.refusal:
            messages.warning(request, str(outcome.refusal), extra_tags=outcome.refusal.code)


def _way_back(request: SignedInRequest, number: str = "") -> str:
    """The page that the form stood on, if it is one of ours; else the request's, else the queue."""
    page = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure()):
        return page
    return reverse("queue:request", args=[number]) if number else reverse("queue:list")
