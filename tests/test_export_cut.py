"""An export over a real web server: a fault in the middle is seen by the client; who hangs up ends the COPY (A2)."""

import subprocess

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from csp_portal.accounts.permissions import Role
from csp_portal.embedded.processes import wait_until
from tests.exports import read_json_lines, write_rows
from tests.factories import UserFactory
from tests.test_cut_transfer import web  # noqa: F401 - the same web server

pytestmark = pytest.mark.django_db(transaction=True)

CURL_PARTIAL_FILE = 18
MANY = 40_000  # rows: about 25 MB, several times what the sockets of both sides hold
SECONDS = 60
PAGE = "/activity/export/?from=2020-01-24&to=2020-01-24&show=all"


@pytest.fixture
def curl(web, partner, tmp_path):  # noqa: F811 - the fixture
    """Asks for an export of many rows, as a browser would; it is saved in `saved`."""
    address, _said = web
    write_rows(partner, MANY)
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory(partner=partner, roles=[Role.AUDITOR]))
    client.get(PAGE)
    token = client.cookies["csrftoken"].value
    cookies = f"csrftoken={token}; {settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    form = ["--data", f"format=jsonl&csrfmiddlewaretoken={token}", "-H", f"Cookie: {cookies}"]

    def start(*how):
        return subprocess.Popen(["curl", "-s", *how, *form, "-o", str(tmp_path / "saved"), f"{address}{PAGE}"])

    return start


def copies():
    """The server's processes that COPY."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND state = 'active' AND query LIKE 'COPY (%%'"
        )
        return [pid for (pid,) in cursor.fetchall()]


def some_has_come(saved):
    return wait_until(lambda: saved.exists() and saved.stat().st_size > 0, SECONDS)


def test_it_comes_whole(curl, tmp_path):
    assert curl().wait(timeout=SECONDS) == 0
    assert len(read_json_lines((tmp_path / "saved").read_bytes())) >= MANY


def test_what_fails_in_the_middle_does_not_look_whole(curl, tmp_path, superuser_connection):
    client = curl("--limit-rate", "2M")
    assert some_has_come(tmp_path / "saved")
    with superuser_connection.cursor() as cursor:
        (pid,) = copies()
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    assert client.wait(timeout=SECONDS) == CURL_PARTIAL_FILE


def test_a_client_that_hangs_up_ends_the_copy(curl, tmp_path):
    client = curl("--limit-rate", "100K")
    assert some_has_come(tmp_path / "saved")
    assert copies()
    client.kill()
    client.wait(timeout=SECONDS)
    assert wait_until(lambda: not copies(), SECONDS)
