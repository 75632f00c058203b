"""Files for tests of support requests, and a scanner that speaks ClamAV's protocol."""

import io
import socketserver
import struct
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00" + b"\x00" * 20
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def office(folder: str, *others: str) -> bytes:
    """A document of Office as far as its folders go."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as document:
        for name in ("[Content_Types].xml", f"{folder}/document.xml", *others):
            document.writestr(name, "<Types/>")
    return content.getvalue()


def uploaded(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


class Scanner(socketserver.ThreadingTCPServer):
    """Answers INSTREAM as clamd does; `answer` in its place, or nothing at all for an empty one."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, answer: bytes | None) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.answer = answer
        self.received: list[bytes] = []

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _Connection(socketserver.StreamRequestHandler):
    server: Scanner

    def handle(self) -> None:
        command = self.rfile.readline()
        assert command == b"nINSTREAM\n", command
        content = b""
        while size := struct.unpack("!L", self.rfile.read(4))[0]:
            content += self.rfile.read(size)
        self.server.received.append(content)
        found = b"stream: Eicar-Test-Signature FOUND\n" if EICAR in content else b"stream: OK\n"
        self.wfile.write(found if self.server.answer is None else self.server.answer)


@contextmanager
def scanner(answer: bytes | None = None) -> Iterator[Any]:
    """A scanner that listens for a while."""
    with Scanner(answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
