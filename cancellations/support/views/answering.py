"""What a support agent writes to the partner, on the request's page in the queue (S4)."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from activity.models import Action
from cancellations.support.models import RequestEvent, SupportRequest
from cancellations.support.replies import filled, templates_for
from cancellations.support.reply_forms import AnswerForm
from cancellations.support.services.talking import close, reply_as_support
from cancellations.support.views.deciding import show_request
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.errors import Refusal


@require_POST
@role_required(Permission.TRIAGE, refused=Action.REQUEST_REFUSED)
def reply(request: SignedInRequest, number: str) -> HttpResponse:
    """Write to the partner; or, where a template was chosen, show its words filled in."""
    asked = _found(request, number)
    if request.POST.get("look") == "template":
        return show_request(request, asked, answer=_from_template(request, asked))
    told = _("Your reply is sent.")
    return _done(request, asked, told, lambda text: reply_as_support(number, text, asks=False, actor=request.user))


@require_POST
@role_required(Permission.TRIAGE, refused=Action.REQUEST_REFUSED)
def ask(request: SignedInRequest, number: str) -> HttpResponse:
    """Ask the partner; until it has replied nothing is due."""
    told = _("Your question is sent. Nothing is due until the partner has replied.")
    asked = _found(request, number)
    return _done(request, asked, told, lambda text: reply_as_support(number, text, asks=True, actor=request.user))


@require_POST
@role_required(Permission.TRIAGE, refused=Action.REQUEST_REFUSED)
def close_request(request: SignedInRequest, number: str) -> HttpResponse:
    """Close a request that is no refund."""
    told = _("The request is closed.")
    return _done(request, _found(request, number), told, lambda text: close(number, text=text, actor=request.user))


def _done(
    request: SignedInRequest, asked: SupportRequest, told: str, act: Callable[[str], RequestEvent]
) -> HttpResponse:
    """Back to the page with what was done; with the reason, and what was typed, where it was refused."""
    form = AnswerForm(request.POST)
    try:
        act(form.written)
    except Refusal as refusal:
        return show_request(request, _found(request, asked.number), refusal, answer=form)
    messages.success(request, told)
    return redirect("queue:request", asked.number)


def _from_template(request: SignedInRequest, asked: SupportRequest) -> AnswerForm:
    """The form with the words of the template that was chosen; with what was typed where there is no such."""
    sent = AnswerForm(request.POST)
    chosen = next((words for words in templates_for(asked) if str(words.pk) == request.POST.get("template")), None)
    text = filled(chosen, asked, agent=request.user) if chosen else sent.written
    return AnswerForm({"text": text, "template": request.POST.get("template", "")})


def _found(request: SignedInRequest, number: str) -> SupportRequest:
    return get_object_or_404(SupportRequest.objects.visible_to(request.user).for_decision(), number=number)
