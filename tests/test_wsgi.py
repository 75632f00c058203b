"""What the server hands over: charsets that a client makes up, and bodies without a length (X3)."""

import io
from http import HTTPStatus
from urllib.parse import urlencode

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import RequestFactory

from csp_portal.accounts.permissions import Role
from csp_portal.wsgi import application
from tests.api import Caller

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
CHARSETS = ["rot13", "base64", "undefined", "idna", "utf-16", "ISO-8859-1", "UTF-8", "no-such", ""]


@pytest.fixture(autouse=True)
def connection_of_the_test():
    """The one that the request uses too, and does not close."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def answered(method, path, body=b"", **environ):
    """Status and body, from the application that the server runs."""
    told = []
    asked = RequestFactory().generic(method, path).environ
    asked |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)), **environ}
    answer = application(asked, lambda status, headers: told.append(status))
    try:
        return int(told[0].split()[0]), b"".join(answer)
    finally:
        answer.close()


def bearer(admin):
    return f"Bearer {Caller(admin, Role.ADMIN_AGENT).token}"


@pytest.mark.parametrize("given", ["charset*=undefined''x", "charset*=no-such''x", "x*=idna''a.a.a."])
def test_a_parameter_that_cannot_be_decoded_is_left_out(given):
    assert answered("GET", "/accounts/sign-in/", CONTENT_TYPE=f"text/plain; {given}")[0] == HTTPStatus.OK


@pytest.mark.parametrize("charset", CHARSETS)
def test_a_page_is_shown_whatever_charset_the_request_names(charset):
    for kind in ("text/plain", FORM, "application/json"):
        status, page = answered("GET", "/accounts/sign-in/?next=%2F", CONTENT_TYPE=f"{kind}; charset={charset}")
        assert (status, b"<h1" in page) == (HTTPStatus.OK, True)


@pytest.mark.parametrize("charset", CHARSETS)
def test_a_form_is_taken_whatever_charset_it_names(global_admin, charset):
    """Apache's HttpClient says ISO-8859-1 of every form."""
    client = Caller(global_admin, Role.ADMIN_AGENT)
    form = {"grant_type": "client_credentials", "client_id": client.client.client_id, "client_secret": client.secret}
    body = urlencode(form).encode()
    assert answered("POST", "/oauth2/token", body, CONTENT_TYPE=f"{FORM}; charset={charset}")[0] == HTTPStatus.OK


@pytest.mark.parametrize("charset", CHARSETS)
def test_a_body_is_read_as_utf_8_whatever_charset_it_names(global_admin, charset):
    asked = {"CONTENT_TYPE": f"application/json; charset={charset}", "HTTP_AUTHORIZATION": bearer(global_admin)}
    path = "/v1/validations/address"
    status, body = answered("POST", path, '{"country": "AU", "city": "Zürich"}'.encode(), **asked)
    assert (status, b"addressLine1" in body) == (HTTPStatus.BAD_REQUEST, True), body
    status, body = answered("POST", path, b'{"city": "Z\xfcrich"}', **asked)
    assert (status, b'"body_broken"' in body) == (HTTPStatus.BAD_REQUEST, True), body


def test_a_body_without_a_length_is_refused_and_not_taken_for_an_empty_one(global_admin):
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
    status, body = answered("POST", "/v1/customers", b"{}", HTTP_AUTHORIZATION=bearer(global_admin), **chunked)
    assert (status, b'"length_missing"' in body) == (HTTPStatus.BAD_REQUEST, True)
