"""Two senders at once send a mail once; one that is killed before it could say so is not the last (X5)."""

import os
import signal
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import pytest
import time_machine
from django.conf import settings as portal_settings
from django.db import connection, transaction
from django.utils import timezone

from csp_portal.embedded.processes import wait_until
from csp_portal.mail.models import Mail, MailState
from csp_portal.mail.sending import CLAIM, send_due_mail, send_mail
from csp_portal.mail.services import queue_mail
from tests.helpers import in_threads
from tests.smtp import mail_server_running, silent_mail_server_running

pytestmark = pytest.mark.django_db(transaction=True)

SENDER = """
import django
from django.conf import settings
django.setup()
settings.EMAIL_BACKEND, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", {port}
settings.EMAIL_HOST = "127.0.0.1"
from csp_portal.mail.sending import send_due_mail
print("sender is up", flush=True)
send_due_mail()
"""


@pytest.fixture
def server(settings):
    with mail_server_running(settings) as running:
        yield running


def make_mail(number=1) -> Mail:
    return Mail.objects.create(cause=str(number), to=f"reader{number}@partner.example", subject="A note", text="Read.")


def test_a_mail_leaves_by_celery_right_after_its_cause_is_committed(server, worker):
    with worker():
        with transaction.atomic():
            queue_mail("reader@partner.example", "purchase_cancelled", cause="cancellation:1")
            assert server.mails == []
        assert wait_until(lambda: server.mails, 30)
    assert Mail.objects.get().state == MailState.SENT


def test_two_senders_at_once_send_a_mail_once(server):
    mail = make_mail()
    together = threading.Barrier(2, timeout=2)
    server.when_taken = lambda: threading.Event().wait(0.3)  # the first one is still at it when the second looks
    assert sorted(in_threads(*[partial(_meet, together, mail)] * 2)) == [False, True]
    assert len(server.mails) == 1
    mail.refresh_from_db()
    assert (mail.state, mail.attempts) == (MailState.SENT, 1)


def _meet(together: threading.Barrier, mail: Mail) -> bool:
    together.wait()
    return send_mail(mail.public_id)


def test_two_sweeps_at_once_send_every_mail_once(server):
    mails = [make_mail(number) for number in range(20)]
    assert sum(in_threads(send_due_mail, send_due_mail)) == 20
    assert sorted(to for (to,) in server.recipients) == sorted(mail.to for mail in mails)
    assert set(Mail.objects.values_list("attempts", flat=True)) == {1}


def test_a_sender_killed_between_sending_and_marking_sends_again(server):
    mail = make_mail()
    sender = subprocess.Popen(
        [sys.executable, "-c", SENDER.format(port=portal_settings.EMAIL_PORT)],
        cwd=Path(__file__).resolve().parent.parent,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "csp_portal.settings"},
        stdout=subprocess.PIPE,
    )
    server.when_taken = partial(os.kill, sender.pid, signal.SIGKILL)  # the server has it; nobody is told
    sender.communicate(timeout=60)
    assert sender.returncode == -signal.SIGKILL
    mail.refresh_from_db()
    assert (mail.state, mail.attempts, len(server.mails)) == (MailState.WAITING, 0, 1)
    server.when_taken = lambda: None
    assert send_due_mail() == 0  # whoever has it may be slow rather than gone
    with time_machine.travel(timezone.now() + CLAIM):
        assert send_due_mail() == 1
    first, second = server.mails
    assert first["Message-ID"] == second["Message-ID"]  # by which a receiver can drop it
    mail.refresh_from_db()
    assert mail.state == MailState.SENT
    assert send_due_mail() == 0


def test_while_a_server_does_not_answer_no_transaction_waits_for_it(settings):
    mail = make_mail()
    with silent_mail_server_running(settings) as somebody_has_come:
        sent, open_meanwhile = in_threads(partial(send_mail, mail.public_id), partial(_look, somebody_has_come))
    assert (sent, open_meanwhile) == (False, 0)
    mail.refresh_from_db()
    assert (mail.state, mail.attempts) == (MailState.WAITING, 1)
    assert mail.last_error.endswith("timed out.")


def _look(somebody_has_come: threading.Event) -> int:
    """How many transactions stay open once a sender talks to the server, which it does for a second."""
    assert somebody_has_come.wait(10)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL AND backend_type = 'client backend'"
        )
        return cursor.fetchone()[0]
