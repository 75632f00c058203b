"""The endpoint of a line's builds: what there is to download of it (K1)."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.response import Response

from csp_portal.accounts.permissions import Permission
from csp_portal.api.endpoint import ApiRequest
from csp_portal.api.resources import collection, resource
from csp_portal.api.schema import ResourceSerializer, collection_of, documented
from csp_portal.api.serializers import ApiSerializer
from csp_portal.errors import Refusal
from orders.api.lines import LineEndpoint
from orders.api.resources import line_path
from orders.models import OrderLine
from software.models import Build
from software.reasons import BUILD_UNKNOWN

MOST_NAMED = 10  # of the possible builds, in a refusal
FIELDS = {"version": "version", "language": "language", "fileType": "file_type"}


class BuildsQuery(ApiSerializer):
    version = serializers.CharField(required=False)
    language = serializers.CharField(required=False, help_text="A tag such as en-US.")
    fileType = serializers.CharField(required=False, help_text="Such as ISO x64.")


class BuildSerializer(ResourceSerializer):
    """A file of a product: a version in a language and file type."""

    id = serializers.UUIDField()
    version = serializers.CharField()
    language = serializers.CharField()
    fileType = serializers.CharField()
    fileName = serializers.CharField()
    fileSize = serializers.IntegerField(help_text="Bytes.")
    sha256 = serializers.CharField()


class Builds(LineEndpoint):
    """`LINE/builds`"""

    needs = {"GET": Permission.SEE_SOFTWARE}

    @documented(
        "Files to choose from",
        tag="Keys and downloads",
        query=BuildsQuery,
        answer=collection_of(BuildSerializer),
    )
    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Versions, languages and file types that go together; the query narrows them."""
        line = self.line(request)
        found = fitting(line, self.asked(request, BuildsQuery))
        return Response(collection(map(build_resource, found), f"{line_path(line)}/builds"))


def fitting(line: OrderLine, asked: dict[str, str]) -> "QuerySet[Build]":
    """The builds of the line's product that have what was asked for, in any case."""
    wanted = {f"{FIELDS[name]}__iexact": value for name, value in asked.items() if name in FIELDS}
    return Build.objects.filter(product=line.purchase.sku.product_id, **wanted)


def build_of(line: OrderLine, asked: dict[str, str]) -> Build:
    """The one that version, language and file type name. Raises Refusal, which names those that there are (K1)."""
    build = fitting(line, asked).first()
    if build is not None:
        return build
    possible = Build.objects.filter(product=line.purchase.sku.product_id)
    named = [f"{each.version}, {each.language}, {each.file_type}" for each in possible[:MOST_NAMED]]
    facts = {column: asked[name] for name, column in FIELDS.items()}
    title = line.purchase.sku.product.title
    raise Refusal(BUILD_UNKNOWN, on=line, product=title, possible="; ".join(named) or "–", **facts)


def build_resource(build: Build) -> dict[str, Any]:
    return resource(
        "Build",
        id=str(build.public_id),
        version=build.version,
        language=build.language,
        fileType=build.file_type,
        fileName=build.file_name,
        fileSize=build.size,
        sha256=build.sha256,
    )
