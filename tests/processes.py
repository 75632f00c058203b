"""Processes of the portal on the tests' servers, and where they listen: started, killed with -9, started again."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from csp_portal.embedded.processes import die_with_parent

CHECKOUT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Whether somebody listens at a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Running:
    """A process and its children, which can be killed together."""

    def __init__(self, *words: str, unheeded: str = "") -> None:
        """Run Python with `words`; warnings that begin with `unheeded` are not heeded."""
        warnings = ["-W", f"ignore:{unheeded}"] if unheeded else []
        self.process = subprocess.Popen(
            [sys.executable, *warnings, *words],
            cwd=CHECKOUT,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )

    def kill(self) -> None:
        """kill -9, its children with it: none of them can finish anything."""
        if self.process.returncode is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.communicate()

    def finish(self, seconds: int = 120) -> tuple[int, str]:
        """Its exit code, negative if a signal ended it, and what it said."""
        said, _nothing = self.process.communicate(timeout=seconds)
        return self.process.returncode, said


@contextmanager
def running(*commands: Sequence[str], unheeded: str = "") -> Iterator[list[Running]]:
    """Several processes for a while; whatever happens, none is left over."""
    started: list[Running] = []
    try:
        started += [Running(*words, unheeded=unheeded) for words in commands]
        yield started
    finally:
        for each in started:
            each.kill()
