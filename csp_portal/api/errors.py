"""Errors as the Partner Center API shapes them; `data` has our reason and its facts (partner-center-api.md, 1.8)."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from csp_portal.api.codes import numbered
from csp_portal.api.reasons import INPUT_WRONG, METHOD_UNKNOWN, NOT_ACCEPTABLE, NOT_FOUND
from csp_portal.errors import Refusal

SOURCE = "csp-portal"
CHALLENGE = 'Bearer realm="csp-portal"'
OUTDATED = "2055"  # what the client has seen is no longer so: 412 where it said so with If-Match
LONGEST = 1024  # characters of a description


def error_body(refusal: Refusal, code: str) -> dict[str, Any]:
    """What a client is told of a refusal."""
    facts = {"reason": refusal.code, **refusal.facts}
    return {
        "code": code,
        "description": str(refusal)[:LONGEST],
        "data": [{"key": name, "value": str(value)} for name, value in facts.items()],
        "source": SOURCE,
    }


def number_of(refusal: Refusal) -> tuple[int, str]:
    """HTTP status and number of a refusal, by its reason and what it is about."""
    return numbered(refusal.code, refusal.status, str(refusal.facts.get("kind", "")))


def refused(refusal: Refusal) -> Response:
    """A refusal as an answer of an endpoint."""
    status, code = number_of(refusal)
    response = Response(error_body(refusal, code), status=status)
    if status == 401:
        response.headers["WWW-Authenticate"] = CHALLENGE
    return response


def plain_refusal(refusal: Refusal) -> JsonResponse:
    """The same where no endpoint answers: a path that there is not, a fault of ours."""
    status, code = number_of(refusal)
    return JsonResponse(error_body(refusal, code), status=status, json_dumps_params={"ensure_ascii": False})


def fault(status: HTTPStatus) -> JsonResponse:
    """A fault of ours: nothing was changed, and the call can be made again."""
    body = {
        "code": numbered("", status)[1],
        "description": "The portal could not answer; nothing was changed. Try again later, with the same MS-RequestId.",
        "data": [],
        "source": SOURCE,
    }
    return JsonResponse(body, status=status)


def answered(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's handler of exceptions: every refusal in the one shape; None: a fault of ours."""
    if isinstance(error, exceptions.Throttled):
        return _throttled(error)
    refusal = _refusal_of(error, context["request"])
    if refusal is None:
        return None
    set_rollback()
    response = refused(refusal)
    if response.data["code"] == OUTDATED and context["request"].headers.get("If-Match"):
        response.status_code = HTTPStatus.PRECONDITION_FAILED
    if isinstance(error, exceptions.MethodNotAllowed):
        response.headers["Allow"] = ", ".join(context["view"].allowed_methods)
    return response


def _refusal_of(error: Exception, request: HttpRequest) -> Refusal | None:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, exceptions.ValidationError):
        return input_wrong(dict(_problems(error.detail)))
    if isinstance(error, ValidationError):
        return input_wrong({name: " ".join(found) for name, found in _by_field(error).items()})
    if isinstance(error, exceptions.MethodNotAllowed):
        return Refusal(METHOD_UNKNOWN, method=request.method)
    if isinstance(error, exceptions.NotAcceptable):
        return Refusal(NOT_ACCEPTABLE)
    if isinstance(error, Http404 | PermissionDenied):
        return Refusal(NOT_FOUND, what="resource")
    return None


def input_wrong(problems: dict[str, str]) -> Refusal:
    """The refusal that names each member that is wrong; the first one is its sentence."""
    field, problem = next(iter(problems.items()))
    facts: dict[str, Any] = {**problems, "field": field, "problem": problem}
    return Refusal(INPUT_WRONG, **facts)


def renamed(error: ValidationError, members: Mapping[str, str]) -> Refusal:
    """What a service found wrong, by the names that the API has for its fields."""
    return input_wrong({members.get(name, name): " ".join(found) for name, found in _by_field(error).items()})


def _by_field(error: ValidationError) -> dict[str, list[str]]:
    return error.message_dict if hasattr(error, "error_dict") else {"body": error.messages}


def _problems(detail: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """What is wrong, each with where it stands: `lineItems[0].quantity`."""
    if isinstance(detail, dict):
        for name, each in detail.items():
            yield from _problems(each, _below(path, name))
    elif isinstance(detail, list):
        for number, each in enumerate(detail):
            yield from _problems(each, path if isinstance(each, str) else f"{path}[{number}]")
    else:
        yield path or "body", str(detail)


def _below(path: str, name: str | int) -> str:
    """Where a member stands, or an element of a list; what is wrong with a whole resource stands where that does."""
    if name == api_settings.NON_FIELD_ERRORS_KEY:
        return path
    if isinstance(name, int):
        return f"{path}[{name}]"
    return f"{path}.{name}" if path else name


def _throttled(error: exceptions.Throttled) -> Response:
    """Too many calls: a body of its own, and when to come back (partner-center-api.md, 1.9)."""
    seconds = max(1, round(error.wait or 1))
    body = {"statusCode": 429, "message": f"Rate limit is exceeded. Try again in {seconds} seconds."}
    return Response(body, status=429, headers={"Retry-After": str(seconds)})
