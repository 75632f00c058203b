"""Files of requests: added one by one while the form is open, and sent to those who may read them (S3)."""

from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from activity.models import Action
from cancellations.support.models import Attachment, Draft
from cancellations.support.sending import sent_file
from cancellations.support.services.files import add_file, give_out, remove_file
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.errors import Refusal
from csp_portal.guids import guid_of


@require_POST
@role_required(Permission.FILE_SUPPORT, refused=Action.FILE_REFUSED)
def upload(request: SignedInRequest) -> HttpResponse:
    """Add one file to the draft that the form names; answers the list of its files."""
    draft_id, file, refusal = guid_of(request.POST.get("draft", "")), request.FILES.get("files"), None
    if draft_id is None or not isinstance(file, UploadedFile):
        return HttpResponse(status=400)
    try:
        add_file(draft_id, file, actor=request.user)
    except Refusal as refused:
        refusal = refused
    except Draft.DoesNotExist:
        raise Http404 from None
    files = Attachment.objects.visible_to(request.user).filter(draft__public_id=draft_id)
    context = {"files": files, "refusals": [refusal] if refusal else []}
    return render(request, "support/partials/file_list.html", context, status=refusal.status if refusal else 200)


@require_safe
@role_required(Permission.READ_SUPPORT_FILES, refused=Action.FILE_REFUSED)
def download(request: SignedInRequest, file_id: UUID) -> HttpResponseBase:
    """A file, never shown in the portal's name: as an attachment, of the type that it was found to be."""
    found = Attachment.objects.visible_to(request.user).select_related("request__order_line", "request__customer")
    attachment = get_object_or_404(found, public_id=file_id)
    response = sent_file(attachment)
    if request.method == "GET":
        give_out(attachment, actor=request.user)
    return response


def take_files(request: SignedInRequest, draft_id: UUID) -> list[Refusal]:
    """Add the files that came with the form to its draft, and take out the one that is to go; answers the refusals."""
    refusals = []
    for upload in request.FILES.getlist("files"):
        assert isinstance(upload, UploadedFile)
        try:
            add_file(draft_id, upload, actor=request.user)
        except Refusal as refusal:
            refusals.append(refusal)
        except Draft.DoesNotExist:
            raise Http404 from None
    file_id = guid_of(request.POST.get("remove", ""))
    if file_id is not None:
        remove_file(file_id, actor=request.user)
    return refusals
