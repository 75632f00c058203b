"""Endpoints of exports of the log: a job makes each, and its file is there for seven days (A2)."""

from typing import Any

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.response import Response

from activity.api.asking import LogQuery, form_of
from activity.api.endpoints import TAG
from activity.export.asking import ask_for_export, give_out_export
from activity.export.delivery import deliver
from activity.models import Action, ExportFormat, ExportState, LogExport
from activity.reasons import EXPORT_NOT_FOUND
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission
from csp_portal.api.endpoint import ApiRequest, Endpoint
from csp_portal.api.idempotency import once
from csp_portal.api.paging import offset_page
from csp_portal.api.rendering import FileRenderer, JsonRenderer
from csp_portal.api.resources import instant, link, resource
from csp_portal.api.schema import LinkSerializer, ResourceSerializer, collection_of, documented
from csp_portal.api.serializers import ApiSerializer, WordField
from csp_portal.errors import Refusal
from csp_portal.guids import guid_of

PATH = "/activity/exports"


class ExportBody(LogQuery):
    format = WordField(choices=ExportFormat.values, help_text="bundle is the sealed export, which proves itself.")


class ExportsQuery(ApiSerializer):
    size = serializers.IntegerField(required=False)
    offset = serializers.IntegerField(required=False)


class LogExportSerializer(ResourceSerializer):
    """An export that was asked for, and how far it is."""

    id = serializers.UUIDField()
    format = serializers.ChoiceField(choices=ExportFormat.values)
    state = serializers.ChoiceField(choices=ExportState.values)
    query = serializers.DictField(child=serializers.CharField())
    requestedBy = serializers.CharField()
    requestedDate = serializers.DateTimeField()
    rowsDone = serializers.IntegerField()
    expiryDate = serializers.DateTimeField(required=False)
    fileName = serializers.CharField()
    fileSize = serializers.IntegerField(required=False)
    sha256 = serializers.CharField(required=False)
    links = serializers.DictField(child=LinkSerializer())


class Exports(Endpoint):
    """`/v1/activity/exports`"""

    needs = {"GET": Permission.EXPORT_ACTIVITY, "POST": Permission.EXPORT_ACTIVITY}
    refused = {"GET": Action.LOG_EXPORT_REFUSED, "POST": Action.LOG_EXPORT_REFUSED}

    @documented("Exports of the log", tag=TAG, query=ExportsQuery, answer=collection_of(LogExportSerializer))
    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Those that the client may see, newest first."""
        rows = LogExport.objects.visible_to(request.user).select_related("user").newest_first()
        return Response(offset_page(request, rows, export_resource, path=PATH))

    @documented("Export the log", tag=TAG, body=ExportBody, answer=LogExportSerializer, status=201, refusals=[409])
    @once
    def post(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Have a file made of the rows that the page's filters leave; the same export under way is not begun twice."""
        given = self.given(request, ExportBody)
        form = form_of({name.lower(): value for name, value in given.items()}, request.user)
        export = ask_for_export(form.query, ExportFormat(given["format"]), actor=request.user)
        return Response(export_resource(export), status=201)


class OneExport(Endpoint):
    """`/v1/activity/exports/{export_id}`"""

    needs = {"GET": Permission.EXPORT_ACTIVITY}
    refused = {"GET": Action.LOG_EXPORT_REFUSED}

    @documented("One export of the log", tag=TAG, answer=LogExportSerializer)
    def get(self, request: ApiRequest, export_id: str, **kwargs: Any) -> Response:
        """How far it is; its file can be got once the state is `ready`."""
        return Response(export_resource(_export_of(request.user, export_id)))


class ExportFile(OneExport):
    """`/v1/activity/exports/{export_id}/file`"""

    renderer_classes = (JsonRenderer, FileRenderer)

    @documented(
        "The file of an export",
        tag=TAG,
        answer=OpenApiResponse(OpenApiTypes.BINARY, "CSV, JSON Lines or a ZIP."),
        refusals=[409, 410],
    )
    def get(self, request: ApiRequest, export_id: str, **kwargs: Any) -> HttpResponseBase:
        """Who takes it is logged before its first byte; object storage answers by a redirect."""
        return deliver(give_out_export(_export_of(request.user, export_id).public_id, actor=request.user))


def export_resource(export: LogExport) -> dict[str, Any]:
    """An export that was fetched with its user."""
    path = f"{PATH}/{export.public_id}"
    file = {"file": link(f"{path}/file")} if export.is_ready else {}
    return resource(
        "LogExport",
        id=str(export.public_id),
        format=export.format,
        state=export.state.value,
        query=export.query,
        requestedBy=export.user.email,
        requestedDate=instant(export.asked_at),
        rowsDone=export.rows_done,
        expiryDate=instant(export.expires_at),
        fileName=export.file_name,
        fileSize=export.size or None,
        sha256=export.sha256 or None,
        links={"self": link(path), **file},
    )


def _export_of(user: User, export_id: str) -> LogExport:
    public_id = guid_of(export_id)
    visible = LogExport.objects.visible_to(user).select_related("user")
    found = visible.filter(public_id=public_id).first() if public_id else None
    if found is None:
        raise Refusal(EXPORT_NOT_FOUND)
    return found
