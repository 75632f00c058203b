"""A request's page as its partner meets it: what was asked, what was said, how it ended; replying and closing (S4)."""

from collections.abc import Callable, Sequence

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from activity.models import Action
from cancellations.support.models import Attachment, RequestEvent, SupportRequest
from cancellations.support.outcome import Outcome
from cancellations.support.reply_forms import ReplyForm
from cancellations.support.services.talking import close, reply_as_partner
from cancellations.support.views.files import take_files
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.errors import Refusal


@require_safe
@role_required(Permission.FILE_SUPPORT)
def support_request(request: SignedInRequest, number: str) -> HttpResponse:
    """What the partner may know of a request."""
    return _show(request, number, ReplyForm())


@require_POST
@role_required(Permission.FILE_SUPPORT, refused=Action.REQUEST_REFUSED)
def reply(request: SignedInRequest, number: str) -> HttpResponse:
    """Write to support, with the files that were added."""
    form = ReplyForm(request.POST)
    get_object_or_404(SupportRequest.objects.visible_to(request.user), number=number)
    refusals = take_files(request, form.draft_id) if form.draft_id else []
    if refusals or "remove" in request.POST or "then" in request.POST:
        return _show(request, number, form, refusals=refusals)
    return _done(request, number, form, lambda: reply_as_partner(number, actor=request.user, **form.sent()))


@require_POST
@role_required(Permission.FILE_SUPPORT, refused=Action.REQUEST_REFUSED)
def close_request(request: SignedInRequest, number: str) -> HttpResponse:
    """Withdraw a request."""
    text = request.POST.get("text", "")
    return _done(
        request, number, ReplyForm(initial={"text": text}), lambda: close(number, text=text, actor=request.user)
    )


def _done(request: SignedInRequest, number: str, form: ReplyForm, act: Callable[[], RequestEvent]) -> HttpResponse:
    """Back to the page with what was done; with the reason, and what was typed, where it was refused."""
    found = get_object_or_404(SupportRequest.objects.visible_to(request.user), number=number)
    try:
        event = act()
    except Refusal as refusal:
        return _show(request, number, form, refusal)
    told = _("Your reply is sent.") if event.status_after.is_open else _("The request is closed.")
    messages.success(request, told)
    return redirect(found)


def _show(
    request: SignedInRequest,
    number: str,
    form: ReplyForm,
    refusal: Refusal | None = None,
    *,
    refusals: Sequence[Refusal] = (),
) -> HttpResponse:
    """The page, with what was typed; `refusals` are of files that were not taken."""
    found = get_object_or_404(SupportRequest.objects.visible_to(request.user).with_names(), number=number)
    draft_id = form.draft_id
    files = Attachment.objects.visible_to(request.user)
    context = {
        "asked": found,
        "events": list(found.events.for_partner().with_actor().prefetch_related("attachments")),
        "outcome": Outcome.of(found),
        "form": form,
        "files": files.filter(draft__public_id=draft_id) if draft_id else (),
        "refusal": refusal,
        "refusals": refusals,
        "most_files": settings.SUPPORT_MOST_FILES,
        "largest_file": settings.SUPPORT_LARGEST_FILE,
    }
    status = next((each.status for each in (refusal, *refusals) if each), 200)
    return render(request, "support/request.html", context, status=status)
