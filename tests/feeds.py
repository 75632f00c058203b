"""Reading the log as a collector does (A6)."""

from typing import Any

from django.http import HttpResponse
from django.test import Client

from activity.feeds.services.tokens import make_token
from csp_portal.accounts.models import User

ADDRESS = "/v1/activity"


class Collector:
    """A program with a token of its own, which goes on where it was."""

    def __init__(self, admin: User, name: str = "SIEM 首尔") -> None:
        self.feed, self.token = make_token(name, actor=admin)
        self.cursor = ""

    def ask(self, **query: Any) -> HttpResponse:
        """What the portal answers."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return Client(raise_request_exception=False).get(ADDRESS, query, headers=headers)

    def poll(self, size: int = 500) -> list[dict[str, Any]]:
        """The next rows; the cursor moves on behind them."""
        answer = self.ask(**({"cursor": self.cursor} if self.cursor else {}), size=size)
        assert answer.status_code == 200, answer.content
        self.cursor = answer.json()["nextCursor"]
        return answer.json()["items"]

    def read_on(self, size: int = 500) -> list[dict[str, Any]]:
        """All rows up to the newest sealed one."""
        found = []
        while items := self.poll(size):
            found += items
        return found
