"""`make run`: the servers, the web server, the Celery worker and beat under one parent, which ends them all.

Every child carries the name of the checkout's `var/` in its environment. By that mark the next run finds what
was left over if the parent was killed, and touches no process of anybody else.
"""

import fcntl
import http.client
import multiprocessing
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import Queue
from pathlib import Path
from typing import Any

from honcho.manager import Manager
from honcho.process import Popen, Process

from csp_portal.embedded.processes import die_with_parent, runs, wait_until

MARK = "CSP_PORTAL_RUN"  # in the environment of every child: the `var/` it belongs to
READY_SECONDS = 60
LEFTOVER_SECONDS = 5  # that a process left over has to end by itself
WORKER_PROCESSES = 2
WEB_WORKERS, WEB_THREADS = 1, 8  # one process starts twice as fast as two, and serves one developer as well
# How warnings begin that are true in production and not here.
NOTHING_COLLECTED = "No directory at"
AS_ROOT = "You're running the worker with superuser"
ASKED_TO_STOP = {130, 143}  # honcho's exit codes for SIGINT and SIGTERM


class CannotRun(Exception):
    """The portal cannot be started; the text is one sentence for a person."""


class Child(Process):
    """A process of honcho's that does not outlive the supervisor, whatever happens to that."""

    def run(self, events: "Queue[Any] | None" = None, ignore_signals: bool = False) -> None:
        die_with_parent(signal.SIGKILL)
        self._child_ctor = partial(Popen, preexec_fn=die_with_parent)
        super().run(events, ignore_signals)


class Supervisor(Manager):
    """Honcho's manager, which calls `when_started` as soon as the processes are there."""

    def __init__(self, when_started: Callable[[], None]) -> None:
        super().__init__()
        self._process_ctor = Child
        self._when_started = when_started

    def _start(self) -> None:
        super()._start()
        # Not before: a thread that holds a lock while the process forks would leave it locked in the child.
        threading.Thread(target=self._when_started, daemon=True).start()


@contextmanager
def only_one(var_dir: Path) -> Iterator[None]:
    """Hold the checkout for one supervisor.

    Raises CannotRun when another one runs.
    """
    var_dir.mkdir(parents=True, exist_ok=True)
    with (var_dir / "run.lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CannotRun(f"The portal is already running from this folder (process {lock.read()}).") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def check_port(host: str, port: str) -> int:
    """The port as a number, if a server may listen there.

    Raises CannotRun when not.
    """
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise CannotRun(f"PORT is {port!r}; it must be a number from 1 to 65535.")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            raise CannotRun(
                f"Port {port} of {host} cannot be used ({os.strerror(error.errno or 0)}); "
                f"choose another one, for example `make run PORT={int(port) % 65535 + 1}`."
            ) from error
    return int(port)


def leftovers(var_dir: Path) -> list[int]:
    """The processes of an earlier run from the same `var/`, by the mark in their environment."""
    mark = f"{MARK}={var_dir}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # gone, or another user's
            if mark in (folder / "environ").read_bytes().split(b"\0") and int(folder.name) != os.getpid():
                found.append(int(folder.name))
    return found


def end_leftovers(var_dir: Path) -> int:
    """End what an earlier run has left running; how many processes there were."""
    pids = leftovers(var_dir)
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in leftovers(var_dir):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        if wait_until(lambda: not any(runs(pid) for pid in pids), LEFTOVER_SECONDS):
            break
    return len(pids)


def child_environment(var_dir: Path) -> dict[str, str]:
    """The environment of everything the supervisor starts."""
    return {**os.environ, MARK: str(var_dir), "VAR_DIR": str(var_dir), "PYTHONUNBUFFERED": "1"}


def run_once(arguments: list[str], *, folder: Path, var_dir: Path) -> None:
    """Run a management command to its end.

    Raises CannotRun when it fails; what it says is on the terminal.
    """
    finished = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=folder,
        env=child_environment(var_dir),
        preexec_fn=die_with_parent,
        check=False,
    )
    if finished.returncode != 0:
        raise CannotRun(f"`manage.py {shlex.join(arguments)}` failed; the lines above say why.")


def commands(host: str, port: int) -> dict[str, list[str]]:
    """The processes by name, each as a list of words."""
    web = ["granian", "--interface", "wsgi", "--no-ws", "--host", host, "--port", str(port), "--log-level", "warning"]
    size = ["--workers", str(WEB_WORKERS), "--blocking-threads", str(WEB_THREADS)]
    celery = ["celery", "--quiet", "-A", "csp_portal.celery"]
    pool = ["--pool", "prefork", "--concurrency", str(WORKER_PROCESSES)]
    # Pages come before background work, which on two cores also makes the start a good deal faster.
    background = ["nice", "-n", "19"]
    return {
        "web": _python(NOTHING_COLLECTED, *web, *size, "csp_portal.wsgi:application"),
        "worker": [*background, *_python(AS_ROOT, *celery, "worker", *pool, "-l", "WARNING")],
        "beat": [*background, *_python(AS_ROOT, *celery, "beat", "--pidfile", "", "-l", "WARNING")],
    }


def _python(unheeded: str, *module: str) -> list[str]:
    """Python running `module`, without the warning that begins with `unheeded`."""
    return [sys.executable, "-W", f"ignore:{unheeded}", "-m", *module]


def supervise(host: str, port: int, *, folder: Path, var_dir: Path, announce: Callable[[], None]) -> int:
    """Run web server, worker and beat until one of them ends or we are told to stop; the exit code."""
    multiprocessing.set_start_method("fork", force=True)  # honcho's children must be ours: see die_with_parent
    supervisor = Supervisor(partial(_announce_when_ready, host, port, announce))
    for name, words in commands(host, port).items():
        supervisor.add_process(name, "exec " + shlex.join(words), env=child_environment(var_dir), cwd=str(folder))
    signal.signal(signal.SIGHUP, lambda _number, _frame: os.kill(os.getpid(), signal.SIGTERM))
    try:
        supervisor.loop()
    finally:
        end_leftovers(var_dir)
    return 0 if supervisor.returncode in ASKED_TO_STOP else 1


def _announce_when_ready(host: str, port: int, announce: Callable[[], None]) -> None:
    """Call `announce` once the web server answers."""
    if wait_until(lambda: answers(host, port), READY_SECONDS):
        announce()


def answers(host: str, port: int) -> bool:
    """Whether a web server answers at `port`, whatever it says."""
    connection = http.client.HTTPConnection(reachable(host), port, timeout=READY_SECONDS)
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
    except OSError:
        return False
    finally:
        connection.close()
    return True


def reachable(host: str) -> str:
    """A host to connect to, for one to listen on."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  nothing listens here


def seconds_since(start: float) -> str:
    """How long it took, for a person."""
    return f"{time.monotonic() - start:.0f} s"
