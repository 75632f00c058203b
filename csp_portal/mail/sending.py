"""Sending what the outbox holds; no lock and no transaction waits for a mail server (X5).

Who sends a mail first puts off its next try, so that nobody else takes it, and marks it as sent after the server has
taken it. Who is killed between the two leaves it due a little later, and it is sent again: at least once, with the
same Message-ID, by which a receiver can drop the second.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from enum import Enum
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.validators import validate_email
from django.utils import timezone

from csp_portal.mail.failures import Failure, failure_of, wait_after
from csp_portal.mail.models import Mail

log = logging.getLogger(__name__)

CLAIM = timedelta(minutes=5)  # a sender has a mail for itself; far longer than a server may take for one
SWEEP_SECONDS = 45  # after which a sweep leaves the rest to the next one, a minute after this one began
SWEEP_MAILS = 500
SWEEP_PATIENCE = 3  # failures of the server, one after the other, before a sweep leaves it in peace


class Outcome(Enum):
    """What became of one mail."""

    SENT = "sent"
    NOT_DUE = "not due"  # sent, given up, to be tried later, or in another sender's hands
    NOT_SENT = "not sent"
    SERVER_FAILED = "server failed"  # not sent, and other mails would not have been either


def send_mail(public_id: UUID) -> bool:
    """Send one mail if it is due; whether it left."""
    with _mail_server() as server:
        return _try_one(public_id, server) == Outcome.SENT


def send_due_mail() -> int:
    """Send what is due, the oldest first; how many left. A mail that fails holds up no other."""
    stop_at = time.monotonic() + SWEEP_SECONDS
    sent = failed_in_a_row = 0
    with _mail_server() as server:
        due = Mail.objects.due(timezone.now()).values_list("public_id", flat=True)
        for public_id in due[:SWEEP_MAILS]:
            outcome = _try_one(public_id, server)
            sent += outcome == Outcome.SENT
            failed_in_a_row = failed_in_a_row + 1 if outcome == Outcome.SERVER_FAILED else 0
            if failed_in_a_row == SWEEP_PATIENCE or time.monotonic() >= stop_at:
                break
    return sent


def _try_one(public_id: UUID, server: BaseEmailBackend) -> Outcome:
    """Send one mail, unless somebody else is at it, and write down what came of it."""
    mail = _claim(public_id)
    if mail is None:
        return Outcome.NOT_DUE
    failure = _deliver(mail, server)
    _write_down(mail, failure)
    if failure is None:
        return Outcome.SENT
    return Outcome.SERVER_FAILED if failure.of_server else Outcome.NOT_SENT


def _claim(public_id: UUID) -> Mail | None:
    """The mail, if it is due; nobody else finds it due for the length of a claim."""
    now = timezone.now()
    claimed = Mail.objects.due(now).filter(public_id=public_id).update(next_try_at=now + CLAIM)
    return Mail.objects.get(public_id=public_id) if claimed else None


def _write_down(mail: Mail, failure: Failure | None) -> None:
    """What came of a try; a mail that has been sent, by whomever, stays so."""
    now, attempts = timezone.now(), mail.attempts + 1
    next_try = now + wait_after(attempts)
    goes_on = failure and not failure.permanent and next_try <= mail.give_up_at
    Mail.objects.filter(pk=mail.pk, sent_at=None).update(
        attempts=attempts,
        last_error=failure.sentence if failure else "",
        sent_at=None if failure else now,
        next_try_at=next_try if goes_on else None,
    )


def _deliver(mail: Mail, server: BaseEmailBackend) -> Failure | None:
    """Hand the mail to the server; why it did not take it, if it did not."""
    try:
        message = _message(mail, server)
        server.open()
        message.send()
    except Exception as error:
        failure = failure_of(error)
        log.warning("mail %s was not sent: %s", mail.public_id, failure.sentence)
        _close(server)  # in whatever state it is, the next mail gets a connection of its own
        return failure
    return None


def _message(mail: Mail, server: BaseEmailBackend) -> EmailMessage:
    """The mail as it leaves. Raises ValueError for one that cannot be written, which is no fault of the server's."""
    if not _is_address(mail.to):
        raise ValueError(f"{mail.to!r} is no mail address")
    host = urlsplit(settings.MAIL_SITE_URL).hostname
    headers = {
        "Message-ID": f"<{mail.public_id}@{host}>",
        "Auto-Submitted": "auto-generated",  # asks other programs not to answer (RFC 3834)
    }
    message = EmailMessage(mail.subject, mail.complete_text, to=[mail.to], headers=headers, connection=server)
    message.message()
    return message


def _is_address(to: str) -> bool:
    try:
        validate_email(to)
    except ValidationError:
        return False
    return True


@contextmanager
def _mail_server() -> Iterator[BaseEmailBackend]:
    """The mail server of the settings, connected to by the first mail and left at the end."""
    server = get_connection()
    try:
        yield server
    finally:
        _close(server)


def _close(server: BaseEmailBackend) -> None:
    with suppress(OSError):  # it is gone already
        server.close()
