"""What each transfer has sent, and when a download has arrived whole (K8)."""

import pytest
from django.test import Client

from software.models import DownloadSession, Transfer
from software.services import end_transfer
from software.services.streaming import CHUNK
from tests.downloads import (
    CONTENT,
    ask,
    begun,
    link_to,
    stream_of,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("ranges", "sent", "complete"),
    [
        (["bytes=0-511", "bytes=512-1023"], 1024, True),
        (["bytes=512-", "bytes=0-511"], 1024, True),
        (["bytes=0-700", "bytes=300-1023"], 1425, True),
        (["bytes=0-511", "bytes=513-1023"], 1023, False),
        (["bytes=0-511"] * 3, 1536, False),
        (["bytes=1-1023", "bytes=1-1023"], 2046, False),
        (["bytes=0-0", "bytes=-1023"], 1024, True),
    ],
)
def test_a_download_is_complete_once_every_byte_was_sent(link, address, ranges, sent, complete):
    for asked in ranges:
        ask(address, Range=asked)
    session = DownloadSession.objects.get()
    assert (session.bytes_sent, session.completed_at is not None) == (sent, complete)
    assert session.sent_at == link.granted_at


def test_a_transfer_that_breaks_off_is_noted_with_what_it_sent(clock, agent, customer):
    link = link_to(agent, customer, bytes(3 * CHUNK))
    stream = stream_of(link)
    chunks = iter(stream)
    for _chunk in range(2):
        next(chunks)
    stream.close()
    transfer = Transfer.objects.get()
    assert (transfer.first, transfer.length, transfer.sent) == (0, 3 * CHUNK, CHUNK)  # the second may not have left
    assert DownloadSession.objects.get().completed_at is None


def test_the_end_of_a_transfer_is_noted_once_and_never_more_than_was_asked_for(link, address):
    transfer = begun(address)
    assert end_transfer(transfer.public_id, 10**9)
    assert not end_transfer(transfer.public_id, 5)
    session = DownloadSession.objects.get()
    assert session.bytes_sent == Transfer.objects.get().sent == len(CONTENT)
    assert session.completed_at is not None


def test_who_starts_a_download_is_kept_with_it(link):
    Client(headers={"User-Agent": "curl/8 \N{SNOWMAN}" + "x" * 300}, REMOTE_ADDR="192.0.2.7").post(
        link.get_absolute_url()
    )
    session = DownloadSession.objects.get()
    assert session.address == "192.0.2.7"
    assert session.user_agent.startswith("curl/8 ")
    assert len(session.user_agent) == 200
