"""A real Chromium, the portal on a free port, and a Celery worker, all on the test's database."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from celery.contrib.testing.worker import start_worker
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from csp_portal.celery import app

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


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
            timezone_id="Asia/Seoul",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def worker() -> Callable[[], Any]:
    """A Celery worker for a while: `with worker(): …`; what was queued is done before it ends."""

    @contextmanager
    def running() -> Iterator[None]:
        with start_worker(app, perform_ping_check=False, pool="solo", loglevel="ERROR", shutdown_timeout=30):
            yield

    return running
