"""Calling the API as a client does."""

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client

from csp_portal.accounts.models import ApiClient, User
from csp_portal.accounts.permissions import Role
from csp_portal.accounts.services.api_clients import make_client
from csp_portal.api.tokens import make_token
from tests.api_document import assert_documented


class Caller:
    """A client of a partner with a token; `call.get("/customers")` asks `/v1/customers`."""

    def __init__(self, admin: User, *roles: Role, limited_to: Any = (), name: str = "Billing sync 首尔") -> None:
        self.client, self.secret = make_client(name, roles=roles, limited_to=limited_to, actor=admin)
        self.user = self.client.user
        self.token = make_token(self.client, "https://graph.windows.net")
        self.http = Client(raise_request_exception=False)

    @classmethod
    def of(cls, client: ApiClient) -> "Caller":
        """The same for a client that stands."""
        caller = cls.__new__(cls)
        caller.client, caller.user, caller.http = client, client.user, Client(raise_request_exception=False)
        caller.token = make_token(client, "https://graph.windows.net")
        return caller

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """The answer, which is as the OpenAPI document says; `headers` as `MS_RequestId="…"`."""
        told = {"Authorization": f"Bearer {self.token}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        data = body if isinstance(body, bytes | str) else json.dumps(body) if body is not None else ""
        answer = self.http.generic(method, f"/v1{path}", data, content_type="application/json", headers=told)
        assert_documented(method, f"/v1{path}", answer)
        return answer

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.ask("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.ask("PUT", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.ask("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> HttpResponse:
        return self.ask("DELETE", path, **headers)

    def items(self, path: str, **headers: str) -> list[dict[str, Any]]:
        """The rows of a list's first page."""
        answer = self.get(path, **headers)
        assert answer.status_code == 200, answer.content
        return answer.json()["items"]


def refusal_of(answer: HttpResponse) -> tuple[int, str, str]:
    """Status, number and our reason of an answer that refuses."""
    body = answer.json()
    assert sorted(body) == ["code", "data", "description", "source"], body
    facts = {fact["key"]: fact["value"] for fact in body["data"]}
    return answer.status_code, body["code"], facts.get("reason", "")
