"""Download sessions are kept for 13 months after their start, and then removed by a job; they stay counted (X6, K8)."""

import json
import re
import signal
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import OuterRef
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from activity.models import Action, ActorKind, Event
from cancellations.support.evidence import Evidence
from cancellations.support.models import SupportRequest
from csp_portal.accounts.permissions import Role
from software.models import DownloadLink, DownloadSession, Grant, Kind, RemovedDownloads, SessionEnd, Transfer
from software.models.counting import downloads_counted
from software.services import keeping, renew_link
from software.services.checking import check_links
from software.services.link_jobs import close_sessions
from software.services.releasing import release_due
from software.tasks import remove_old_sessions
from tests.api import Caller
from tests.downloads import CONTENT, ask, begun, link_to, session_of
from tests.factories import buy_line, make_build, make_link, make_sku
from tests.helpers import cancel, in_threads, until_somebody_waits, words_of
from tests.processes import running
from tests.support import file_refund

pytestmark = pytest.mark.django_db

STARTED = "2020-01-24T12:00:00Z"
BEFORE = "2021-02-24T11:59:59Z"
OVER = "2021-02-24T12:00:00Z"
COMMAND = "remove_old_sessions"
at_once = pytest.mark.django_db(transaction=True)


@pytest.fixture
def link(clock, agent, customer):
    """Made on 2020-01-24 at noon; by the next day one download of it was sent, and one was given back."""
    purchase = buy_line(agent, customer, make_sku(kind=Kind.PERPETUAL, keys=1)).purchase
    made = make_link(agent, purchase, make_build(purchase.sku.product, CONTENT))
    live(clock, made)
    return made


def live(clock, *links):
    """One download of each is sent, one is given back, and both are over."""
    clock.set(STARTED)
    for link in links:
        ask(session_of(link))
        session_of(link)
    clock.set("2020-01-24T12:15:00Z")
    release_due()
    clock.set("2020-01-25T12:00:00Z")
    close_sessions()


def state():
    """All that is kept of downloads, and how often it was logged that some were removed."""
    kept = [list(kind.objects.order_by("pk").values()) for kind in (DownloadSession, Transfer, RemovedDownloads)]
    return kept, Event.objects.filter(action=Action.DOWNLOADS_REMOVED).count()


def counted(link):
    """How many downloads with the link count, under all its grants."""
    links = DownloadLink.objects.annotate(downloads=downloads_counted(link=OuterRef("pk")))
    return links.values_list("downloads", flat=True).get(pk=link.pk)


@pytest.fixture
def look(link, agent, client_of):
    """The link's history as an Admin agent finds it who has just signed in."""
    address = reverse("software:link_history", args=[link.purchase.customer.tenant_id, link.public_id])
    return lambda: client_of(agent).get(address)


def grants_on(page):
    """What was used of each grant, the newest first, as the page says."""
    return re.findall(r"(\d+) of 50", page.content.decode().rpartition("Made and renewed")[2])


# When


def test_a_session_stays_a_second_before_13_months_are_over_and_goes_with_its_transfers_at_that_second(clock, link):
    before = state()
    clock.set(BEFORE)
    assert remove_old_sessions() == 0
    assert state() == before
    clock.set(OVER)
    assert (remove_old_sessions(), remove_old_sessions()) == (2, 0)
    assert not DownloadSession.objects.exists()
    assert not Transfer.objects.exists()


def test_months_are_those_of_the_calendar_and_never_cut_short(clock, link):
    DownloadSession.objects.update(started_at=datetime(2020, 1, 31, 12, tzinfo=UTC))
    clock.set("2021-02-28T23:59:59Z")  # that month has no 31st
    assert remove_old_sessions() == 0
    clock.set("2021-03-01T00:00:00Z")
    assert remove_old_sessions() == 2


def test_a_session_that_no_job_has_closed_waits_for_that(clock, agent, customer):
    ask(session_of(link_to(agent, customer)))
    clock.set(OVER)
    assert remove_old_sessions() == 0
    close_sessions()
    assert remove_old_sessions() == 1


def test_a_session_of_which_a_transfer_may_still_be_told_waits_for_that(clock, agent, customer):
    begun(session_of(link_to(agent, customer)))
    DownloadSession.objects.update(sent_at=timezone.now())
    clock.set(OVER)
    close_sessions()
    assert remove_old_sessions() == 0
    Transfer.objects.update(ended_at=timezone.now())
    assert remove_old_sessions() == 1


@pytest.mark.parametrize("fault", [False, True])
def test_a_download_whose_count_is_to_be_given_back_waits_for_that(clock, agent, customer, fault):
    made = link_to(agent, customer)
    session_of(made)
    if fault:
        DownloadSession.objects.update(closed_at=timezone.now(), end=SessionEnd.FAULT, sent_at=timezone.now())
    clock.set(OVER)
    close_sessions()
    assert remove_old_sessions() == 0
    release_due()
    assert remove_old_sessions() == 1
    assert (counted(made), check_links()) == (0, 0)


# What stays counted


def test_counts_are_the_same_before_and_after(clock, agent, link):
    renew_link(link.public_id, grant_seen=1, actor=agent)
    ask(session_of(link))
    before = counted(link), list(DownloadLink.objects.values_list("used", flat=True))
    clock.set("2021-02-24T12:30:00Z")  # the session of the second grant was started later
    close_sessions()
    assert remove_old_sessions() == 2
    assert (counted(link), list(DownloadLink.objects.values_list("used", flat=True))) == before == (2, [1])
    assert check_links() == 0
    clock.set("2021-02-25T12:00:00Z")
    assert remove_old_sessions() == 1
    assert (counted(link), check_links()) == (2, 0)
    note = RemovedDownloads.objects.order_by("grant_number").values_list("grant_number", "counted")
    assert list(note) == [(1, 1), (2, 1)]


def test_what_was_given_back_does_not_count_once_it_is_removed(clock, link):
    clock.set(OVER)
    remove_old_sessions()
    note = RemovedDownloads.objects.get()
    assert (note.link, note.grant_number, note.counted) == (link, 1, 1)
    assert (note.bytes_sent, f"{note.last_started_at:%Y-%m-%dT%H:%M:%SZ}") == (link.build.size, STARTED)


def test_a_link_that_is_counted_wrong_is_still_found_once_its_sessions_are_removed(clock, link):
    DownloadLink.objects.update(used=2)
    clock.set(OVER)
    assert check_links() == 1
    remove_old_sessions()
    assert check_links() == 1
    (first, second) = Event.objects.filter(action=Action.DOWNLOADS_MISCOUNTED).order_by("pk")
    assert first.details == second.details == {"grant": 1, "used": 2, "counted": 1}


def test_the_page_says_the_same_of_each_grant_and_how_many_are_listed_no_more(clock, agent, link, look):
    renew_link(link.public_id, grant_seen=1, actor=agent)
    before = look()
    assert grants_on(before) == ["0", "1"]
    assert "not listed any more" not in words_of(before)
    clock.set(OVER)
    assert "complete" in words_of(look())  # what the night's run has not removed is listed
    assert "not listed any more" not in words_of(look())
    remove_old_sessions()
    after = look()
    assert grants_on(after) == ["0", "1"]
    assert "1 counted download of more than 13 months ago is not listed any more." in words_of(after)
    for gone in ("No download yet", "127.0.0.1", "complete"):
        assert gone not in words_of(after)


def test_a_later_download_is_listed_above_how_many_came_before(clock, agent, link, look):
    clock.set(OVER)
    renew_link(link.public_id, grant_seen=1, actor=agent)
    ask(session_of(link))
    remove_old_sessions()
    assert "24 Feb 2021, 12:00 UTC" in words_of(look())
    assert "1 counted download of more than 13 months ago is not listed any more." in words_of(look())
    assert grants_on(look()) == ["1", "1"]


def test_the_api_says_the_same_and_how_many_are_listed_no_more(clock, global_admin, link):
    line = link.purchase.order_line
    path = f"/customers/{line.order.customer.tenant_id}/orders/{line.order.number}/lineitems/0/downloadlinks"
    clock.set(OVER)
    remove_old_sessions()
    caller = Caller(global_admin, Role.ADMIN_AGENT)
    (told,) = caller.items(path)
    assert (told["downloadsUsed"], told["downloadsNotListed"]) == (1, 1)
    (grant,) = caller.items(f"{path}/{link.public_id}/grants")
    assert grant["downloadsUsed"] == 1
    assert caller.items(f"{path}/{link.public_id}/downloads") == []


def test_downloads_of_a_grant_that_nobody_wrote_down_stay_counted(clock, link):
    Grant.objects.all().delete()
    clock.set(OVER)
    remove_old_sessions()
    assert (counted(link), check_links()) == (1, 0)


def test_the_evidence_of_a_refund_says_the_same(clock, agent, link):
    clock.set("2020-02-01T12:00:00Z")
    asked = SupportRequest.objects.with_names().get(pk=file_refund(agent, link.purchase.order_line).pk)
    before = Evidence(asked, timezone.now()).counts
    assert (before["downloads"], before["bytes_sent"]) == (1, link.build.size)
    clock.set(OVER)
    remove_old_sessions()
    assert Evidence(asked, timezone.now()).counts == before


def test_a_certificate_tells_of_downloads_that_were_removed(clock, agent, link):
    DownloadSession.objects.update(started_at=datetime(2018, 12, 24, tzinfo=UTC))
    remove_old_sessions()
    certificate = cancel(link.purchase.order_line, agent).certificate
    (told,) = json.loads(certificate.document)["revoked"]["links"]
    assert told["downloads"] == 1


def test_the_address_of_a_removed_session_is_unknown(clock, agent, customer):
    address = session_of(link_to(agent, customer))
    ask(address)
    clock.set(OVER)
    close_sessions()
    remove_old_sessions()
    assert Client().get(address).status_code == 404


# How


def test_it_is_logged_in_the_operators_chain_in_figures(clock, link):
    clock.set(OVER)
    remove_old_sessions()
    row = Event.objects.get(action=Action.DOWNLOADS_REMOVED)
    assert (row.partner, row.actor_kind, row.actor_name) == (None, ActorKind.SYSTEM, "system:remove_old_sessions")
    assert row.details == {"sessions": 2, "counted": 1}


def test_after_each_batch_all_is_counted_and_another_run_goes_on(clock, monkeypatch, agent, customer, link):
    live(clock, *(link_to(agent, customer) for _number in range(2)))
    monkeypatch.setattr(keeping, "BATCH", 1)
    clock.set(OVER)
    for left in (5, 4, 3):
        keeping._remove_batch()
        assert (DownloadSession.objects.count(), check_links()) == (left, 0)
    assert remove_old_sessions() == 3
    assert [counted(each) for each in DownloadLink.objects.all()] == [1, 1, 1]
    assert Event.objects.filter(action=Action.DOWNLOADS_REMOVED).count() == 6


def remove_without_waiting():
    """A run that fails where it would wait for somebody."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
    return remove_old_sessions()


@at_once
@pytest.mark.parametrize("kind", [DownloadLink, DownloadSession])
def test_what_somebody_holds_is_passed_over(clock, agent, customer, link, kind):
    live(clock, link_to(agent, customer))
    clock.set(OVER)
    held = (
        DownloadSession.objects.filter(link=link)
        if kind is DownloadSession
        else DownloadLink.objects.filter(pk=link.pk)
    )
    with transaction.atomic():
        list(held.select_for_update())
        assert in_threads(remove_without_waiting) == [2]
    assert set(DownloadSession.objects.values_list("link", flat=True)) == {link.pk}
    assert remove_old_sessions() == 2


@at_once
def test_two_runs_at_once_count_each_download_once(clock, monkeypatch, agent, customer, link):
    live(clock, *(link_to(agent, customer) for _number in range(5)))
    monkeypatch.setattr(keeping, "BATCH", 3)  # so that a link's sessions lie in two of them
    clock.set(OVER)
    assert sum(in_threads(remove_old_sessions, remove_old_sessions)) == 12
    assert [counted(each) for each in DownloadLink.objects.all()] == [1] * 6
    assert check_links() == 0


@at_once
def test_a_run_that_is_killed_half_way_leaves_all_as_it_was_and_the_next_one_ends_it(clock, link):
    before = state()
    with running(["manage.py", COMMAND]) as (job,):
        with transaction.atomic():
            Transfer.objects.select_for_update().get()  # on which the job waits, in the midst of its batch
            until_somebody_waits()
            job.kill()
        assert job.process.returncode == -signal.SIGKILL
    assert (state(), counted(link)) == (before, 1)
    with running(["manage.py", COMMAND]) as (job,):
        code, said = job.finish()
    assert code == 0, said
    assert "Download sessions that were removed: 2" in said
    assert (counted(link), check_links()) == (1, 0)


# The command


def test_a_dry_run_says_how_many_would_go_and_changes_nothing(clock, link):
    clock.set(OVER)
    before, said = state(), StringIO()
    call_command(COMMAND, "--dry-run", stdout=said)
    assert said.getvalue() == "Download sessions started 13 months ago or earlier: 2\nNothing was removed.\n"
    assert state() == before


def test_the_command_removes_what_it_counts(clock, link):
    clock.set(OVER)
    said = StringIO()
    call_command(COMMAND, stdout=said)
    assert said.getvalue().splitlines() == [
        "Download sessions started 13 months ago or earlier: 2",
        "Download sessions that were removed: 2",
    ]
    assert not DownloadSession.objects.exists()


# What the database refuses


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"counted": 1}, "software_removed_last_of_counted"),
        ({"counted": 0, "last_started_at": datetime(2020, 1, 24, tzinfo=UTC)}, "software_removed_last_of_counted"),
        ({"bytes_sent": -1}, "software_removed_bytes_sent"),
    ],
)
def test_a_note_that_cannot_be_is_refused(link, fields, name):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        RemovedDownloads.objects.create(link=link, grant_number=1, **fields)


def test_a_grant_has_one_note(link):
    RemovedDownloads.objects.create(link=link, grant_number=1)
    with pytest.raises(IntegrityError, match="software_removed_once_a_grant"), transaction.atomic():
        RemovedDownloads.objects.create(link=link, grant_number=1)
