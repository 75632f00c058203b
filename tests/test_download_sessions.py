"""What a session sends: ranges, conditions, names, and when it sends nothing any more (K7, C6)."""

import hashlib

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from software.models import Build
from software.services.revoking import revoke_purchase
from tests.downloads import CONTENT, ask, link_to, session_of, used

pytestmark = pytest.mark.django_db


@pytest.fixture
def link(clock, agent, customer):
    """A link made at 2020-01-24 12:00 UTC."""
    return link_to(agent, customer)


def body_of(response):
    return b"".join(response.streaming_content)


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
    assert ask(address, Range="bytes=0-0").status_code == 206
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
