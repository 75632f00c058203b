"""Processes: who they are, whether they still run, and how they end."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

POLL = 0.05  # seconds between two looks
PR_SET_PDEATHSIG = 1

_started: list[subprocess.Popen[bytes]] = []  # kept, so that none is collected while it runs


def working_folder(pid: int) -> Path | None:
    """The folder in which process `pid` works; None when it is gone, a zombie, or hidden from us."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return None


def runs(pid: int) -> bool:
    """Whether process `pid` is there and more than a zombie."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether `condition` came true within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL)
    return True


def die_with_parent(number: int = signal.SIGTERM) -> None:
    """Have the kernel send this process `number` when the one that started it is gone, even by kill -9."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number)


def without_postgres_variables() -> dict[str, str]:
    """The environment without PGPORT, PGDATA and the like, which would redirect PostgreSQL's programs."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def remember(process: subprocess.Popen[bytes]) -> None:
    """Keep a server's handle while it runs."""
    forget_ended()
    _started.append(process)


def forget_ended() -> None:
    """Reap the servers that have ended; Python warns of a handle that nobody has asked."""
    _started[:] = [each for each in _started if each.poll() is None]
