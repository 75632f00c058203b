"""A browser as fast as can be: one connection, cookies, and forms sent as they stand on the page."""

import html
import re
import time
from collections.abc import Callable, Sequence
from http.client import HTTPConnection, HTTPResponse
from typing import Self, TypeVar
from urllib.parse import urlencode

from django.urls import reverse

from bench.load import all_running
from bench.table import Percentiles
from tests.nginx import HOST

Part = TypeVar("Part")
Told = TypeVar("Told")

PATIENCE = 60  # seconds for one answer
_FROM_NGINX = {
    "Host": HOST,
    "X-Forwarded-For": "192.0.2.1",
    "X-Forwarded-Proto": "https",
    "Referer": f"https://{HOST}/",
}
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


class Browser:
    """Somebody who is signed in, asking granian as nginx would."""

    def __init__(self, port: int, cookies: dict[str, str] | None = None) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.cookies = dict(cookies or {})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.connection.close()

    def get(self, path: str) -> str:
        """A page. Raises RuntimeError for any answer but 200."""
        response, text = self._ask("GET", path)
        if response.status != 200:
            raise RuntimeError(f"{path} was answered with {response.status}")
        return text

    def post(self, path: str, fields: dict[str, str]) -> str:
        """Where a form leads. Raises RuntimeError for an answer that leads nowhere."""
        response, _text = self._ask("POST", path, urlencode(fields))
        where = response.getheader("Location")
        if where is None:
            raise RuntimeError(f"{path} was answered with {response.status}")
        return where

    def sign_in(self, email: str, password: str) -> None:
        """By the form, as everybody."""
        form = reverse("account_login")
        self.post(form, {**hidden_in(self.get(form)), "login": email, "password": password})

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[HTTPResponse, str]:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        form = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        self.connection.request(method, path, body, {**_FROM_NGINX, "Cookie": cookie, **form})
        response = self.connection.getresponse()
        text = response.read().decode()
        for line in response.msg.get_all("Set-Cookie") or []:
            name, _equals, value = line.split(";")[0].partition("=")
            self.cookies[name] = value
        return response, text


def hidden_in(page: str) -> dict[str, str]:
    """What the forms of a page send without being asked."""
    return {name: html.unescape(value) for name, value in _HIDDEN.findall(page)}


def times_of(port: int, cookies: dict[str, str], path: str, times: int) -> Percentiles:
    """How long a page takes, read so many times by one browser; once before, to warm up."""
    taken = []
    with Browser(port, cookies) as browser:
        for _time in range(times + 1):
            began = time.monotonic()
            browser.get(path)
            taken.append((time.monotonic() - began) * 1000)
    return Percentiles.of(taken[1:])


def cookies_of(port: int, email: str, password: str) -> dict[str, str]:
    """What a browser keeps once somebody has signed in."""
    with Browser(port) as browser:
        browser.sign_in(email, password)
        return browser.cookies


def at_once(
    port: int, cookies: dict[str, str], shares: Sequence[Sequence[Part]], act: Callable[[Browser, Part], Told]
) -> list[Told]:
    """What `act` answers for each part of each share; every share by a browser of its own, all at the same time.

    Raises the first fault that one of them met.
    """
    told: list[Told] = []

    def work(number: int) -> None:
        with Browser(port, cookies) as browser:
            told.extend([act(browser, part) for part in shares[number]])

    with all_running(work, len(shares)):
        pass  # nothing else to do meanwhile
    return told
