"""Behind nginx the portal answers `X-Accel-Redirect` and sends no byte itself (K10)."""

import pytest
from django.test import Client

from software.models import DownloadLink
from tests.factories import buy_line, make_build, make_link, make_sku

pytestmark = pytest.mark.django_db

CONTENT = bytes(range(256)) * 4


@pytest.fixture(autouse=True)
def behind_nginx(settings):
    settings.X_ACCEL_PREFIX = "/_files/"


@pytest.fixture
def link(clock, agent, customer):
    purchase = buy_line(agent, customer, make_sku(keys=1)).purchase
    return make_link(agent, purchase, make_build(purchase.sku.product, CONTENT))


@pytest.fixture
def address(link):
    return Client().post(link.get_absolute_url()).headers["Location"]


def asked(address, method="get", **headers):
    return getattr(Client(), method)(
        address, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def test_the_web_server_is_told_which_file_to_send(link, address):
    response = asked(address)
    assert response.headers["X-Accel-Redirect"] == f"/_files/whole/{link.build.storage_name}"
    assert not response.streaming
    assert response.content == b""


def test_what_a_client_needs_to_know_stands_on_the_answer_for_nginx_to_keep_or_put_back(link, address):
    headers = asked(address).headers
    assert headers["ETag"] == link.build.etag
    assert headers["Last-Modified"] == "Fri, 24 Jan 2020 12:00:00 GMT"
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == 'attachment; filename="setup.iso"'
    assert headers["Cache-Control"] == "private, no-cache, no-transform"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("given", ["bytes=0-9", "bytes=-3", "bytes=1000-"])
def test_a_range_is_left_to_the_web_server(link, address, given):
    response = asked(address, Range=given)
    assert response.headers["X-Accel-Redirect"] == f"/_files/part/{link.build.storage_name}"


@pytest.mark.parametrize("given", ["bytes=5-4", "bytes=a-b", "bytes=0-1,4-5", "lines=1-2"])
def test_a_range_that_is_passed_over_reaches_the_location_that_knows_none(link, address, given):
    response = asked(address, Range=given)
    assert response.headers["X-Accel-Redirect"] == f"/_files/whole/{link.build.storage_name}"


def test_what_needs_no_file_is_answered_without_the_web_server(link, address):
    answers = [
        asked(address, "head"),
        asked(address, If_None_Match=link.build.etag),
        asked(address, If_Match='"another"'),
        asked(address, Range="bytes=1024-"),
    ]
    assert [response.status_code for response in answers] == [200, 304, 412, 416]
    assert not any("X-Accel-Redirect" in response.headers for response in answers)
    assert answers[0].headers["Content-Length"] == "1024"


def test_no_dead_session_reaches_the_web_server(clock, link, address):
    asked(address)
    clock.set("2020-01-25T12:00:00Z")
    response = asked(address)
    assert response.status_code == 410
    assert "X-Accel-Redirect" not in response.headers
    assert DownloadLink.objects.get().used == 1
