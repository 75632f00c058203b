"""The three ways in which a file leaves the portal, each with real servers: stream, nginx, object storage (K10)."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from csp_portal.embedded.processes import wait_until
from software.models import DownloadLink, Transfer
from software.services.transfer_logs import read_transfer_logs
from tests.nginx import HOST, START_SECONDS, portal_running
from tests.processes import free_port, listens

STREAM, NGINX, S3 = "stream", "nginx", "s3"


@dataclass
class Answer:
    """What curl was answered in the end, its redirects followed."""

    exit: int
    status: int
    body: bytes
    headers: dict[str, str]


@dataclass
class Sender:
    """A portal with one of the ways to send."""

    kind: str
    address: str
    options: list[str] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)

    def curl(self, path: str, *words: str) -> list[str]:
        """The command line that asks for a path of the portal."""
        return ["curl", "-s", "-S", "-L", *self.options, *words, f"{self.address}{path}"]

    def ask(self, path: str, *words: str) -> Answer:
        """Ask with curl; answers the last of the answers."""
        done = subprocess.run(self.curl(path, "-i", *words), capture_output=True, check=False, timeout=120)
        head, body = b"", done.stdout
        while body.startswith(b"HTTP/"):
            head, _blank, body = body.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines if ": " in line)
        named = {name.lower(): value for name, value in headers.items()}
        return Answer(done.returncode, int(status.split()[1]), body, named)

    def start(self, link: DownloadLink) -> str:
        """The path of a session, started as the curl line does it, its redirect not followed."""
        words = ["curl", "-sS", *self.options, "--data", "", "-o", "/dev/null", "-w", "%{redirect_url}"]
        said = subprocess.run([*words, f"{self.address}{link.get_absolute_url()}"], capture_output=True, check=True)
        return said.stdout.decode().removeprefix(self.address)

    def settle(self) -> None:
        """Return once it is known what every transfer has sent, where that becomes known at all."""
        assert wait_until(self._is_settled, 15)

    def _is_settled(self) -> bool:
        read_transfer_logs()
        return not Transfer.objects.running().exists()


@contextmanager
def streaming(folder: Path) -> Iterator[Sender]:
    """The development server: granian, from which Python streams."""
    port = free_port()
    words = ["granian", "--interface", "wsgi", "--no-ws", "--blocking-threads", "16", "--log-level", "warning"]
    with (folder / "said").open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", *words, "--port", str(port), "csp_portal.wsgi:application"],
            stdout=output,
            stderr=output,
        )
    try:
        assert wait_until(lambda: listens(port), START_SECONDS), (folder / "said").read_text()
        yield Sender(STREAM, f"http://127.0.0.1:{port}")
    finally:
        server.terminate()
        server.wait(timeout=START_SECONDS)


@contextmanager
def behind_nginx(folder: Path) -> Iterator[Sender]:
    """Granian in production's settings behind the delivered nginx."""
    with portal_running(folder) as portal:
        place = f"{HOST}:{portal.https_port}"
        settings = {"TRANSFER_LOGS": str(portal.transfers)}
        yield Sender(NGINX, f"https://{place}", ["-k", "--resolve", f"{place}:127.0.0.1"], settings)
