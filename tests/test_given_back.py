"""A download of which nothing was sent in time, or that failed by our fault, is given back once (K8)."""

import threading

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.test import Client
from django.utils import timezone

from activity.models import Action, Event
from activity.services import Actor
from csp_portal.celery import app
from software import tasks
from software.models import FIRST_BYTE_WITHIN, LINK_DOWNLOADS, DownloadLink, DownloadSession, Transfer
from software.ranges import ByteRange
from software.services import authorise, end_transfer, open_session, renew_link, revoke_link
from software.services.releasing import release_due, release_failed, release_if_unsent
from software.services.streaming import CHUNK
from tests.downloads import CONTENT, ask, link_to, session_of, stream_of, used
from tests.helpers import in_threads, until_somebody_waits, words_of

pytestmark = pytest.mark.django_db

JUST_IN_TIME = "2020-01-24T12:14:59.999999Z"
TOO_LATE = "2020-01-24T12:15:00Z"


@pytest.fixture
def link(clock, agent, customer):
    """A link made at 2020-01-24 12:00 UTC."""
    return link_to(agent, customer)


@pytest.fixture
def address(link):
    """The address of a session started at 12:00 UTC."""
    return session_of(link)


def released():
    return Event.objects.filter(action=Action.DOWNLOAD_RELEASED).count()


def assert_given_back(link, reason):
    session = DownloadSession.objects.get()
    assert used(link) == 0
    assert (session.end, session.released_at) == (reason, session.closed_at)
    assert session.released_at is not None
    event = Event.objects.get(action=Action.DOWNLOAD_RELEASED)
    assert event.details == {"session": str(session.public_id), "reason": reason, "given_back": 1}
    assert (event.actor_name, event.link_id) == ("system:release_downloads", link.public_id)


def assert_counted(link):
    assert used(link) == 1
    assert DownloadSession.objects.get().released_at is None
    assert released() == 0


# Nothing sent


def test_what_nothing_was_sent_of_for_15_minutes_is_given_back_once(clock, link, address):
    clock.set(JUST_IN_TIME)
    assert release_due() == 0
    assert_counted(link)
    clock.set(TOO_LATE)
    assert [release_due(), release_due()] == [1, 0]
    assert_given_back(link, "nothing_sent")


def test_a_request_judges_it_before_the_job_does(clock, link, partner, address):
    clock.set(TOO_LATE)
    response = ask(address)
    assert response.status_code == 410
    assert "Nothing of this download was sent within 15 minutes" in words_of(response)
    assert partner.support_email in words_of(response)
    assert_given_back(link, "nothing_sent")
    assert release_due() == 0
    assert ask(address, Range="bytes=0-0").status_code == 410
    assert not Transfer.objects.exists()


def test_one_byte_in_time_and_the_session_lives_its_24_hours(clock, link, address):
    clock.set(JUST_IN_TIME)
    assert ask(address, Range="bytes=7-7").status_code == 206
    clock.set("2020-01-25T11:59:59Z")
    assert release_due() == 0
    assert ask(address).body == CONTENT
    assert_counted(link)


def test_looking_is_not_sending(clock, link, address):
    assert ask(address, "head").status_code == 200
    assert ask(address, If_None_Match=link.build.etag).status_code == 304
    assert ask(address, Range="bytes=1024-").status_code == 416
    clock.set(TOO_LATE)
    assert release_due() == 1
    assert_given_back(link, "nothing_sent")


def running(address):
    """A transfer that has begun and of which nobody knows yet what it sends."""
    holder = Actor.link_holder()
    session = open_session(address.split("/")[3], actor=holder)
    return authorise(session, ByteRange.whole(len(CONTENT)), actor=holder)


def test_what_is_being_sent_is_not_given_back(clock, link, address):
    running(address)
    clock.set("2020-01-24T13:00:00Z")
    assert release_due() == 0
    assert ask(address, "head").status_code == 200
    assert_counted(link)


@pytest.mark.parametrize(("sent", "given_back"), [(0, 1), (1, 0)])
def test_a_transfer_that_ends_late_is_judged_by_what_it_sent(clock, link, address, sent, given_back):
    transfer = running(address)
    clock.set("2020-01-24T12:30:00Z")
    assert end_transfer(transfer.public_id, sent)
    assert release_due() == given_back
    assert used(link) == 1 - given_back


def test_a_client_that_goes_before_the_first_byte_has_got_nothing(clock, link):
    stream_of(link).close()
    transfer = Transfer.objects.get()
    assert (transfer.sent, transfer.ended_at) == (0, link.granted_at)
    clock.set(TOO_LATE)
    assert release_due() == 1


def test_a_used_up_link_is_live_again(clock, link, client):
    DownloadLink.objects.update(used=LINK_DOWNLOADS - 1)
    session_of(link)
    assert client.get(link.get_absolute_url()).status_code == 410
    clock.set(TOO_LATE)
    release_due()
    assert "1 of 50" in words_of(client.get(link.get_absolute_url()))


def test_under_an_earlier_grant_a_release_changes_nothing_but_its_session(clock, agent, link, address):
    renew_link(link.public_id, grant_seen=1, actor=agent)
    session_of(link)
    ask(session_of(link))
    clock.set(TOO_LATE)
    assert release_due() == 2  # the one of the first grant, and the one of this grant that was not fetched
    assert used(link) == 1
    first = DownloadSession.objects.get(grant_number=1)
    assert (first.end, first.released_at) == ("nothing_sent", first.closed_at)
    given_back = Event.objects.filter(action=Action.DOWNLOAD_RELEASED).values_list("details__given_back", flat=True)
    assert sorted(given_back) == [0, 1]


def test_what_ended_a_session_before_stays_its_end(clock, agent, link, address):
    revoke_link(link.public_id, actor=agent)
    clock.set(TOO_LATE)
    assert release_due() == 1
    session = DownloadSession.objects.get()
    assert (session.end, session.closed_at) == ("revoked", link.granted_at)
    assert used(link) == 0


def test_a_job_that_is_days_late_still_gives_it_back(clock, link, address):
    clock.set("2020-01-27T12:00:00Z")
    tasks.close_sessions()
    assert DownloadSession.objects.get().end == "over"
    assert release_due() == 1
    assert used(link) == 0


def test_the_attempt_of_a_download_given_back_leads_to_it_and_counts_nothing(clock, link, client):
    attempt = link.new_attempt()
    first = client.post(link.get_absolute_url(), {"attempt": attempt}).headers["Location"]
    clock.set(TOO_LATE)
    release_due()
    again = client.post(link.get_absolute_url(), {"attempt": attempt})
    assert again.headers["Location"] == first
    assert ask(first).status_code == 410
    assert used(link) == 0


# Faults of ours


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
    transfer = running(address)
    default_storage.delete(link.build.storage_name)
    assert ask(address).status_code == 500
    assert DownloadSession.objects.get().end == "fault"
    assert release_due() == 0
    assert used(link) == 1
    end_transfer(transfer.public_id, 10)
    assert [release_due(), release_due()] == [1, 0]
    assert_given_back_after_its_end(link)


def assert_given_back_after_its_end(link):
    assert used(link) == 0
    assert DownloadSession.objects.get().released_at is not None
    assert released() == 1


def test_what_arrives_whole_beside_a_fault_stays_counted(clock, link, address):
    transfer = running(address)
    default_storage.delete(link.build.storage_name)
    assert ask(address).status_code == 500
    end_transfer(transfer.public_id, len(CONTENT))
    assert release_due() == 0
    assert_counted(link)


# What was sent


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
    transfer = running(address)
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


# At once


@pytest.mark.django_db(transaction=True)
def test_the_job_and_requests_at_once_give_back_once(agent, customer):
    link = link_to(agent, customer)
    address = session_of(link)
    DownloadSession.objects.update(started_at=timezone.now() - FIRST_BYTE_WITHIN)
    session = DownloadSession.objects.get()
    works = [release_due] * 3 + [lambda: release_if_unsent(session.pk)] * 3 + [lambda: ask(address).status_code] * 4
    answers = in_threads(*works)
    assert answers[6:] == [410] * 4
    assert used(link) == 0
    assert released() == 1


@pytest.mark.django_db(transaction=True)
def test_faults_at_once_give_back_once(agent, customer):
    link = link_to(agent, customer)
    session_of(link)
    session = DownloadSession.objects.get()
    assert sum(in_threads(*[lambda: release_failed(session.pk)] * 8)) == 1
    assert used(link) == 0


@pytest.mark.django_db(transaction=True)
def test_what_is_just_being_authorised_is_not_given_back(agent, customer):
    session_of(link_to(agent, customer))
    DownloadSession.objects.update(started_at=timezone.now() - FIRST_BYTE_WITHIN)
    session = DownloadSession.objects.with_file().get()
    authorised = threading.Event()

    def authorise_slowly():
        with transaction.atomic():
            authorise(session, ByteRange(0, 9), actor=Actor.link_holder())
            authorised.set()
            until_somebody_waits()

    def release():
        authorised.wait()
        return release_if_unsent(session.pk)

    assert in_threads(authorise_slowly, release)[1] == 0
    assert used(session.link) == 1


def test_beat_runs_the_jobs():
    planned = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert {tasks.release_downloads.name, tasks.read_transfer_logs.name} <= planned
