"""A real Chromium and the portal on a free port, on the test's database."""

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from csp_portal.accounts.models import User
from csp_portal.reader import TIME_ZONE_COOKIE

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ZONE = "Asia/Seoul"  # of the browser, nine hours ahead of UTC
PATIENCE = 15_000  # milliseconds: the machine may be busy with the rest of the suite
expect.set_options(timeout=PATIENCE)


def chromium_path() -> str:
    """The system's Chromium. A machine without one fails, it does not skip: `make test` installs it or says how."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    raise pytest.UsageError("The browser tests need Chromium; on Debian `apt-get install chromium` brings it.")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


def _is_a_fault(message: ConsoleMessage) -> bool:
    """Whether the browser complains: also of a file that a page names and is not there, not of a page that refuses."""
    of_a_refusal = "server responded with a status of 4" in message.text and "/static/" not in message.location["url"]
    return message.type == "error" and not of_a_refusal


@pytest.fixture
def open_browser(browser: Browser, live_server: Any) -> Iterator[Callable[..., Page]]:
    """Opens a page in a browser of its own: `open_browser(width=390, scripts=False, dark=True)`.

    After the test it is checked that no script failed and that nothing was refused by the content security policy.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_one(*, width: int = 1280, scripts: bool = True, dark: bool = False) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 900},
            java_script_enabled=scripts,
            color_scheme="dark" if dark else "light",
            timezone_id=ZONE,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if _is_a_fault(message) else None)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def signed_in(open_browser: Callable[..., Page], live_server: Any) -> Callable[..., Page]:
    """A page in a browser of its own in which a user is signed in already: `signed_in(user, width=390)`.

    With scripts, the page to sign in on has told the browser's zone: between midnight there and in UTC the first page
    would otherwise name another day than the next.
    """

    def open_as(user: User, *, scripts: bool = True, **look: Any) -> Page:
        page, client = open_browser(scripts=scripts, **look), Client()
        client.force_login(user)
        cookies = {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}
        if scripts:
            cookies[TIME_ZONE_COOKIE] = ZONE
        page.context.add_cookies(
            [{"name": name, "value": value, "url": live_server.url} for name, value in cookies.items()]
        )
        return page

    return open_as
