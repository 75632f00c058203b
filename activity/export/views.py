"""Pages on which rows of the log are exported (A2)."""

from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from activity.asked import without_secrets
from activity.export.asking import ask_for_export, give_out_export, needs_a_job, refusal_of
from activity.export.delivery import deliver, streamed
from activity.export.forms import ExportForm
from activity.export.recording import begin_export
from activity.export.writing import stream_of
from activity.forms import LogForm
from activity.models import Action, Event, ExportFormat, LogExport
from activity.models.exports import file_name
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.templatetags.portal import instant

EXPORTS_LISTED = 10


@require_http_methods(["GET", "POST"])
@role_required(Permission.EXPORT_ACTIVITY, refused=Action.LOG_EXPORT_REFUSED)
def export(request: SignedInRequest) -> HttpResponseBase:
    """What the log shows, as a file: at once, or made by a job where that takes a while."""
    form = LogForm(without_secrets(request.GET.dict(), request.user))
    choice = ExportForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and choice.is_valid():
        return _exported(request, form, choice.file_format)
    exports = LogExport.objects.visible_to(request.user).select_related("user").newest_first()[:EXPORTS_LISTED]
    context = {"form": form, "choice": choice, "exports": exports, "zone": timezone.get_current_timezone_name()}
    return render(request, "activity/export.html", context)


def _exported(request: SignedInRequest, form: LogForm, file_format: ExportFormat) -> HttpResponseBase:
    events, query = form.narrow(Event.objects.visible_to(request.user)), form.query
    if needs_a_job(events, file_format):
        return redirect(ask_for_export(query, file_format, actor=request.user))
    begin_export(query, file_format, actor=request.user)
    name = file_name(query, request.user.email, file_format)
    return streamed(stream_of(file_format, events), name, file_format)


@require_safe
@role_required(Permission.EXPORT_ACTIVITY, refused=Action.LOG_EXPORT_REFUSED)
def exported(request: SignedInRequest, export_id: UUID) -> HttpResponse:
    """How far an export is, and its file once it is made; to htmx, which asks again by itself, that part alone."""
    visible = LogExport.objects.visible_to(request.user).select_related("user")
    found = get_object_or_404(visible, public_id=export_id)
    template = "activity/partials/export_state.html" if request.htmx else "activity/exported.html"
    return render(request, template, {"export": found, "refusal": refusal_of(found), "facts": _facts(found)})


def _facts(found: LogExport) -> list[tuple[str, object]]:
    """What was asked for, by whom, and how its days were meant."""
    return [
        (_("Asked for by"), found.user.email),
        (_("Asked for"), instant(found.asked_at)),
        (_("Zone of the days"), found.query["zone"]),
    ]


@require_GET
@role_required(Permission.EXPORT_ACTIVITY, refused=Action.LOG_EXPORT_REFUSED)
def download(request: SignedInRequest, export_id: UUID) -> HttpResponseBase:
    """The file, as an attachment; who takes it is logged before its first byte."""
    found = get_object_or_404(LogExport.objects.visible_to(request.user), public_id=export_id)
    return deliver(give_out_export(found.public_id, actor=request.user))
