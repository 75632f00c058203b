"""Endpoints of the files of support requests: listed, sent with a note, and given out as the page does (S3)."""

from typing import IO, Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse
from rest_framework.response import Response

from activity.models import Action
from cancellations.support.api.bodies import AttachmentQuery
from cancellations.support.api.endpoints import TAG, request_of
from cancellations.support.api.files import FileParser
from cancellations.support.api.resources import FileLinkSerializer, file_link, path_of
from cancellations.support.models import Attachment
from cancellations.support.reasons import ATTACHMENT_NOT_FOUND
from cancellations.support.sending import sent_file
from cancellations.support.services.attaching import attach_file
from cancellations.support.services.files import give_out
from csp_portal.accounts.permissions import Permission
from csp_portal.api.endpoint import ApiRequest, Endpoint
from csp_portal.api.idempotency import once
from csp_portal.api.rendering import FileRenderer, JsonRenderer
from csp_portal.api.resources import collection
from csp_portal.api.schema import collection_of, documented
from csp_portal.errors import Refusal
from csp_portal.guids import guid_of


class Attachments(Endpoint):
    """`/v1/servicerequests/{request_id}/attachments`"""

    needs = {"GET": Permission.FILE_SUPPORT, "POST": Permission.FILE_SUPPORT}
    refused = {"POST": Action.FILE_REFUSED}
    parser_classes = (FileParser,)
    received: IO[bytes] | None = None  # the body, on disk

    def finalize_response(self, *args: Any, **kwargs: Any) -> Any:
        """Nothing of the body is needed any more."""
        if self.received is not None:
            self.received.close()
        return super().finalize_response(*args, **kwargs)

    @documented("Files of a service request", tag=TAG, answer=collection_of(FileLinkSerializer))
    def get(self, request: ApiRequest, request_id: str, **kwargs: Any) -> Response:
        """Those of both sides, the oldest first."""
        found = request_of(request.user, request_id)
        files = (file_link(file, found) for file in found.attachments.all())
        return Response(collection(files, f"{path_of(found)}/attachments"))

    @documented(
        "Add a file to a service request",
        tag=TAG,
        query=AttachmentQuery,
        body={"application/octet-stream": OpenApiTypes.BINARY},
        answer=FileLinkSerializer,
        status=201,
        refusals=[409],
    )
    @once
    def post(self, request: ApiRequest, request_id: str, **kwargs: Any) -> Response:
        """The body is the file; it goes with a note, which says the file's name where `comment` says nothing."""
        found, asked = request_of(request.user, request_id), self.asked(request, AttachmentQuery)
        upload = request.data.get("file") or SimpleUploadedFile("upload", b"")  # no body is an empty file
        upload.name = asked["fileName"]
        text = asked.get("comment", "").strip() or _("File: %(name)s") % {"name": upload.name}
        added = attach_file(found.number, upload, text, actor=request.user)
        return Response(file_link(added, found), status=201)


class AttachmentContent(Endpoint):
    """`/v1/servicerequests/{request_id}/attachments/{attachment_id}`"""

    needs = {"GET": Permission.READ_SUPPORT_FILES}
    refused = {"GET": Action.FILE_REFUSED}
    renderer_classes = (JsonRenderer, FileRenderer)

    @documented(
        "A file of a service request", tag=TAG, answer=OpenApiResponse(OpenApiTypes.BINARY, "The file's bytes.")
    )
    def get(self, request: ApiRequest, request_id: str, attachment_id: str, **kwargs: Any) -> HttpResponseBase:
        """Its bytes, once it is recorded who gets them."""
        asked, file_id = request_of(request.user, request_id), guid_of(attachment_id)
        files = Attachment.objects.of_request(asked).select_related("request__order_line", "request__customer")
        found = files.filter(public_id=file_id).first() if file_id else None
        if found is None:
            raise Refusal(ATTACHMENT_NOT_FOUND)
        response = sent_file(found)
        give_out(found, actor=request.user)
        return response
