"""Sending what the outbox holds, each mail in a transaction of its own that locks it (X5).

A mail is marked as sent after the server has taken it. Who is killed between the two leaves it due, and it is sent
again: at least once, with the same Message-ID, by which a receiver can drop the second.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from csp_portal.mail.failures import Failure, failure_of, wait_after
from csp_portal.mail.models import Mail

log = logging.getLogger(__name__)

SWEEP_SECONDS = 45  # after which a sweep leaves the rest to the next one, a minute after this one began
SWEEP_MAILS = 500
SWEEP_PATIENCE = 3  # failures of the server, one after the other, before a sweep leaves it in peace


class Outcome(Enum):
    """What became of one mail."""

    SENT = "sent"
    NOT_DUE = "not due"  # sent, given up or to be tried later; or in another sender's hands
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


@transaction.atomic
def _try_one(public_id: UUID, server: BaseEmailBackend) -> Outcome:
    """Send one mail and write down what came of it, under its lock; a mail that is locked is being sent already."""
    now = timezone.now()
    mail = Mail.objects.due(now).select_for_update(skip_locked=True).filter(public_id=public_id).first()
    if mail is None:
        return Outcome.NOT_DUE
    failure = _deliver(mail, server)
    mail.attempts += 1
    mail.last_error = failure.sentence if failure else ""
    mail.sent_at = None if failure else now
    next_try = now + wait_after(mail.attempts)
    goes_on = failure and not failure.permanent and next_try <= mail.give_up_at
    mail.next_try_at = next_try if goes_on else None
    mail.save(update_fields=["attempts", "last_error", "sent_at", "next_try_at"])
    if failure is None:
        return Outcome.SENT
    return Outcome.SERVER_FAILED if failure.of_server else Outcome.NOT_SENT


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
