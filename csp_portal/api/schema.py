"""How the OpenAPI document is made of the endpoints, and what of it they share (X3)."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers


class FactSerializer(serializers.Serializer):
    key = serializers.CharField()
    value = serializers.CharField()


class ErrorSerializer(serializers.Serializer):
    """Why a call was refused: the number of the Partner Center API, a sentence, our reason and its facts."""

    code = serializers.CharField()
    description = serializers.CharField()
    data = FactSerializer(many=True)
    source = serializers.CharField()


class ThrottledSerializer(serializers.Serializer):
    """Too many calls; the header Retry-After says for how many seconds to wait."""

    statusCode = serializers.IntegerField()
    message = serializers.CharField()


class HeaderSerializer(serializers.Serializer):
    key = serializers.CharField()
    value = serializers.CharField()


class LinkSerializer(serializers.Serializer):
    """An address relative to /v1, and how it is called."""

    uri = serializers.CharField()
    method = serializers.CharField()
    headers = HeaderSerializer(many=True)


class AttributesSerializer(serializers.Serializer):
    objectType = serializers.CharField()
    etag = serializers.CharField(required=False)


class ResourceSerializer(serializers.Serializer):
    """What every resource has."""

    attributes = AttributesSerializer()


SAID = {
    400: "Something in the call is wrong; the answer names what.",
    401: "No access token, or one that is not good.",
    403: "The client's roles do not allow it.",
    404: "There is no such resource among the partner's own.",
    409: "It cannot be done as things are.",
    410: "It was revoked.",
    412: "If-Match does not fit any more.",
}
ALWAYS = (400, 401, 403, 404, 409)
_HEADERS = (
    OpenApiParameter(
        "MS-RequestId",
        OpenApiTypes.UUID,
        OpenApiParameter.HEADER,
        description="Echoed; a POST that is repeated with it is done once.",
    ),
    OpenApiParameter("MS-CorrelationId", OpenApiTypes.UUID, OpenApiParameter.HEADER, description="Echoed."),
)


@cache  # a shape has one name, so it is made once
def collection_of(item: type[serializers.Serializer], *, seek: bool = False) -> type[serializers.Serializer]:
    """A page of a list of `item`."""
    kind = item.__name__.removesuffix("Serializer")
    members: dict[str, Any] = {
        "totalCount": serializers.IntegerField(),
        "items": item(many=True),
        "links": serializers.DictField(child=LinkSerializer(), required=False),
        "attributes": AttributesSerializer(),
        "__doc__": f"A page of a list of {kind}.",
    }
    if seek:
        members["continuationToken"] = serializers.CharField(required=False)
    return type(f"{kind}{'Seek' if seek else ''}CollectionSerializer", (serializers.Serializer,), members)


def documented(
    summary: str,
    *,
    answer: Any,
    tag: str,
    query: Any = None,
    body: Any = None,
    status: int = 200,
    refusals: Sequence[int] = (),
    examples: Sequence[OpenApiExample] = (),
    file: str = "",
    has_body: bool = True,
) -> Callable[[Any], Any]:
    """Say in the document what a method of an endpoint takes and answers.

    `answer` is a serializer, or None where there is no body; `refusals` are statuses beside those that all have;
    `file` is the media type of a file that it is where the client accepts that. To HEAD nothing has a body.
    """
    answers: dict[Any, Any] = {status: answer if answer is not None else OpenApiResponse(description="Done.")}
    if file:
        answers = {(status, "application/json"): answer, (status, file): OpenApiTypes.BINARY}
    answers |= {each: OpenApiResponse(ErrorSerializer, SAID[each]) for each in (*ALWAYS, *refusals)}
    answers[429] = OpenApiResponse(ThrottledSerializer, "Too many calls.")
    if not has_body:
        answers = {each: OpenApiResponse(description=SAID.get(each, "Done.")) for each in answers}
    return extend_schema(
        summary=summary,
        tags=[tag],
        parameters=[*([query] if query else []), *_HEADERS],
        request=body,
        responses=answers,
        examples=list(examples),
    )


class ApiSchema(AutoSchema):
    """Names of operations out of method and path, so that each has one of its own."""

    def get_operation_id(self) -> str:
        words = [part for part in self.path.replace("/v1/", "/").split("/") if part]
        told = ["by " + part.strip("{}") if part.startswith("{") else part for part in words]
        return "_".join([self.method.lower(), *"_".join(told).replace(" ", "_").replace(".", "_").split("_")])


class TokenScheme(OpenApiAuthenticationExtension):
    """Access tokens in the document."""

    target_class = "csp_portal.api.authentication.TokenAuthentication"
    name = "oauth2"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        flow = {"tokenUrl": "/oauth2/token", "scopes": {}}
        return {"type": "oauth2", "flows": {"clientCredentials": flow}}
