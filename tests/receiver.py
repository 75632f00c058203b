"""A real HTTP server that takes webhooks, checks their signatures as the docs tell, and answers as it is told."""

import base64
import hashlib
import hmac
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Message:
    """One POST as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def content(self) -> dict[str, Any]:
        return json.loads(self.body)

    def is_signed_with(self, secret: str) -> bool:
        """Whether the signature is the secret's: written anew from the standard, not with our own code."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = b".".join((self.id.encode(), self.headers["webhook-timestamp"].encode(), self.body))
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return f"v1,{expected}" in self.headers["webhook-signature"].split()


@dataclass
class Receiver:
    """Keeps what comes. `answers` are given one after the other, the last one for ever; a function answers itself."""

    url: str = ""
    answers: list[int] = field(default_factory=lambda: [204])
    headers: dict[str, str] = field(default_factory=dict)  # of its answers
    messages: list[Message] = field(default_factory=list)
    when_taken: Callable[[], Any] = lambda: None  # called before the sender is told
    body: bytes = b""  # of its answers
    drip_seconds: float = 0  # between two bytes of its answers

    @property
    def sequences(self) -> list[int]:
        return [message.content["sequence"] for message in self.messages]

    @property
    def positions(self) -> list[int]:
        return [item["position"] for message in self.messages for item in message.content["items"]]


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.messages.append(Message(self.path, headers, body))
            receiver.when_taken()
            self.send_response(receiver.answers.pop(0) if len(receiver.answers) > 1 else receiver.answers[0])
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self._send(receiver.body)

        def _send(self, body: bytes) -> None:
            step = 1 if receiver.drip_seconds else len(body) or 1
            for place in range(0, len(body), step):
                self.wfile.write(body[place : place + step])
                self.wfile.flush()
                time.sleep(receiver.drip_seconds)

        def handle(self) -> None:
            with suppress(OSError):  # whoever sends was killed, or has hung up
                super().handle()

        def log_message(self, *_words: Any) -> None:
            return

    return Handler


@contextmanager
def receiver_running(certificate: Path | None = None) -> Iterator[Receiver]:
    """A receiver on a free port of this machine; with a certificate (and its key in the same file) by TLS."""
    receiver = Receiver()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(receiver)) as server:
        server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https" if certificate else "http"
        receiver.url = f"{scheme}://localhost:{server.server_port}/hook"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
