"""A download that failed by a fault of ours is given back once; what a client does wrong is none (K8)."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

from software.models import DownloadSession, Transfer
from software.services import end_transfer
from software.services.releasing import release_due, release_failed
from software.services.streaming import CHUNK
from tests.downloads import (
    CONTENT,
    ask,
    assert_counted,
    assert_given_back,
    begun,
    link_to,
    released,
    session_of,
    used,
)
from tests.helpers import in_threads, words_of

pytestmark = pytest.mark.django_db


def test_a_missing_file_gives_the_download_back_at_once(link, address):
    default_storage.delete(link.build.storage_name)
    assert ask(address, "head").status_code == 500
    assert_given_back(link, "fault")
    response = ask(address)
    assert response.status_code == 410
    assert "failed by a fault of ours" in words_of(response)
    assert released() == 1


def test_a_file_that_goes_missing_half_way_gives_it_back_too(link, address):
    ask(address, Range="bytes=0-99")
    default_storage.delete(link.build.storage_name)
    assert ask(address, Range="bytes=100-").status_code == 500
    assert_given_back(link, "fault")


def test_a_file_that_ends_too_soon_while_it_is_sent_gives_it_back(clock, agent, customer):
    link = link_to(agent, customer, bytes(2 * CHUNK))
    response = Client().get(session_of(link))
    with open(default_storage.path(link.build.storage_name), "r+b") as file:
        file.truncate(CHUNK)
    assert len(response.getvalue()) == CHUNK
    assert_given_back(link, "fault")
    assert Transfer.objects.get().sent == CHUNK


@pytest.mark.django_db(transaction=True)
def test_an_error_of_ours_inside_a_session_gives_it_back(agent, customer, refusing_inserts):
    link = link_to(agent, customer)
    address = session_of(link)
    with refusing_inserts("software_transfer"):
        response = Client(raise_request_exception=False).get(address)
    assert response.status_code == 500
    assert_given_back(link, "fault")
    assert DownloadSession.objects.get().bytes_asked == 0


def test_a_download_that_had_arrived_whole_is_not_given_back(link, address):
    assert ask(address, Range="bytes=512-").status_code == 206
    assert ask(address, Range="bytes=0-511").status_code == 206
    assert DownloadSession.objects.get().completed_at is not None
    default_storage.delete(link.build.storage_name)
    assert ask(address).status_code == 500
    assert_counted(link)
    default_storage.save(link.build.storage_name, ContentFile(CONTENT))
    assert ask(address).body == CONTENT


def test_what_the_client_does_wrong_is_no_fault_of_ours(clock, link, address):
    ask(address, Range="bytes=0-0")
    for status, answer in (
        (416, ask(address, Range="bytes=9999-")),
        (412, ask(address, If_Match='"another"')),
        (405, ask(address, "post")),
    ):
        assert answer.status_code == status
    assert_counted(link)


ODD = [
    "",
    ",",
    "bytes=-",
    "bytes=0-" + "9" * 400,
    "bytes=" + "9" * 400 + "-",
    "bytes=0-0;q=1",
    'W/"x", "',
    "*",
    "Thu, 99 Zzz 99999 99:99:99 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Sun Nov  6 08:49:37 0000",
    "\xff\xfe",
    "a" * 8000,
]


@pytest.mark.parametrize(
    "header", ["Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "Accept"]
)
def test_no_header_makes_a_fault_of_ours_that_would_give_a_download_back(clock, link, address, header):
    ask(address, Range="bytes=0-0")
    for value in ODD:
        for method in ("get", "head"):
            assert ask(address, method, **{header.replace("-", "_"): value}).status_code in {200, 206, 304, 412, 416}
    assert_counted(link)


def test_a_fault_while_something_is_on_its_way_is_judged_once_that_is_over(clock, link, address):
    transfer = begun(address)
    default_storage.delete(link.build.storage_name)
    assert ask(address).status_code == 500
    assert DownloadSession.objects.get().end == "fault"
    assert release_due() == 0
    assert used(link) == 1
    end_transfer(transfer.public_id, 10)
    assert [release_due(), release_due()] == [1, 0]
    assert used(link) == 0
    assert DownloadSession.objects.get().released_at is not None
    assert released() == 1


def test_what_arrives_whole_beside_a_fault_stays_counted(clock, link, address):
    transfer = begun(address)
    default_storage.delete(link.build.storage_name)
    assert ask(address).status_code == 500
    end_transfer(transfer.public_id, len(CONTENT))
    assert release_due() == 0
    assert_counted(link)


@pytest.mark.django_db(transaction=True)
def test_faults_at_once_give_back_once(agent, customer):
    link = link_to(agent, customer)
    session_of(link)
    session = DownloadSession.objects.get()
    assert sum(in_threads(*[lambda: release_failed(session.pk)] * 8)) == 1
    assert used(link) == 0
