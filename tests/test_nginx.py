"""The delivered configuration of nginx, with a real nginx and a real granian: TLS, files, logs (K7, K10)."""

import json
import re
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from activity.models import Action, Address, Event
from csp_portal.deployment import health
from software.models import DownloadLink, DownloadSession, Transfer
from software.services.transfer_logs import read_transfer_logs
from tests.factories import buy_line, make_build, make_link, make_sku
from tests.helpers import cancel, until, until_somebody_waits
from tests.nginx import HOST, Portal, portal_running

pytestmark = pytest.mark.django_db(transaction=True)

CONTENT = bytes(range(256)) * 1024
LANDING = re.compile(rb'name="attempt" value="([^"]+)"')


@pytest.fixture(scope="module")
def portal(django_db_setup, tmp_path_factory) -> Iterator[Portal]:
    with portal_running(tmp_path_factory.mktemp("nginx")) as running:
        yield running


@pytest.fixture
def line(agent, customer):
    return buy_line(agent, customer, make_sku(keys=1))


@pytest.fixture
def link(agent, line):
    return make_link(agent, line.purchase, make_build(line.purchase.sku.product, CONTENT))


@pytest.fixture
def started(portal, link) -> str:
    """The address of a session, started as curl does it."""
    answer = portal.ask("POST", link.get_absolute_url(), "")
    assert answer.status == 303
    return answer.headers["Location"]


def line_about(portal, **told) -> dict:
    """The newest line that tells all of `told`; nginx writes it once the answer is out, which may be a moment later."""
    deadline = time.monotonic() + 10
    while True:
        lines = [json.loads(line) for line in portal.access_log.splitlines()]
        fitting = [line for line in lines if told.items() <= line.items()]
        if fitting:
            return fitting[-1]
        assert time.monotonic() < deadline, lines
        time.sleep(0.05)


def test_plain_http_leads_to_tls(portal):
    answer = portal.ask_without_tls("GET", "/customers/?q=x")
    assert (answer.status, answer.headers["Location"]) == (308, "https://portal.example/customers/?q=x")


def test_the_health_check_asks_as_nginx_does(portal):
    assert health.answers(portal.web_port, HOST)
    assert not health.answers(portal.web_port, "stranger.example")  # 400: not one of ALLOWED_HOSTS


def test_a_page_comes_from_python_with_the_headers_of_production(portal):
    answer = portal.ask("GET", "/accounts/sign-in/")
    assert answer.status == 200
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")


def test_a_static_file_is_kept_for_good_where_its_name_holds_its_content(portal):
    page = portal.ask("GET", "/accounts/sign-in/").body.decode()
    hashed = re.search(r"/static/public\.[0-9a-f]{12}\.css", page)[0]
    answer = portal.ask("GET", hashed, Accept_Encoding="gzip")
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert portal.ask("GET", "/static/portal.svg").headers["Cache-Control"] == "public, max-age=3600"


def test_the_whole_file_is_sent_by_nginx_and_not_by_python(portal, link, started):
    answer = portal.ask("GET", started, Accept_Encoding="gzip")
    assert (answer.status, answer.body) == (200, CONTENT)
    from_python = portal.ask_python("GET", started)
    assert from_python.headers["X-Accel-Redirect"] == f"/_files/whole/{link.build.storage_name}"
    assert from_python.body == b""
    for hidden in ("X-Accel-Redirect", "X-Download-Transfer", "X-Download-Range", "Content-Encoding"):
        assert hidden not in answer.headers


def test_what_the_portal_says_of_the_file_arrives(portal, link, started):
    from_python = portal.ask_python("HEAD", started).headers
    for method, given in (("GET", {}), ("HEAD", {}), ("GET", {"Range": "bytes=0-9"})):
        headers = portal.ask(method, started, **given).headers
        for name in ("ETag", "Last-Modified", "Content-Type", "Content-Disposition", "Cache-Control", "Accept-Ranges"):
            assert headers[name] == from_python[name], (method, given, name)
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("given", "first", "last"), [("bytes=0-0", 0, 0), ("bytes=1000-1999", 1000, 1999), ("bytes=-10", -10, -1)]
)
def test_a_range_is_sent_and_no_more(portal, started, given, first, last):
    answer = portal.ask("GET", started, Range=given)
    size = len(CONTENT)
    assert (answer.status, answer.body) == (206, CONTENT[first : last + 1 or None])
    assert answer.headers["Content-Range"] == f"bytes {first % size}-{last % size}/{size}"


def test_a_range_of_the_file_as_it_was_is_sent_and_of_another_one_the_whole(portal, link, started):
    same = portal.ask("GET", started, Range="bytes=5-9", If_Range=link.build.etag)
    assert (same.status, same.body) == (206, CONTENT[5:10])
    other = portal.ask("GET", started, Range="bytes=5-9", If_Range='"another"')
    assert (other.status, other.body) == (200, CONTENT)
    modified = portal.ask("HEAD", started).headers["Last-Modified"]
    by_date = portal.ask("GET", started, Range="bytes=5-9", If_Range=modified)
    assert (by_date.status, by_date.body) == (206, CONTENT[5:10])


def test_several_ranges_are_answered_with_the_whole_file_that_is_charged(portal, started):
    answer = portal.ask("GET", started, Range="bytes=0-1,4-5")
    assert (answer.status, answer.body) == (200, CONTENT)


def test_head_probes_without_a_byte(portal, started):
    answer = portal.ask("HEAD", started)
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", str(len(CONTENT)))


def test_preconditions_are_judged_by_the_portal_alone(portal, link, started):
    etag, modified = link.build.etag, portal.ask("HEAD", started).headers["Last-Modified"]
    assert portal.ask("GET", started, If_None_Match=etag).status == 304
    assert portal.ask("GET", started, If_Modified_Since=modified).status == 304
    assert portal.ask("GET", started, If_None_Match='"another"', If_Modified_Since=modified).body == CONTENT
    assert portal.ask("GET", started, If_Match='"another"').status == 412
    assert portal.ask("GET", started, If_Unmodified_Since="Wed, 01 Jan 2020 00:00:00 GMT").status == 412
    assert portal.ask("GET", started, Range=f"bytes={len(CONTENT)}-").status == 416


@pytest.mark.parametrize("given", [{}, {"Range": "bytes=5-9"}, {"Range": "bytes=5-9", "If-Range": "etag"}])
def test_a_precondition_that_holds_changes_nothing(portal, link, started, given):
    given = given | ({"If-Range": link.build.etag} if "If-Range" in given else {})
    plain = portal.ask("GET", started, **given)
    modified = portal.ask("HEAD", started).headers["Last-Modified"]
    for precondition in ({"If-Match": link.build.etag}, {"If-Unmodified-Since": modified}):
        answer = portal.ask("GET", started, **given, **precondition)
        assert (answer.status, answer.body) == (plain.status, plain.body)
        assert _without_date(answer) == _without_date(plain)


def _without_date(answer) -> list[tuple[str, str]]:
    return sorted((name.lower(), value) for name, value in answer.headers.items() if name != "Date")


def test_a_cancelled_purchase_is_sent_no_byte(portal, agent, line, link, started):
    assert portal.ask("GET", started, Range="bytes=0-0").status == 206
    cancel(line, agent)
    for path in (started, link.get_absolute_url()):
        answer = portal.ask("GET", path)
        assert answer.status == 410
        assert CONTENT[:256] not in answer.body


def test_a_session_that_is_over_is_sent_no_byte(portal, started):
    DownloadSession.objects.update(expires_at=timezone.now())
    assert portal.ask("GET", started, Range="bytes=0-0").status == 410


def test_nobody_reaches_a_file_past_the_portal(portal, link):
    for path in (f"/_files/whole/{link.build.storage_name}", f"/_files/part/{link.build.storage_name}", "/_files/"):
        answer = portal.ask("GET", path)
        assert answer.status == 404
        assert CONTENT[:256] not in answer.body


def test_a_file_that_is_missing_is_our_fault_and_says_so(portal, link, started):
    (settings.MEDIA_ROOT / link.build.storage_name).unlink()
    answer = portal.ask("GET", started)
    assert answer.status == 500
    assert b"<h1>" in answer.body


def test_the_log_names_the_transfer_and_what_was_sent_but_no_token(portal, link, started):
    session = DownloadSession.objects.get()
    portal.ask("GET", f"{started}?x=1", Range="bytes=0-99")
    logged = line_about(portal, transfer=str(session.transfers.get().public_id))
    assert (logged["sent"], logged["status"]) == (100, 206)
    assert (logged["path"], logged["method"], logged["address"]) == ("/d/session/(token)", "GET", "127.0.0.1")
    portal.ask("GET", link.get_absolute_url())
    assert line_about(portal, path="/d/(token)", method="GET")["transfer"] == ""
    portal.ask("GET", f"/calendar/{link.token}.ics")
    assert line_about(portal, path="/calendar/(token)", method="GET")["status"] == 404
    for hidden in (
        f"//d/{link.token}",
        f"/%64/{link.token}",
        f"/c%61lendar/{link.token}.ics",
        f"/x/../d/{link.token}",
        f"/invitations/1/?signature={link.token}",
    ):
        portal.ask("GET", hidden)
    for log in (portal.access_log, portal.error_log):
        assert link.token not in log
        assert session.token not in log
        assert link.token[:16] not in log


@pytest.fixture
def what_was_sent(portal, settings):
    """Reads nginx's log until every transfer is over; answers each one's first byte and what was sent of it."""
    settings.TRANSFER_LOGS = str(portal.transfers)

    def read() -> list[tuple[int, int]]:
        def all_over() -> bool:
            read_transfer_logs()
            return not Transfer.objects.running().exists()

        until(all_over)
        return list(Transfer.objects.order_by("first").values_list("first", "sent"))

    return read


def test_what_was_sent_is_read_from_the_log(portal, link, started, what_was_sent):
    half = len(CONTENT) // 2
    portal.ask("GET", started, Range=f"bytes={half}-")
    portal.ask("GET", started, Range=f"bytes=0-{half - 1}", If_Match=link.build.etag)  # by way of the second server
    assert what_was_sent() == [(0, half), (half, half)]
    session = DownloadSession.objects.get()
    assert (session.bytes_sent, session.completed_at is not None) == (len(CONTENT), True)


def test_over_http_2_the_frames_are_not_counted(portal, link, started, what_was_sent, tmp_path):
    words = ["curl", "-skf", "--http2", "-o", str(tmp_path / "file"), "-w", "%{http_version}", "-H", f"Host: {HOST}"]
    said = subprocess.run(
        [*words, f"https://127.0.0.1:{portal.https_port}{started}"], capture_output=True, text=True, check=True
    )
    assert said.stdout == "2"
    assert what_was_sent() == [(0, len(CONTENT))]


SPELLINGS = [
    ["Range: bytes=0-0", "If-Range: {etag}\t"],
    ["Range: bytes=0-0", "If-Range:\t{etag}"],
    ["Range: bytes=0-0", "If-Range: {etag}\t", "If-Match: *"],
    ["Range:\tbytes=0-0"],
    ["Range: bytes=0-0\t"],
    ["Range:  bytes=0-0  "],
    ["Range: BYTES=0-0"],
    ["Range: bytes= 0-0"],
    ["Range: bytes=0 - 0"],
    ["Range: bytes=0-0,"],
    ["Range: bytes=0-0,0-"],
    ["Range: bytes=00000000000000000000000-0"],
    ["Range: bytes=-1"],
    ["Range: bytes=0-0", "Range: bytes=0-"],
    ["Range: bytes=0-0", "If-Range: W/{etag}"],
    ["Range: bytes=0-0", "If-Unmodified-Since: Fri, 31 Dec 9999 23:59:59 GMT"],
]


@pytest.mark.parametrize("written", SPELLINGS)
def test_however_a_range_is_written_no_byte_is_sent_that_was_not_charged(portal, link, started, written):
    lines = [line.format(etag=link.build.etag) for line in written]
    head = "\r\n".join([f"GET {started} HTTP/1.1", f"Host: {HOST}", "Connection: close", *lines])
    status, body = raw(portal, f"{head}\r\n\r\n".encode())
    assert status in {200, 206, 400, 416}
    charged = DownloadSession.objects.get().bytes_asked
    if status in {200, 206}:
        assert len(body) == charged
    assert DownloadLink.objects.get().used == 1


def raw(portal, request: bytes) -> tuple[int, bytes]:
    """What the portal answers to these very bytes: its status, and the body."""
    unverified = ssl._create_unverified_context()  # the certificate is a throwaway
    answer = b""
    with (
        socket.create_connection(("127.0.0.1", portal.https_port), timeout=30) as plain,
        unverified.wrap_socket(plain) as connection,
    ):
        connection.sendall(request)
        while more := connection.recv(65536):
            answer += more
    head, _blank, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def test_who_gives_up_before_the_portal_answers_is_not_charged_for_good(portal, link, started, what_was_sent):
    """Held up by a lock, the portal authorises bytes for somebody who has gone; nginx still writes its line."""
    request = f"GET {started} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
    unverified = ssl._create_unverified_context()
    with transaction.atomic():
        DownloadSession.objects.select_for_update().get()
        with (
            socket.create_connection(("127.0.0.1", portal.https_port), timeout=30) as plain,
            unverified.wrap_socket(plain) as connection,
        ):
            connection.sendall(request)
            until_somebody_waits()
    until(Transfer.objects.exists)
    assert what_was_sent() == [(0, 0)]


def test_a_file_that_goes_missing_after_the_portal_has_looked_is_our_fault_too(portal, link, started, what_was_sent):
    """A range comes by way of the second server, whose 404 must not be taken for the client's fault."""
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            DownloadSession.objects.select_for_update().get()
            asked = threads.submit(portal.ask, "GET", started, Range="bytes=0-9")
            until_somebody_waits()
            (settings.MEDIA_ROOT / link.build.storage_name).unlink()
        answer = asked.result(30)
    assert (answer.status, b"<h1>" in answer.body) == (500, True)
    what_was_sent()
    assert DownloadSession.objects.get().end == "fault"
    assert DownloadLink.objects.get().used == 0


def test_a_name_of_the_longest_kind_is_sent(portal, agent, line):
    name = f"{'😀' * 251}.iso"
    link = make_link(agent, line.purchase, make_build(line.purchase.sku.product, CONTENT, file_name=name))
    started = portal.ask("POST", link.get_absolute_url(), "").headers["Location"]
    assert portal.ask("GET", started).body == CONTENT


def test_what_needs_no_byte_is_no_transfer(portal, link, started):
    portal.ask("HEAD", started)
    portal.ask("GET", started, If_None_Match=link.build.etag)
    portal.ask("GET", started, Range=f"bytes={len(CONTENT)}-")
    assert not Transfer.objects.exists()


def test_a_file_that_nginx_cannot_send_is_our_fault_and_given_back(portal, agent, line, what_was_sent):
    """A socket in its place: Python finds it and its size, nginx no file."""
    build = make_build(line.purchase.sku.product, b"")
    link = make_link(agent, line.purchase, build)
    path = settings.MEDIA_ROOT / build.storage_name
    path.unlink()
    with socket.socket(socket.AF_UNIX) as blocking:
        blocking.bind(str(path))
        started = portal.ask("POST", link.get_absolute_url(), "").headers["Location"]
        answer = portal.ask("GET", started)
    path.unlink()
    assert (answer.status, b"<h1>" in answer.body) == (500, True)
    what_was_sent()
    assert DownloadSession.objects.get().end == "fault"
    assert DownloadLink.objects.get().used == 0


def test_the_address_of_the_client_is_the_one_that_nginx_saw(portal, link):
    portal.ask("POST", link.get_absolute_url(), "", X_Forwarded_For="203.0.113.9, 198.51.100.1")
    event = Event.objects.get(action=Action.DOWNLOAD_STARTED)
    assert Address.objects.get(event_id=event.pk).address == "127.0.0.1"


def test_the_path_arrives_as_it_was_sent(portal):
    answer = portal.ask("GET", "/customers//x%2Fy/?next=%2F")
    assert answer.status == 404


def test_without_python_nginx_has_a_page_of_its_own(portal):
    answer = portal.ask("GET", "/csp-portal-files/builds/x")  # an object storage that does not run
    assert answer.status == 502
    assert b"The portal cannot answer now" in answer.body
    assert portal.ask("PUT", "/csp-portal-files/builds/x", "y").status == 403
