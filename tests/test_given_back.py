"""A download of which nothing was sent within 15 minutes is given back once (K8)."""

import threading

import pytest
from django.db import transaction
from django.utils import timezone

from activity.models import Action, Event
from activity.services import Actor
from csp_portal.celery import app
from software import tasks
from software.models import FIRST_BYTE_WITHIN, LINK_DOWNLOADS, DownloadLink, DownloadSession, Transfer
from software.ranges import ByteRange
from software.services import authorise, end_transfer, renew_link, revoke_link
from software.services.releasing import release_due, release_if_unsent
from tests.downloads import (
    CONTENT,
    ask,
    assert_counted,
    assert_given_back,
    begun,
    link_to,
    released,
    session_of,
    stream_of,
    used,
)
from tests.helpers import in_threads, until_somebody_waits, words_of

pytestmark = pytest.mark.django_db

JUST_IN_TIME = "2020-01-24T12:14:59.999999Z"
TOO_LATE = "2020-01-24T12:15:00Z"


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


def test_what_is_being_sent_is_not_given_back(clock, link, address):
    begun(address)
    clock.set("2020-01-24T13:00:00Z")
    assert release_due() == 0
    assert ask(address, "head").status_code == 200
    assert_counted(link)


@pytest.mark.parametrize(("sent", "given_back"), [(0, 1), (1, 0)])
def test_a_transfer_that_ends_late_is_judged_by_what_it_sent(clock, link, address, sent, given_back):
    transfer = begun(address)
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
