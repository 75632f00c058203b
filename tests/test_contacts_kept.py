"""Contacts and files of support requests are kept 24 months after closing, and then removed by a job (X6)."""

import signal
from datetime import UTC, datetime
from io import StringIO
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import IntegrityError, transaction

from activity.models import Action, ActorKind, Event
from cancellations.support.models import Attachment, DenialReason, SupportRequest
from cancellations.support.services import keeping
from cancellations.support.services.deciding import deny
from cancellations.support.services.files import add_file
from cancellations.support.services.talking import close
from cancellations.support.tasks import remove_old_contacts
from csp_portal.calendar_utc import months_before
from tests.attachments import PDF, uploaded
from tests.factories import buy_line, make_sku
from tests.helpers import in_threads, until_somebody_waits, words_of
from tests.processes import running
from tests.support import file_question, file_refund, last_step

pytestmark = pytest.mark.django_db(transaction=True)

CLOSED = "2020-01-24T12:00:00Z"
BEFORE = "2022-01-24T11:59:59Z"
OVER = "2022-01-24T12:00:00Z"
COMMAND = "remove_old_contacts"


@pytest.fixture
def closed(clock, agent):
    """A question with a file, closed on 2020-01-24 at noon."""
    return closed_by(agent)


def closed_by(agent, title="密钥无法激活", **fields):
    draft_id = uuid4()
    add_file(draft_id, uploaded("견적서 2020.pdf", PDF), actor=agent)
    request = file_question(agent, draft_id, title=title, contact_phone="+82 2 555 0100", **fields)
    close(request.number, text="解决了。", actor=agent)
    return SupportRequest.objects.get(pk=request.pk)


def state_of(request):
    """All that is kept of a request, and its rows in the log of what was removed."""
    row = SupportRequest.objects.filter(pk=request.pk).values().get()
    files = [(file, default_storage.exists(file.storage_name)) for file in Attachment.objects.of_request(request)]
    return row, files, Event.objects.filter(action=Action.REQUEST_CONTACT_REMOVED).count()


def contact_of(request):
    request.refresh_from_db()
    return request.contact_name, request.contact_email, request.contact_phone


def test_nothing_goes_a_second_before_24_months_are_over_and_all_of_it_at_that_second(clock, closed):
    before, (file,) = state_of(closed), closed.attachments.all()
    clock.set(BEFORE)
    assert remove_old_contacts() == 0
    assert state_of(closed) == before
    clock.set(OVER)
    assert remove_old_contacts() == 1
    assert contact_of(closed) == ("", "", "")
    assert not Attachment.objects.exists()
    assert not default_storage.exists(file.storage_name)


def test_the_rest_of_a_request_stays(clock, closed):
    (before, _files, _logged), steps = state_of(closed), list(closed.events.values())
    clock.set(OVER)
    remove_old_contacts()
    (after, _files, _logged) = state_of(closed)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"contact_name", "contact_email", "contact_phone", "contact_removed_at"}
    assert list(closed.events.values()) == steps


def test_it_is_logged_once_in_the_partners_chain_without_the_contact(clock, closed, partner):
    clock.set(OVER)
    assert (remove_old_contacts(), remove_old_contacts()) == (1, 0)
    row = Event.objects.get(action=Action.REQUEST_CONTACT_REMOVED)
    assert (row.partner, row.actor_kind, row.actor_name) == (partner, ActorKind.SYSTEM, "system:remove_old_contacts")
    assert row.details == {"request": closed.number, "files": 1}


def test_a_denied_refund_counts_from_the_decision_and_what_is_open_is_kept(clock, agent, customer, support_agent):
    clock.set("2019-12-24T12:00:00Z")
    open_one = file_question(agent)
    refund = file_refund(agent, buy_line(agent, customer, make_sku()))
    clock.set(CLOSED)
    deny(refund.number, DenialReason.REPEATED, "不行。", seen=last_step(refund), actor=support_agent)
    clock.set(BEFORE)
    assert remove_old_contacts() == 0
    clock.set(OVER)
    assert remove_old_contacts() == 1
    assert contact_of(refund) == ("", "", "")
    assert contact_of(open_one)[0] == "김민준"


@pytest.mark.parametrize("reader", ["agent", "support_agent"])
def test_both_sides_are_told_that_it_was_removed(request, reader, clock, closed, client_of):
    clock.set(OVER)
    remove_old_contacts()
    place = "support" if reader == "agent" else "queue"
    words = words_of(client_of(request.getfixturevalue(reader)).get(f"/{place}/{closed.number}/"))
    assert "Contact and files Removed 24 months after closing: " in words
    assert "견적서" not in words
    assert "密钥无法激活" in words
    for gone in ("김민준", "+82 2 555 0100"):
        assert gone not in words


def test_a_file_that_was_removed_is_not_found(clock, closed, agent, client_of):
    address = closed.attachments.get().get_absolute_url()
    clock.set(OVER)
    remove_old_contacts()
    assert client_of(agent).get(address).status_code == 404


# In which order, and how far


def test_more_requests_than_a_batch_are_all_done(clock, closed, agent, monkeypatch):
    monkeypatch.setattr(keeping, "BATCH", 2)
    others = [closed_by(agent, title=f"第{number}个") for number in range(4)]
    clock.set(OVER)
    assert remove_old_contacts() == 5
    assert {contact_of(request) for request in (closed, *others)} == {("", "", "")}
    assert Event.objects.filter(action=Action.REQUEST_CONTACT_REMOVED).count() == 5


def test_two_runs_at_once_do_the_work_once(clock, closed, agent):
    closed_by(agent)
    clock.set(OVER)
    assert sum(in_threads(remove_old_contacts, remove_old_contacts)) == 2
    assert Event.objects.filter(action=Action.REQUEST_CONTACT_REMOVED).count() == 2


def test_a_run_that_is_killed_half_way_leaves_all_as_it_was_and_the_next_one_ends_it(closed, agent):
    other = closed_by(agent)
    before = state_of(closed), state_of(other)
    with running(["manage.py", COMMAND]) as (job,):
        with transaction.atomic():
            other.attachments.select_for_update().get()  # on which the job waits, in the midst of its batch
            until_somebody_waits()
            job.kill()
        assert job.process.returncode == -signal.SIGKILL
    assert (state_of(closed), state_of(other)) == before
    with running(["manage.py", COMMAND]) as (job,):
        code, said = job.finish()
    assert code == 0, said
    assert "Requests whose contact and files were removed: 2" in said
    assert contact_of(closed) == contact_of(other) == ("", "", "")


# The command


def test_a_dry_run_says_what_would_go_and_changes_nothing(clock, closed, partner):
    clock.set(OVER)
    before, said = state_of(closed), StringIO()
    call_command(COMMAND, "--dry-run", stdout=said)
    assert said.getvalue().splitlines() == [
        "Requests closed 24 months ago or earlier: 1",
        f"{closed.number} of {partner.legal_name}, closed {CLOSED}: its contact, files 1, bytes {len(PDF)}",
        "Nothing was removed.",
    ]
    assert state_of(closed) == before


def test_the_command_says_what_goes_and_removes_it(clock, closed):
    clock.set(OVER)
    said = StringIO()
    call_command(COMMAND, stdout=said)
    assert closed.number in said.getvalue()
    assert said.getvalue().endswith("Requests whose contact and files were removed: 1\n")
    assert contact_of(closed) == ("", "", "")


# The rule


@pytest.mark.parametrize(
    ("now", "earlier"),
    [
        ("2022-01-24T12:00:00", "2020-01-24T12:00:00"),
        ("2022-02-28T23:59:59", "2020-02-28T23:59:59"),  # what was closed on 29 February is kept
        ("2022-03-01T00:00:00", "2020-03-01T00:00:00"),
        ("2024-02-29T08:00:00", "2022-02-28T08:00:00"),
    ],
)
def test_months_are_those_of_the_calendar_and_never_cut_short(now, earlier):
    instants = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (now, earlier)]
    assert months_before(instants[0], 24) == instants[1]


def test_the_database_keeps_a_contact_whole_or_not_at_all(closed):
    with pytest.raises(IntegrityError, match="support_contact_removed_whole"), transaction.atomic():
        SupportRequest.objects.filter(pk=closed.pk).update(contact_removed_at=closed.ended_at)
