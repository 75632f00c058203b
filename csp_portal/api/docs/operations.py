"""The OpenAPI document as its pages show it: by tag, each operation with what it takes and answers."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

METHODS = ("get", "head", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Member:
    """A member of a body, or a parameter."""

    name: str
    kind: str
    is_required: bool
    said: str


@dataclass(frozen=True)
class Operation:
    """A method of a path."""

    anchor: str
    method: str
    path: str
    summary: str
    said: str
    parameters: list[Member]
    body: list[Member]
    answers: list[Member]
    example: str


def by_tag(document: dict[str, Any]) -> dict[str, list[Operation]]:
    """The operations of the document, in the order of their paths."""
    tags: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                operation = methods[method]
                tags.setdefault(operation["tags"][0], []).append(_operation(document, method, path, operation))
    return dict(sorted(tags.items()))


def _operation(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> Operation:
    content: dict[str, Any] = next(iter(operation.get("requestBody", {}).get("content", {}).values()), {})
    return Operation(
        anchor=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        said=operation.get("description", ""),
        parameters=[_parameter(each) for each in operation.get("parameters", [])],
        body=list(_members(document, content.get("schema", {}))),
        answers=[_answer(status, answer) for status, answer in sorted(operation["responses"].items())],
        example=_example(operation, content),
    )


def _parameter(given: dict[str, Any]) -> Member:
    where = {"path": "path", "query": "query", "header": "header"}[given["in"]]
    return Member(given["name"], where, given.get("required", False), given.get("description", ""))


def _members(document: dict[str, Any], schema: dict[str, Any]) -> Iterator[Member]:
    """The members of an object, one level deep; what lies deeper is named by its kind."""
    schema = _resolved(document, schema)
    for name, each in schema.get("properties", {}).items():
        yield Member(name, _kind(each), name in schema.get("required", []), each.get("description", ""))


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return document["components"]["schemas"][name] if name else schema


def _kind(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if schema.get("type") == "array":
        return f"[{_kind(schema['items'])}]"
    if "allOf" in schema:
        return _kind(schema["allOf"][0])
    kind = schema.get("type", "")
    return " | ".join(kind) if isinstance(kind, list) else str(schema.get("format") or kind)


def _answer(status: str, answer: dict[str, Any]) -> Member:
    schemas = [content.get("schema", {}) for content in answer.get("content", {}).values()]
    return Member(status, _kind(schemas[0]) if schemas else "", is_required=False, said=answer.get("description", ""))


def _example(operation: dict[str, Any], content: dict[str, Any]) -> str:
    """The first example of the body, else of an answer."""
    answers = [each for found in operation["responses"].values() for each in found.get("content", {}).values()]
    for each in (content, *answers):
        for example in each.get("examples", {}).values():
            return json.dumps(example.get("value"), ensure_ascii=False, indent=2)
    return ""
