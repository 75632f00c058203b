"""A request's page for who decides it: what was asked, the evidence, the timeline; approving and denying (S6, S7)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from activity.models import Action
from cancellations.support.deciding_forms import ApprovalForm, DenialForm
from cancellations.support.evidence import Evidence, Topic, log_rows
from cancellations.support.models import Approval, DenialReason, SupportRequest
from cancellations.support.presence import colleagues_here
from cancellations.support.previewing import Preview
from cancellations.support.replies import filled, templates_for
from cancellations.support.reply_forms import AnswerForm
from cancellations.support.services.deciding import approve, deny, withdraw_approval
from cancellations.support.services.reading import record_evidence_read
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.errors import Refusal
from csp_portal.money import Money
from csp_portal.pagination import page_of

DECISION = "decision"  # id of the part that htmx exchanges


@require_safe
@role_required(Permission.TRIAGE)
def queued_request(request: SignedInRequest, number: str) -> HttpResponse:
    """The request with the evidence beside it and what happened below."""
    return show_request(request, found_request(request, number))


def show_request(
    request: SignedInRequest, asked: SupportRequest, refusal: Refusal | None = None, **more: Any
) -> HttpResponse:
    """The page; after a refusal with the reason, and with what was typed in `more`."""
    events = list(asked.events.with_actor().prefetch_related("attachments"))
    context = {
        "asked": asked,
        "events": events,
        "seen": events[-1].pk,
        "notes": asked.internal_notes.select_related("author"),
        "evidence": Evidence(asked, timezone.now()) if asked.is_refund else None,
        "standing": asked.standing if asked.is_open else None,
        "templates": templates_for(asked) if asked.is_open else [],
        "answer": AnswerForm(),
        "note_text": "",
        "colleagues": colleagues_here(asked.number, request.user, timezone.now()),
        "refusal": refusal,
        **more,
    }
    return render(request, "queue/request.html", context, status=refusal.status if refusal else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Permission.TRIAGE, refused=Action.REQUEST_REFUSED)
def approve_request(request: SignedInRequest, number: str) -> HttpResponse:
    """GET shows what approving would do; POST does it, or with `look` shows it again for what was typed."""
    asked = _refund(request, number)
    form = ApprovalForm.of(asked, request.POST) if _decides(request) else None
    if form is None or not form.is_valid():
        return _show_approval(request, asked, form)
    try:
        approval = approve(number, form.decision, actor=request.user)
    except Refusal as refusal:
        return _show_approval(request, _refund(request, number), form, refusal)
    messages.success(request, _approved(approval, asked))
    return _back(request, number)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Permission.TRIAGE, refused=Action.REQUEST_REFUSED)
def deny_request(request: SignedInRequest, number: str) -> HttpResponse:
    """GET asks for the reason; POST denies, or with `look` shows the form again with the template filled in."""
    asked = _refund(request, number)
    form = DenialForm.of(asked, request.POST) if _decides(request) else None
    if form is None or not form.is_valid():
        return _show_denial(request, asked, form)
    sent = form.cleaned_data
    try:
        deny(number, DenialReason(sent["reason"]), sent["reply"], seen=sent["seen"], actor=request.user)
    except Refusal as refusal:
        return _show_denial(request, _refund(request, number), form, refusal)
    messages.success(request, _("Request %(number)s is denied.") % {"number": number})
    return _back(request, number)


@require_POST
@role_required(Permission.TRIAGE, refused=Action.REQUEST_REFUSED)
def withdraw(request: SignedInRequest, number: str) -> HttpResponse:
    """Take back the first approval, one's own or a colleague's."""
    found_request(request, number)
    try:
        withdraw_approval(number, actor=request.user)
    except Refusal as refusal:
        return show_request(request, found_request(request, number), refusal)
    messages.success(request, _("The first approval is withdrawn."))
    return redirect("queue:request", number)


@require_safe
@role_required(Permission.TRIAGE)
def evidence_log(request: SignedInRequest, number: str, what: str) -> HttpResponse:
    """The rows of the log that a figure of the evidence comes from; that they are read is logged (S6, A3)."""
    asked = _refund(request, number)
    if what not in Topic.values:
        raise Http404
    topic = Topic(what)
    record_evidence_read(number, topic.value, actor=request.user)
    page = page_of(request, log_rows(asked, topic, timezone.now()))
    return render(request, "queue/log.html", {"asked": asked, "topic": topic, "page": page})


def found_request(request: SignedInRequest, number: str) -> SupportRequest:
    """The request with all that its page shows of it, or 404."""
    requests = SupportRequest.objects.visible_to(request.user).with_names().with_approval()
    found: SupportRequest = get_object_or_404(requests.select_related("order_line__policy_version"), number=number)
    return found


def _refund(request: SignedInRequest, number: str) -> SupportRequest:
    found = found_request(request, number)
    if not found.is_refund:
        raise Http404
    return found


def _decides(request: SignedInRequest) -> bool:
    """Whether the form is sent to decide, not to look at it again with another amount or template."""
    return request.method == "POST" and "look" not in request.POST


def _show_approval(
    request: SignedInRequest, asked: SupportRequest, form: ApprovalForm | None, refusal: Refusal | None = None
) -> HttpResponse:
    typed = ApprovalForm(request.POST)
    preview = Preview(asked, timezone.now(), typed.base_typed, typed.typed("less_reason"))
    known = {"quote": preview.quote, "month": preview.month}
    shown = form or ApprovalForm.of(asked, initial=_typed(request, asked, preview.first, known))
    shown.limit(preview.most, asked.currency, included=preview.line.tax_included)
    return _show(request, "approve.html", asked, shown, refusal, preview=preview)


def _show_denial(
    request: SignedInRequest, asked: SupportRequest, form: DenialForm | None, refusal: Refusal | None = None
) -> HttpResponse:
    shown = form or DenialForm.of(asked, initial=_typed(request, asked, {}, {}))
    return _show(request, "deny.html", asked, shown, refusal)


def _typed(
    request: SignedInRequest, asked: SupportRequest, first: dict[str, Any], known: dict[str, Any]
) -> dict[str, Any]:
    """What the form shows: what was typed, or `first`; with a template filled in where one was just chosen."""
    shown = request.GET.get("seen", "")
    seen = int(shown) if shown.isdecimal() and len(shown) < 19 else asked.events.latest("at", "pk").pk
    typed: dict[str, Any] = {"seen": seen, **first, **request.POST.dict()}
    if request.POST.get("look") == "template":
        chosen = next((words for words in templates_for(asked) if str(words.pk) == typed.get("template")), None)
        typed["reply"] = filled(chosen, asked, agent=request.user, **known) if chosen else typed.get("reply", "")
    return typed


def _show(
    request: SignedInRequest,
    template: str,
    asked: SupportRequest,
    form: ApprovalForm | DenialForm,
    refusal: Refusal | None,
    **more: Any,
) -> HttpResponse:
    """The dialog, or the part of it that is exchanged; a refused form is of the state that it now tells of."""
    if refusal is not None:
        form.see(asked.events.latest("at", "pk").pk)
    context = {"asked": asked, "form": form, "refusal": refusal, **more}
    folder = "queue/partials" if request.htmx.target == DECISION else "queue"
    return render(request, f"{folder}/{template}", context, status=refusal.status if refusal else 200)


def _back(request: SignedInRequest, number: str) -> HttpResponse:
    return redirect("queue:request", number)


def _approved(approval: Approval, asked: SupportRequest) -> str:
    """What was done, in a sentence."""
    facts = {"number": asked.number, "credit": Money(approval.base, asked.currency)}
    if approval.cancellation is None:
        told = _("Your approval of request %(number)s is kept. Nothing is cancelled until a colleague approves it too.")
        return told % facts
    return _("Request %(number)s is approved: %(credit)s is credited.") % facts
