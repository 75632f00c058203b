"""What is sent, what is tried again and when, and what is given up (X5)."""

import socket
from datetime import timedelta

import pytest
from celery import current_app
from django.utils import timezone

from csp_portal.mail.models import LONGEST_SUBJECT, Mail, MailState
from csp_portal.mail.sending import send_due_mail, send_mail
from csp_portal.mail.services import queue_mail
from csp_portal.mail.tasks import send_due_mail as the_sweep
from tests.smtp import mail_server_running

pytestmark = pytest.mark.django_db

NO_SUCH_USER = "550 5.1.1 No such user here"
COME_AGAIN = "451 4.7.1 Greylisted, come again"


@pytest.fixture(autouse=True)
def template(settings, tmp_path):
    """A mail's text in a folder of the test's own: its subject is what it tells of."""
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "note.txt").write_text("{{ subject }}\n\nOpen {{ link }}.\n")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]


@pytest.fixture
def server(settings):
    with mail_server_running(settings) as running:
        yield running


@pytest.fixture
def nobody_listens(settings):
    """Point the portal at a port at which no server is."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = taken.getsockname()
        yield


def queued(to="reader@partner.example", subject="A note", **more) -> Mail:
    queue_mail(to, "note", cause=f"note:{Mail.objects.count()}", subject=subject, **more)
    return Mail.objects.latest("pk")


def subject_of(taken) -> str:
    """As a reader sees it: lines of a header that was folded are one."""
    return " ".join(taken["Subject"].split())


def sent(mail: Mail) -> bool:
    """Try the mail now; it is then as it stands in the database."""
    left = send_mail(mail.public_id)
    mail.refresh_from_db()
    return left


def test_a_mail_is_sent_once_and_says_so(clock, server, settings):
    settings.DEFAULT_FROM_EMAIL = "CSP portal <portal@operator.example>"
    mail = queued()
    assert sent(mail)
    assert not sent(mail)
    (taken,) = server.mails
    assert (taken["Subject"], taken["To"], taken["From"]) == ("A note", mail.to, settings.DEFAULT_FROM_EMAIL)
    assert taken["Auto-Submitted"] == "auto-generated"
    assert (mail.state, mail.sent_at, mail.attempts, mail.last_error) == (MailState.SENT, timezone.now(), 1, "")


def test_what_leaves_holds_the_address_and_what_is_stored_does_not(server, settings):
    settings.MAIL_SITE_URL = "https://portal.example"
    mail = queued(signed_path="/invitations/7/")
    assert sent(mail)
    assert "https://portal.example/invitations/7/?signature=" in server.mails[0].get_content()
    assert "signature" not in mail.text


def test_a_mail_that_leaves_twice_carries_one_id(server, settings):
    settings.MAIL_SITE_URL = "https://portal.example:8443"
    mail = queued()
    assert sent(mail)
    Mail.objects.update(sent_at=None, next_try_at=timezone.now())  # as after a sender was killed too soon
    assert sent(mail)
    assert [taken["Message-ID"] for taken in server.mails] == [f"<{mail.public_id}@portal.example>"] * 2


def test_the_sweep_sends_what_is_due_through_one_connection(clock, server):
    for number in range(3):
        queued(subject=f"Note {number}")
    later = queued(subject="Not yet")
    Mail.objects.filter(pk=later.pk).update(next_try_at=timezone.now() + timedelta(seconds=1))
    assert send_due_mail() == 3
    assert [taken["Subject"] for taken in server.mails] == ["Note 0", "Note 1", "Note 2"]
    assert server.connections == 1
    assert send_due_mail() == 0


def test_beat_sweeps_every_minute():
    schedule = {entry["task"]: entry["schedule"] for entry in current_app.conf.beat_schedule.values()}
    assert schedule[the_sweep.name] == 60.0


def test_an_address_that_does_not_exist_is_given_up_at_once_and_holds_up_no_other(server):
    wrong, right = queued(to="nobody@partner.example"), queued()
    server.answers["nobody@partner.example"] = NO_SUCH_USER
    assert send_due_mail() == 1
    wrong.refresh_from_db()
    assert (wrong.state, wrong.attempts) == (MailState.FAILED, 1)
    assert wrong.last_error == "The mail server refused the address: 550 5.1.1 No such user here."
    assert server.recipients == [[right.to]]


def test_a_mail_whose_text_is_refused_is_given_up_at_once(server):
    server.answers["DATA"] = "554 5.7.1 Looks like\r spam"
    mail = queued()
    assert not sent(mail)
    assert mail.state == MailState.FAILED
    assert mail.last_error == "The mail server refused the mail: 554 5.7.1 Looks like spam."


def test_an_address_that_is_refused_for_now_is_tried_again(clock, server):
    mail = queued()
    server.answers[mail.to] = COME_AGAIN
    assert not sent(mail)
    assert (mail.state, mail.next_try_at) == (MailState.WAITING, timezone.now() + timedelta(minutes=1))
    del server.answers[mail.to]
    clock.set("2020-01-24T12:00:59Z")
    assert send_due_mail() == 0
    clock.set("2020-01-24T12:01:00Z")
    assert send_due_mail() == 1
    mail.refresh_from_db()
    assert (mail.state, mail.attempts, mail.last_error) == (MailState.SENT, 2, "")


def test_the_wait_doubles_up_to_four_hours_until_three_days_are_over(clock, server):
    mail = queued()
    server.answers[mail.to] = COME_AGAIN
    waits = []
    while mail.next_try_at is not None:
        clock.set(mail.next_try_at.isoformat())
        assert not sent(mail)
        waits.append(mail.next_try_at and (mail.next_try_at - timezone.now()) // timedelta(minutes=1))
    assert waits[:9] == [1, 2, 4, 8, 16, 32, 64, 128, 240]
    assert set(waits[9:-1]) == {240}
    assert timedelta(hours=68) < timezone.now() - mail.queued_at <= timedelta(days=3)
    assert mail.state == MailState.FAILED
    assert mail.last_error == "The mail server refused the address: 451 4.7.1 Greylisted, come again."


def test_a_server_that_is_down_is_left_in_peace_after_three_tries(clock, nobody_listens):
    mails = [queued() for _number in range(5)]
    assert send_due_mail() == 0
    tried = Mail.objects.filter(attempts=1)
    assert list(tried.values_list("pk", flat=True).order_by("pk")) == [mail.pk for mail in mails[:3]]
    assert {mail.last_error for mail in tried} == {"The mail server could not be used: Connection refused."}
    assert {mail.state for mail in Mail.objects.all()} == {MailState.WAITING}


def test_when_the_server_is_back_all_that_waited_leaves(clock, settings, nobody_listens):
    for _number in range(5):
        queued()
    assert send_due_mail() == 0
    with mail_server_running(settings) as server:
        clock.set("2020-01-24T12:01:00Z")
        assert send_due_mail() == 5
        assert len(server.mails) == 5


def test_a_server_that_hangs_up_on_one_mail_takes_the_next(clock, server):
    server.answers["rude@partner.example"] = "421 4.3.0 Closing the connection"
    rude, polite = queued(to="rude@partner.example"), queued()
    assert send_due_mail() == 1
    rude.refresh_from_db()
    polite.refresh_from_db()
    assert (rude.state, polite.state) == (MailState.WAITING, MailState.SENT)
    assert rude.next_try_at == timezone.now() + timedelta(minutes=1)


@pytest.mark.parametrize(
    "subject", ["Bestellung für Müller & Söhne", "위틀 주식회사의 주문", "“引号” и кириллица", "x" * LONGEST_SUBJECT]
)
def test_a_subject_of_any_script_and_length_arrives_as_it_is(server, subject):
    assert sent(queued(subject=subject))
    assert subject_of(server.mails[0]) == subject


def test_a_subject_that_is_too_long_is_cut(server):
    mail = queued(subject="Größe " * 2000)
    assert sent(mail)
    assert mail.subject.endswith("Größe…")
    assert len(mail.subject) <= LONGEST_SUBJECT
    assert subject_of(server.mails[0]) == mail.subject


@pytest.mark.parametrize("ending", ["\n", "\r", "\r\n", "\x0b", "\x85", "\u2028"])
def test_a_name_that_breaks_the_line_adds_no_header(server, ending):
    queue_mail("a@b.example", "note", cause="c", subject=f"Ltd{ending}Bcc: thief@example.org{ending}{ending}Evil")
    assert send_due_mail() == 1
    assert server.mails[0]["Bcc"] is None
    assert server.recipients == [["a@b.example"]]


@pytest.mark.parametrize("to", ["a@b.example\nBcc: thief@example.org", "no address", "a@b.example, thief@example.org"])
def test_what_is_no_address_is_given_up_and_reaches_nobody(server, to):
    mail = queued(to=to)
    assert not sent(mail)
    assert mail.state == MailState.FAILED
    assert mail.last_error.startswith("The mail could not be written: ")
    assert server.mails == []


def test_an_address_of_another_script_reaches_its_reader(server):
    assert sent(queued(to="reader@bücher.example"))
    assert server.recipients == [["reader@xn--bcher-kva.example"]]
