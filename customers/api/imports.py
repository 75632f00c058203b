"""Importing customers from Partner Center's export: look first, then all or nothing (U4)."""

from io import BytesIO
from typing import Any

from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.response import Response

from csp_portal.accounts.permissions import Permission
from csp_portal.api.endpoint import ApiRequest, Endpoint
from csp_portal.api.idempotency import once
from csp_portal.api.reasons import BODY_BROKEN
from csp_portal.api.resources import resource
from csp_portal.api.schema import ResourceSerializer, documented
from csp_portal.api.serializers import ApiSerializer, FlagField
from csp_portal.errors import Refusal
from csp_portal.row_files import BadFile
from csp_portal.typed_text import one_line
from customers import reasons
from customers.api.endpoints import TAG
from customers.import_file import LARGEST_FILE, ImportRow
from customers.services import ImportPlan, check_import, import_customers

ERRORS_TOLD = 1000
LONGEST_FILE_NAME = 100


class FileParser(BaseParser):
    """The body is the file itself, whatever the Content-Type says."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, str]:
        """The file's text. Raises Refusal."""
        raw = stream.read(LARGEST_FILE + 1)
        if len(raw) > LARGEST_FILE:
            raise Refusal(reasons.IMPORT_TOO_LARGE, largest=LARGEST_FILE)
        try:
            return {"text": raw.decode("utf-8-sig")}
        except UnicodeDecodeError as error:
            raise Refusal(BODY_BROKEN, where=type(error).__name__) from None


class ImportQuery(ApiSerializer):
    preview = FlagField(default=False, help_text="Say what would be added, and add nothing.")
    fileName = serializers.CharField(required=False, default="", help_text="Noted in the activity log.")


class ImportedSerializer(serializers.Serializer):
    """A row of the file."""

    line = serializers.IntegerField()
    tenantId = serializers.UUIDField()
    companyName = serializers.CharField()
    domain = serializers.CharField()
    market = serializers.CharField()
    currencyCode = serializers.CharField()


class KnownSerializer(ImportedSerializer):
    """A row whose customer there was already; it is left as it is."""

    differs = serializers.BooleanField()


class ImportSerializer(ResourceSerializer):
    """What an import added, or would add, and which customers there were already."""

    preview = serializers.BooleanField()
    added = ImportedSerializer(many=True)
    alreadyThere = KnownSerializer(many=True)


class CustomerImports(Endpoint):
    """`/v1/customers/imports`"""

    needs = {"POST": Permission.ADD_CUSTOMERS}
    parser_classes = (FileParser,)

    @documented(
        "Import customers",
        tag=TAG,
        query=ImportQuery,
        body={"text/csv": str},
        answer=ImportSerializer,
    )
    @once
    def post(self, request: ApiRequest) -> Response:
        """Add the customers of Partner Center's export (CSV in UTF-8), all or none; or say what that would do."""
        asked = self.asked(request, ImportQuery)
        is_preview, name = asked["preview"], one_line(asked["fileName"])[:LONGEST_FILE_NAME]
        try:
            plan = check_import(BytesIO(request.data.get("text", "").encode()), actor=request.user)
            done = plan if is_preview else import_customers(plan.rows, file_name=name, actor=request.user)
        except BadFile as bad:
            raise _refused(bad) from None
        return Response(_told(done, is_preview=is_preview))


def _told(plan: ImportPlan, *, is_preview: bool) -> dict[str, Any]:
    already = [{**_row(found.row), "differs": found.differs} for found in plan.already]
    added = [_row(row) for row in plan.new]
    return resource("CustomerImport", preview=is_preview, added=added, alreadyThere=already)


def _row(row: ImportRow) -> dict[str, Any]:
    return {
        "line": row.line,
        "tenantId": str(row.details["tenant_id"]),
        "companyName": row.details["company_name"],
        "domain": row.details["primary_domain"],
        "market": row.details["market"],
        "currencyCode": row.details["currency"],
    }


def _refused(bad: BadFile) -> Refusal:
    """The first thousand bad rows, each with what is wrong."""
    lines: dict[str, Any] = {f"line {error.line}": error.reason for error in reversed(bad.errors[:ERRORS_TOLD])}
    first = bad.errors[0]
    return Refusal(reasons.IMPORT_BAD, bad=len(bad.errors), line=first.line, problem=first.reason, **lines)
