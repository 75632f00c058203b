"""The API behind the delivered nginx, which answers programs in JSON too (X3, partner-center-api.md 0.1)."""

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha256
from http.client import HTTPSConnection

import pytest
from django.conf import global_settings

from activity.export.asking import ask_for_export
from activity.export.making import make_export
from activity.models import Action, Event, ExportFormat
from cancellations.support.models import Attachment
from csp_portal.accounts.permissions import Role
from csp_portal.accounts.services.api_clients import make_client
from customers.models import Customer
from tests.exports import read_csv, write_rows
from tests.nginx import HOST, Portal, nginx_running, portal_running
from tests.support import file_question

pytestmark = pytest.mark.django_db(transaction=True)

GUID = "7f1c9a55-1111-4222-8333-444455556666"
MEBIBYTE = 1024 * 1024
CONNECTIONS = 200  # of one address


@pytest.fixture(scope="module")
def portal(django_db_setup, tmp_path_factory) -> Iterator[Portal]:
    with portal_running(tmp_path_factory.mktemp("nginx")) as running:
        yield running


@pytest.fixture(scope="module")
def alone(django_db_setup, tmp_path_factory) -> Iterator[Portal]:
    """nginx, and nothing behind it."""
    portal = Portal(tmp_path_factory.mktemp("nginx_alone"))
    with nginx_running(portal):
        yield portal


@pytest.fixture
def form(global_admin, settings):
    """What a client asks for a token with; its secret is hashed as in production."""
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS
    client, secret = make_client("Billing sync", roles=[Role.ADMIN_AGENT, Role.AUDITOR], actor=global_admin)
    return f"grant_type=client_credentials&client_id={client.client_id}&client_secret={secret}"


@pytest.fixture
def token(portal, form):
    return json.loads(portal.ask("POST", "/oauth2/token", form).body)["access_token"]


def called(portal, token, method, path, body=None, **headers):
    """The answer to a call with the caller's token, and its body as JSON."""
    told = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "MS-RequestId": GUID}
    answer = portal.ask(method, f"/v1{path}", body, **told, **headers)
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["MS-RequestId"] == GUID
    return answer, json.loads(answer.body)


@pytest.mark.parametrize("path", ["/customers", "/Customers/", "//customers?size=1", "/CUSTOMERS"])
def test_a_list_is_found_by_every_spelling(portal, token, customer, path):
    answer, page = called(portal, token, "GET", path)
    assert (answer.status, page["items"][0]["id"]) == (200, str(customer.tenant_id))


@pytest.mark.parametrize("path", ["/oauth2/token", "/fabrikam.example/OAuth2/v2.0/Token/"])
def test_a_token_is_had_at_every_spelling(portal, form, path):
    answer = portal.ask("POST", path, form)
    assert (answer.status, json.loads(answer.body)["token_type"]) == (200, "Bearer")


def test_a_body_in_chunks_arrives_whole(portal, token):
    """http.client sends what it cannot measure in chunks, as other clients do."""
    body = json.dumps({"country": "AU", "city": "Zürich", "addressLine1": "1 Elm St"}, ensure_ascii=False).encode()
    answer, said = called(portal, token, "POST", "/validations/address", iter([body[:30], body[30:]]))
    assert (answer.status, said["originalAddress"]["city"]) == (200, "Zürich")


def test_a_body_in_chunks_that_comes_past_nginx_is_refused(portal, token):
    bearer = f"Bearer {token}"
    answer = portal.ask_python("POST", "/v1/customers", iter([b"{}"]), Authorization=bearer)
    assert (answer.status, b'"length_missing"' in answer.body) == (400, True)
    assert not Customer.objects.exists()


def test_a_body_beyond_the_portals_bound_is_refused_by_the_portal_and_far_beyond_by_nginx(portal, token):
    answer, said = called(portal, token, "POST", "/customers", "[" * (2 * MEBIBYTE))
    assert (answer.status, said["code"]) == (400, "800002")
    answer, said = called(portal, token, "POST", "/customers", "[" * (17 * MEBIBYTE))
    assert (answer.status, said["code"], said["source"]) == (413, "413", "csp-portal")
    answer = portal.ask("POST", "/oauth2/token", "x" * (17 * MEBIBYTE))
    assert (answer.status, json.loads(answer.body)["error"]) == (413, "invalid_request")
    assert not Customer.objects.exists()


def test_the_largest_file_of_a_request_is_taken_and_a_larger_one_refused(portal, token, agent, settings):
    path = f"/servicerequests/{file_question(agent).number}/attachments?fileName=log.txt"
    content = "line\n" * (settings.SUPPORT_LARGEST_FILE // 5)
    answer, said = called(portal, token, "POST", path, content)
    assert (answer.status, said["fileSize"]) == (201, len(content))
    larger = "x" * (settings.SUPPORT_LARGEST_FILE + 4 * MEBIBYTE)
    answer, said = called(portal, token, "POST", path.replace("log", "larger"), larger, Idempotency_Key="other")
    assert (answer.status, said["data"][0]["value"]) == (400, "attachment_too_large")
    assert Attachment.objects.get().size == len(content)


def test_an_export_of_the_log_is_sent_by_nginx(portal, token, global_admin):
    """Whole, as an attachment that no cache keeps; to nobody without a token, and not past the portal."""
    write_rows(global_admin.partner, 40)
    query = {"from": "2020-01-24", "to": "2020-01-24", "zone": "UTC", "show": "all"}
    export = ask_for_export(query, ExportFormat.CSV, actor=global_admin)
    make_export(export.public_id)
    export.refresh_from_db()
    path = f"/v1/activity/exports/{export.public_id}/file"
    answer = portal.ask("GET", path, Authorization=f"Bearer {token}")
    assert (answer.status, sha256(answer.body).hexdigest()) == (200, export.sha256)
    assert len(read_csv(answer.body)) == 40
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert (answer.headers["Cache-Control"], answer.headers["X-Content-Type-Options"]) == (
        "private, no-store",
        "nosniff",
    )
    assert portal.ask("GET", path).status == 401
    assert portal.ask("GET", f"/_files/whole/{export.storage_name}").status == 404
    assert Event.objects.filter(action=Action.LOG_EXPORT_DOWNLOADED).count() == 1


def test_without_python_a_program_is_told_in_json_when_to_come_again(alone):
    answer, said = called(alone, "", "GET", "/customers", MS_CorrelationId=GUID)
    assert (answer.status, said["code"], said["data"], said["source"]) == (503, "503", [], "csp-portal")
    assert (answer.headers["Retry-After"], answer.headers["MS-CorrelationId"]) == ("30", GUID)
    answer = alone.ask("POST", "/oauth2/token", "grant_type=client_credentials")
    assert (answer.status, json.loads(answer.body)["error"]) == (503, "temporarily_unavailable")
    assert answer.headers["Retry-After"] == "30"


def test_the_type_is_json_whatever_the_path_ends_with(alone):
    answer = alone.ask("HEAD", "/v1/domains/firma.pl")
    assert (answer.status, answer.headers["Content-Type"]) == (503, "application/json; charset=utf-8")


def test_what_is_no_id_is_not_told_again(alone):
    answer = alone.ask("GET", "/v1/customers", MS_RequestId="<script>")
    assert (answer.status, answer.headers["MS-RequestId"]) == (503, None)


def test_too_many_connections_at_once_are_told_in_json(tmp_path):
    """Behind this nginx somebody takes every call and answers none."""
    unverified = ssl._create_unverified_context()  # the certificate is a throwaway
    with socket.create_server(("127.0.0.1", 0), backlog=2 * CONNECTIONS) as silent, ExitStack() as waiting:
        portal = Portal(tmp_path, web_port=silent.getsockname()[1])
        waiting.enter_context(nginx_running(portal))
        for _number in range(CONNECTIONS):
            connection = HTTPSConnection("127.0.0.1", portal.https_port, timeout=30, context=unverified)
            waiting.callback(connection.close)
            connection.request("GET", "/v1/customers", headers={"Host": HOST})
        silent.settimeout(30)
        for _number in range(CONNECTIONS):  # nginx has counted each that it passes on
            waiting.enter_context(silent.accept()[0])
        answer, said = called(portal, "", "GET", "/customers")
        assert (answer.status, said["statusCode"], answer.headers["Retry-After"]) == (429, 429, "5")
        answer = portal.ask("POST", "/oauth2/token", "x=y")
        assert (answer.status, json.loads(answer.body)["error"]) == (429, "temporarily_unavailable")
