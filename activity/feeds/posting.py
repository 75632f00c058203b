"""One signed POST to a receiver, within ten seconds, to the IP address that was checked; redirects are not followed."""

import http.client
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

from activity.feeds.signing import signed_headers
from activity.feeds.targets import Target, checked_target
from csp_portal.errors import Refusal
from csp_portal.one_sentence import one_sentence

SECONDS = 10  # for all of it, once the name is looked up
MOST_READ = 64 * 1024  # bytes of an answer
_LONGEST_WORDS = 500


@dataclass(frozen=True)
class Answer:
    """What became of one try, in words for people."""

    is_taken: bool
    words: str


def post(url: str, message_id: str, body: bytes, secret: bytes) -> Answer:
    """Send `body`; any answer of 2xx takes it."""
    try:
        status = _status_of(checked_target(url), message_id, body, secret)
    except Refusal as refusal:
        return Answer(False, _cut(refusal.message))
    except TimeoutError:
        return Answer(False, f"The receiver did not answer within {SECONDS} seconds.")
    except ssl.SSLCertVerificationError as error:
        return Answer(False, _cut(f"The receiver's certificate is not trusted: {error.verify_message}."))
    except (OSError, http.client.HTTPException) as error:
        return Answer(False, _cut(f"The receiver could not be reached: {one_sentence(error)}"))
    if 300 <= status < 400:
        return Answer(False, f"The receiver answered {status}: redirects are not followed.")
    return Answer(200 <= status < 300, f"The receiver answered {status}.")


def _status_of(target: Target, message_id: str, body: bytes, secret: bytes) -> int:
    """Send it and read the answer, of which only the status counts. Raises TimeoutError when the time is over."""
    ends_at = time.monotonic() + SECONDS
    with _connected(target) as connection, _Deadline(connection, ends_at) as deadline:
        try:
            if isinstance(connection, ssl.SSLSocket):
                connection.do_handshake()
            status = _exchanged(connection, target, body, signed_headers(message_id, int(time.time()), body, secret))
        except (OSError, http.client.HTTPException):
            deadline.raise_if_over()
            raise
        deadline.raise_if_over()
        return status


def _exchanged(connection: socket.socket, target: Target, body: bytes, signed: dict[str, str]) -> int:
    sender = http.client.HTTPConnection(target.host, target.port)
    sender.sock = connection
    headers = {
        **signed,
        "Host": _host_header(target),
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "csp-portal-webhook/1",
        "Connection": "close",
    }
    sender.request("POST", target.path, body, headers)
    answer = sender.getresponse()
    answer.read(MOST_READ)
    return answer.status


def _connected(target: Target) -> socket.socket:
    """A connection to the checked IP address; by TLS the certificate must be the name's."""
    connection = socket.create_connection((target.ip, target.port), SECONDS)
    if not target.is_tls:
        return connection
    context = ssl.create_default_context()
    return context.wrap_socket(connection, server_hostname=target.host, do_handshake_on_connect=False)


class _Deadline:
    """Cuts a connection when its time is over, however slowly its answer trickles in."""

    def __init__(self, connection: socket.socket, ends_at: float) -> None:
        self._connection = connection
        self._is_over = False
        self._timer = threading.Timer(max(0.0, ends_at - time.monotonic()), self._cut)
        self._timer.daemon = True

    def __enter__(self) -> "_Deadline":
        self._timer.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._timer.cancel()

    def raise_if_over(self) -> None:
        if self._is_over:
            raise TimeoutError

    def _cut(self) -> None:
        self._is_over = True
        with suppress(OSError):  # it is closed already
            socket.socket.shutdown(self._connection, socket.SHUT_RDWR)  # beneath TLS, which another thread reads


def _host_header(target: Target) -> str:
    host = f"[{target.host}]" if ":" in target.host else target.host
    return host if target.port == (443 if target.is_tls else 80) else f"{host}:{target.port}"


def _cut(words: str) -> str:
    plain = "".join(sign if sign.isprintable() else " " for sign in words)
    return plain if len(plain) <= _LONGEST_WORDS else f"{plain[: _LONGEST_WORDS - 1]}…"
