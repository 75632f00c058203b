"""Starting and sending downloads: K5, K6, K7, and of C6 that a running transfer is cut."""

import hashlib
import subprocess
from datetime import timedelta
from itertools import chain

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from activity.models import Action, Event
from activity.services import Actor
from software.models import LINK_DOWNLOADS, Build, DownloadLink, DownloadSession
from software.services import open_file, open_session
from software.services.downloads import CHUNK, Transfer
from software.services.purchasing import revoke_purchase
from tests.factories import UserFactory, buy_line, make_build, make_link, make_sku
from tests.helpers import in_threads

pytestmark = pytest.mark.django_db

CONTENT = bytes(range(256)) * 4


def link_to(actor, customer, content=CONTENT, **build):
    line = buy_line(actor, customer, make_sku(keys=1))
    return make_link(actor, line.purchase, make_build(line.purchase.sku.product, content, **build))


@pytest.fixture
def link(clock, agent, customer):
    """A link made at 2020-01-24 12:00 UTC."""
    return link_to(agent, customer)


def session_of(link, client=None):
    """The address of a session started with the link."""
    return (client or Client()).post(link.get_absolute_url()).headers["Location"]


def body_of(response):
    return b"".join(response.streaming_content)


def secrets_of(link):
    """What would tell the holder of a link whose it is."""
    purchase, customer = link.purchase, link.purchase.customer
    named = (customer.company_name, customer.primary_domain, customer.address_line, customer.city)
    return (*named, str(customer.tenant_id), purchase.order_number, str(purchase.public_id), link.granted_by.email)


def used(link):
    return DownloadLink.objects.get(pk=link.pk).used


# Counting


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_a_link_never_counts_and_sends_no_file(link, client, method):
    for _visit in range(3):
        response = getattr(client, method)(link.get_absolute_url())
        assert response.status_code == 200
        assert CONTENT not in response.content
    assert used(link) == 0
    assert not DownloadSession.objects.exists()


def test_a_post_counts_one_and_leads_to_a_session(link, client):
    response = client.post(link.get_absolute_url())
    assert response.status_code == 303
    assert used(link) == 1
    session = DownloadSession.objects.get()
    assert response.headers["Location"] == session.get_absolute_url()
    assert session.grant_number == link.grant_number
    assert session.expires_at - session.started_at == timedelta(hours=24)


def test_every_post_counts(link):
    for _post in range(3):
        session_of(link)
    assert used(link) == DownloadSession.objects.count() == 3


def test_a_post_from_elsewhere_without_a_csrf_token_is_a_download(link):
    assert Client(enforce_csrf_checks=True).post(link.get_absolute_url()).status_code == 303


def test_the_fiftieth_download_starts_and_the_fifty_first_is_gone(link, client, partner):
    DownloadLink.objects.filter(pk=link.pk).update(used=LINK_DOWNLOADS - 1)
    assert client.post(link.get_absolute_url()).status_code == 303
    response = client.post(link.get_absolute_url())
    assert response.status_code == 410
    assert "has been used 50 times" in response.content.decode()
    assert partner.support_email in response.content.decode()
    assert used(link) == LINK_DOWNLOADS
    assert DownloadSession.objects.count() == 1
    assert Event.objects.filter(action=Action.DOWNLOAD_REFUSED, details__reason="link_used_up").count() == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_dead_link_tells_whom_to_ask_and_names_no_customer(clock, link, client, partner, method):
    clock.set("2020-02-07T12:00:00Z")
    response = getattr(client, method)(link.get_absolute_url())
    page = response.content.decode()
    assert response.status_code == 410
    assert "expired on 7 Feb 2020, 12:00 UTC" in page
    assert partner.support_email in page
    for secret in secrets_of(link):
        assert secret not in page
    assert used(link) == 0


@pytest.mark.parametrize("token", ["x", "A" * 48, "-" * 48])
def test_a_token_that_is_not_ours_is_not_found(db, client, token):
    for response in (client.get(f"/d/{token}"), client.post(f"/d/{token}"), client.get(f"/d/session/{token}/x")):
        assert response.status_code == 404
        assert "not known" in response.content.decode()


def test_a_genuine_id_with_another_mac_is_not_found(link, client):
    forged = link.token[:-1] + ("A" if link.token[-1] != "A" else "B")
    assert client.post(f"/d/{forged}").status_code == 404
    assert used(link) == 0


def test_a_link_is_no_session_and_a_session_no_link(link, client):
    token = DownloadSession.objects.get(pk=_started(link).pk).token
    assert client.get(f"/d/session/{link.token}/setup.iso").status_code == 404
    assert client.post(f"/d/{token}").status_code == 404


def _started(link):
    session_of(link)
    return DownloadSession.objects.get()


def test_the_holder_of_a_link_is_named_only_if_they_may_see_the_purchase(link, agent, stranger, client_of):
    for user in (agent, stranger, UserFactory(roles=[])):
        session_of(link, client_of(user))
    session_of(link)
    actors = Event.objects.filter(action=Action.DOWNLOAD_STARTED).order_by("pk").values_list("actor_kind", "actor_name")
    assert list(actors) == [("user", agent.email), *[("link_holder", "")] * 3]


# The landing page


def test_the_landing_page_says_what_there_is_to_download(link, client, partner):
    DownloadLink.objects.filter(pk=link.pk).update(used=13)
    response = client.get(link.get_absolute_url())
    page = response.content.decode()
    for words in (partner.legal_name, partner.support_email, "setup.iso", link.build.sha256, "37 of 50", "7 Feb 2020"):
        assert words in page
    assert f"curl -fOJL --data '' http://testserver{link.get_absolute_url()}" in page.replace("&#x27;", "'")
    for secret in secrets_of(link):
        assert secret not in page


@pytest.mark.parametrize("lived", [timedelta(0), timedelta(days=14)])
def test_the_address_is_kept_to_whoever_has_it(clock, link, client, lived):
    clock.set((link.granted_at + lived).isoformat())
    for response in (client.get(link.get_absolute_url()), client.post(link.get_absolute_url())):
        kept = response.status_code == 200  # by the browser alone, so that going back repeats the attempt (K5)
        assert response.headers["Cache-Control"] == ("private, no-cache" if kept else "no-store")
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["X-Robots-Tag"] == "noindex"


def test_the_landing_page_is_small_and_needs_no_script(link, client):
    page = client.get(link.get_absolute_url()).content.decode()
    assert len(page) < 10_000  # its style sheet and theme script come to less than 10 KB more
    assert "htmx" not in page
    assert '<form method="post"' in page


def test_other_methods_are_not_allowed(link, client):
    assert client.put(link.get_absolute_url()).status_code == 405
    response = Client(enforce_csrf_checks=True).post(session_of(link))
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD")
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "This cannot be opened like this" in response.content.decode()


# Sessions


def test_a_session_sends_the_file_as_often_as_asked(link, client):
    address = session_of(link)
    for _time in range(3):
        response = client.get(address)
        assert response.status_code == 200
        assert body_of(response) == CONTENT
    assert response.headers["Content-Length"] == str(len(CONTENT))
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["ETag"] == f'"{hashlib.sha256(CONTENT).hexdigest()}"'
    assert response.headers["Last-Modified"] == "Fri, 24 Jan 2020 12:00:00 GMT"
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Disposition"] == 'attachment; filename="setup.iso"'
    assert used(link) == 1


def test_a_session_lives_24_hours_past_its_links_expiry(clock, link, client):
    clock.set("2020-02-07T11:59:59Z")
    address = session_of(link)
    clock.set("2020-02-08T11:59:58.999999Z")
    assert body_of(client.get(address)) == CONTENT
    clock.set("2020-02-08T11:59:59Z")
    response = client.get(address)
    assert response.status_code == 410
    assert "more than 24 hours ago" in response.content.decode()


def test_head_tells_the_size_and_sends_nothing(link, client):
    response = client.head(session_of(link), headers={"Range": "bytes=0-9"})
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["Content-Length"] == str(len(CONTENT))


@pytest.mark.parametrize(
    ("asked", "sent", "named"),
    [
        ("bytes=0-9", CONTENT[:10], "bytes 0-9/1024"),
        ("bytes=1000-", CONTENT[1000:], "bytes 1000-1023/1024"),
        ("bytes=-3", CONTENT[-3:], "bytes 1021-1023/1024"),
        ("bytes=1023-5000", CONTENT[-1:], "bytes 1023-1023/1024"),
    ],
)
def test_a_range_is_sent_as_206(link, client, asked, sent, named):
    response = client.get(session_of(link), headers={"Range": asked})
    assert response.status_code == 206
    assert body_of(response) == sent
    assert response.headers["Content-Range"] == named
    assert response.headers["Content-Length"] == str(len(sent))
    assert response.headers["ETag"] == link.build.etag


@pytest.mark.parametrize("asked", ["bytes=5-4", "bytes=a-b", "bytes=0-1,4-5", "lines=1-2"])
def test_a_malformed_or_multiple_range_gets_the_whole_file(link, client, asked):
    response = client.get(session_of(link), headers={"Range": asked})
    assert response.status_code == 200
    assert body_of(response) == CONTENT
    assert "Content-Range" not in response.headers


def test_a_range_past_the_end_is_416(link, client):
    response = client.get(session_of(link), headers={"Range": "bytes=1024-"})
    assert response.status_code == 416
    assert response.headers["Content-Range"] == "bytes */1024"
    assert response.content == b""


@pytest.mark.parametrize("condition", ["If-None-Match", "If-Modified-Since"])
def test_what_the_client_has_is_not_sent_again(link, client, condition):
    value = {"If-None-Match": link.build.etag, "If-Modified-Since": "Fri, 24 Jan 2020 12:00:00 GMT"}[condition]
    response = client.get(session_of(link), headers={condition: value, "Range": "bytes=0-9"})
    assert (response.status_code, response.content) == (304, b"")
    assert response.headers["ETag"] == link.build.etag


def test_another_validator_gets_the_file(link, client):
    assert body_of(client.get(session_of(link), headers={"If-None-Match": '"other"'})) == CONTENT


def test_a_korean_name_is_kept_and_has_a_plain_one_beside_it(clock, agent, customer, client):
    link = link_to(agent, customer, file_name='윈도우 "서버".iso')
    response = client.get(session_of(link))
    assert body_of(response) == CONTENT
    assert response.headers["Content-Disposition"] == (
        "attachment; filename=\"___ ____.iso\"; filename*=UTF-8''%EC%9C%88%EB%8F%84%EC%9A%B0%20_%EC%84%9C%EB%B2%84_.iso"
    )


def test_two_files_are_never_spliced(link, client):
    address = session_of(link)
    Build.objects.filter(pk=link.build_id).update(sha256="0" * 64)
    response = client.get(address, headers={"Range": "bytes=10-"})
    assert response.status_code == 409
    assert "The file was replaced" in response.content.decode()


def test_a_missing_file_is_our_fault_and_says_so(link, client, partner):
    address = session_of(link)
    default_storage.delete(link.build.storage_name)
    response = client.get(address)
    assert response.status_code == 500
    assert "This is our fault" in response.content.decode()
    assert partner.support_email in response.content.decode()


def test_a_file_cut_short_is_not_sent(link, client):
    address = session_of(link)
    default_storage.delete(link.build.storage_name)
    default_storage.save(link.build.storage_name, ContentFile(CONTENT[:10]))
    assert client.get(address).status_code == 500


def test_after_a_cancellation_no_byte_is_authorised(link, client):
    address = session_of(link)
    revoke_purchase(link.purchase, now=timezone.now())
    assert client.get(address).status_code == 410
    assert client.get(link.get_absolute_url()).status_code == 410
    assert client.post(link.get_absolute_url()).status_code == 410
    assert used(link) == 1


# A running transfer


def test_a_running_transfer_is_cut_within_seconds(clock, agent, customer):
    link = link_to(agent, customer, bytes(4 * CHUNK))
    session = open_session(session_of(link).split("/")[3], actor=Actor.link_holder())
    file = open_file(session)
    transfer = Transfer(session, file, first=0, length=4 * CHUNK)
    chunks = iter(transfer)
    assert len(next(chunks)) == CHUNK
    revoke_purchase(link.purchase, now=timezone.now())
    clock.set("2020-01-24T12:00:01.9Z")
    assert len(next(chunks)) == CHUNK
    clock.set("2020-01-24T12:00:02Z")
    assert list(chunks) == []
    transfer.close()


def test_a_file_that_is_replaced_while_it_is_sent_is_never_spliced(clock, agent, customer):
    link = link_to(agent, customer, b"a" * 2 * CHUNK)
    session = open_session(session_of(link).split("/")[3], actor=Actor.link_holder())
    transfer = Transfer(session, open_file(session), first=0, length=2 * CHUNK)
    chunks = iter(transfer)
    sent = next(chunks)
    other = make_build(link.build.product, b"b" * 2 * CHUNK, version="other")
    storage_name, digest = other.storage_name, other.sha256
    Build.objects.filter(pk=other.pk).update(storage_name="elsewhere")
    Build.objects.filter(pk=link.build_id).update(storage_name=storage_name, sha256=digest)
    clock.set("2020-01-24T12:00:02Z")
    assert sent + b"".join(chunks) == b"a" * CHUNK
    transfer.close()
    assert DownloadSession.objects.get().end == "file_replaced"
    assert Event.objects.filter(action=Action.DOWNLOAD_CLOSED).count() == 1


def test_a_running_transfer_goes_on_while_its_session_is_open(clock, agent, customer):
    content = bytes(range(256)) * 4096
    link = link_to(agent, customer, content)
    session = open_session(session_of(link).split("/")[3], actor=Actor.link_holder())
    file = open_file(session)
    transfer = Transfer(session, file, first=5, length=len(content) - 6)
    got = b""
    for second, chunk in enumerate(transfer):
        clock.set(f"2020-01-24T12:00:{3 * second:02}Z")
        got += chunk
    assert got == content[5:-1]
    transfer.close()
    assert file.closed


# Real threads, real servers


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("left", [1, LINK_DOWNLOADS])
def test_of_200_posts_at_once_exactly_as_many_as_are_left_are_accepted(agent, customer, left):
    link = link_to(agent, customer)
    DownloadLink.objects.filter(pk=link.pk).update(used=LINK_DOWNLOADS - left)

    def post_ten_times():
        client = Client()
        return [client.post(link.get_absolute_url()).status_code for _post in range(10)]

    answers = in_threads(*[post_ten_times] * 20)
    assert sorted(chain.from_iterable(answers)) == [303] * left + [410] * (200 - left)
    assert used(link) == LINK_DOWNLOADS
    assert DownloadSession.objects.count() == left
    assert Event.objects.filter(action=Action.DOWNLOAD_STARTED).count() == left
    assert Event.objects.filter(action=Action.DOWNLOAD_REFUSED).count() == 200 - left


@pytest.mark.django_db(transaction=True)
def test_the_curl_line_of_the_landing_page_saves_the_file_with_its_name(live_server, client, agent, customer, tmp_path):
    content = hashlib.shake_128(b"a build").digest(3 * CHUNK + 17)
    link = link_to(agent, customer, content, file_name="en-us_setup_x64.iso")
    address = f"{live_server.url}{link.get_absolute_url()}"
    subprocess.run(["curl", "-sfOJL", "--data", "", address], cwd=tmp_path, check=True, timeout=60)
    saved = tmp_path / "en-us_setup_x64.iso"
    assert hashlib.sha256(saved.read_bytes()).hexdigest() == link.build.sha256
    assert link.build.sha256 in client.get(link.get_absolute_url()).content.decode()
    assert used(link) == 1


@pytest.mark.django_db(transaction=True)
def test_curl_resumes_inside_the_session(live_server, agent, customer, tmp_path):
    content = hashlib.shake_128(b"a build").digest(2 * CHUNK)
    link = link_to(agent, customer, content)
    address = f"{live_server.url}{session_of(link)}"
    part = tmp_path / "part"
    part.write_bytes(content[:1000])
    subprocess.run(["curl", "-sf", "-C", "-", "-o", str(part), address], check=True, timeout=60)
    assert part.read_bytes() == content
    assert used(link) == 1


@pytest.mark.django_db(transaction=True)
def test_curl_fails_on_a_dead_link(live_server, agent, customer, tmp_path):
    link = link_to(agent, customer)
    DownloadLink.objects.filter(pk=link.pk).update(used=LINK_DOWNLOADS)
    address = f"{live_server.url}{link.get_absolute_url()}"
    curl = subprocess.run(["curl", "-sfOJL", "--data", "", address], cwd=tmp_path, timeout=60)
    assert curl.returncode == 22
    assert list(tmp_path.iterdir()) == []
