"""Holding answers of the API against its OpenAPI document."""

import re
from functools import lru_cache
from typing import Any

import jsonschema
from django.http import HttpResponse

from csp_portal.api.docs.document import openapi


def assert_documented(method: str, path: str, answer: HttpResponse) -> None:
    """Fail unless the document knows the operation, its status, and the shape of the answer."""
    found = operation_of(method, path)
    if found is None:
        return  # a path that there is not
    template, operation = found
    responses = operation["responses"]
    where = f"{method} {template} answered {answer.status_code}"
    if answer.status_code in (404, 405, 406, 500, 503):  # of every path, documented or not
        responses = {str(answer.status_code): responses.get("404", {})} | responses
    assert str(answer.status_code) in responses, f"{where}, which @documented does not say"
    content = responses[str(answer.status_code)].get("content", {})
    if answer.streaming or not answer.content:  # a file, or nothing
        return
    kind = answer.headers["Content-Type"].partition(";")[0]
    assert kind in content or kind == "application/json", f"{where} with {kind}; @documented says {list(content)}"
    schema = content.get(kind, {}).get("schema")
    if kind == "application/json" and schema:
        _validate(schema, answer.json(), where)


def operation_of(method: str, path: str) -> tuple[str, dict[str, Any]] | None:
    """The operation that a path names, with the path's template."""
    bare = re.sub("/{2,}", "/", path.partition("?")[0]).rstrip("/").lower()
    for template, expression, methods in _paths():
        if expression.fullmatch(bare) and method.lower() in methods:
            return template, methods[method.lower()]
    return None


@lru_cache(maxsize=1)
def _paths() -> list[tuple[str, re.Pattern[str], dict[str, Any]]]:
    """Those with the fewest parameters first: `/servicerequests/supporttopics` before `/servicerequests/{id}`."""
    paths = sorted(openapi()["paths"].items(), key=lambda item: item[0].count("{"))
    return [
        (path, re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path.lower()))), each) for path, each in paths
    ]


def _validate(schema: dict[str, Any], answer: Any, where: str) -> None:
    document = {"components": openapi()["components"], **schema}
    errors = sorted(jsonschema.Draft202012Validator(document).iter_errors(answer), key=lambda error: error.json_path)
    assert not errors, f"{where}: " + "; ".join(f"{error.json_path}: {error.message[:200]}" for error in errors[:5])
