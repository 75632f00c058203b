"""A real mail server on a free port, which tests tell what to refuse."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import LazySettings

TAKEN = "250 Message accepted for delivery"


class MailServer:
    """Keeps what it takes. `answers` says what one address, or with `DATA` every mail, is answered."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.answers: dict[str, str] = {}
        self.connections = 0
        self.when_taken: Callable[[], Any] = lambda: None  # called before the sender is told

    async def handle_EHLO(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        if "DATA" in self.answers:
            return self.answers["DATA"]
        self.mails.append(message_from_bytes(envelope.content, _class=EmailMessage, policy=policy.default))
        self.recipients.append(envelope.rcpt_tos)
        self.when_taken()
        return TAKEN


class OnFreePort(Controller):
    """A controller that lets the system choose the port."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_server_running(settings: LazySettings) -> Iterator[MailServer]:
    """A mail server that the portal's settings point at."""
    server = MailServer()
    controller = OnFreePort(server, hostname="127.0.0.1", port=0)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    settings.EMAIL_TIMEOUT = 5
    yield server
    controller.stop(no_assert=True)


@contextmanager
def silent_mail_server_running(settings: LazySettings) -> Iterator[threading.Event]:
    """A mail server that lets clients in and says nothing, as the settings' one; yields whether one has come."""
    somebody_has_come, over = threading.Event(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as door:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = door.getsockname()
        settings.EMAIL_TIMEOUT = 1
        door.settimeout(30)
        waiter = threading.Thread(target=_say_nothing, args=(door, somebody_has_come, over))
        waiter.start()
        try:
            yield somebody_has_come
        finally:
            over.set()
            waiter.join()


def _say_nothing(door: socket.socket, somebody_has_come: threading.Event, over: threading.Event) -> None:
    with door.accept()[0]:
        somebody_has_come.set()
        over.wait()
