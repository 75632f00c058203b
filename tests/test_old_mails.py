"""Mails are kept for 90 days after they were sent or given up, and then removed by a job (X6)."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction

from activity.models import Action, ActorKind, Event
from csp_portal.mail import keeping
from csp_portal.mail.models import Mail
from csp_portal.mail.sending import send_mail
from csp_portal.mail.tasks import remove_old_mails
from tests.helpers import in_threads

pytestmark = pytest.mark.django_db

SENT = "2020-01-24T12:00:00Z"
BEFORE = "2020-04-23T11:59:59Z"
OVER = "2020-04-23T12:00:00Z"


def queued(cause="note"):
    return Mail.objects.create(cause=cause, to="minjun@partner.example", subject="안내", text="안녕하세요")


@pytest.fixture
def mail(clock):
    """A mail that was sent on 2020-01-24 at noon."""
    mail = queued()
    assert send_mail(mail.public_id)
    return mail


def state():
    return list(Mail.objects.order_by("pk").values()), Event.objects.filter(action=Action.MAILS_REMOVED).count()


def test_a_mail_stays_a_second_before_90_days_are_over_and_goes_at_that_second(clock, mail):
    before = state()
    clock.set(BEFORE)
    assert remove_old_mails() == 0
    assert state() == before
    clock.set(OVER)
    assert (remove_old_mails(), remove_old_mails()) == (1, 0)
    assert state() == ([], 1)


def test_it_is_logged_in_the_operators_chain_without_whom_it_went_to(clock, mail):
    clock.set(OVER)
    remove_old_mails()
    row = Event.objects.get(action=Action.MAILS_REMOVED)
    assert (row.partner, row.actor_kind, row.actor_name) == (None, ActorKind.SYSTEM, "system:remove_old_mails")
    assert row.details == {"mails": 1}


def test_a_mail_that_waits_stays_and_one_that_was_given_up_goes(clock):
    waiting, given_up = queued("waits"), queued("given up")
    Mail.objects.filter(pk=given_up.pk).update(next_try_at=None)  # until 27 January it could have been tried
    clock.set("2020-04-26T11:59:59Z")
    assert remove_old_mails() == 0
    clock.set("2020-04-26T12:00:00Z")
    assert remove_old_mails() == 1
    assert Mail.objects.get() == waiting


def test_more_mails_than_a_batch_all_go_with_a_row_for_each_batch(clock, monkeypatch):
    monkeypatch.setattr(keeping, "BATCH", 2)
    for number in range(5):
        assert send_mail(queued(f"note {number}").public_id)
    clock.set(OVER)
    assert remove_old_mails() == 5
    rows = Event.objects.filter(action=Action.MAILS_REMOVED)
    assert sorted(row.details["mails"] for row in rows) == [1, 2, 2]


@pytest.mark.django_db(transaction=True)
def test_a_mail_that_somebody_holds_is_passed_over(clock, mail):
    clock.set(OVER)
    before = state()
    with transaction.atomic():
        Mail.objects.select_for_update().get(pk=mail.pk)
        assert in_threads(remove_old_mails) == [0]
    assert state() == before
    assert remove_old_mails() == 1


def test_a_dry_run_says_how_many_would_go_and_changes_nothing(clock, mail):
    clock.set(OVER)
    before, said = state(), StringIO()
    call_command("remove_old_mails", "--dry-run", stdout=said)
    assert said.getvalue() == "Mails sent or given up 90 days ago or earlier: 1\nNothing was removed.\n"
    assert state() == before


def test_the_command_removes_what_it_counts(clock, mail):
    clock.set(OVER)
    said = StringIO()
    call_command("remove_old_mails", stdout=said)
    assert said.getvalue() == "Mails sent or given up 90 days ago or earlier: 1\nMails that were removed: 1\n"
    assert not Mail.objects.exists()
