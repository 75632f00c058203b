"""Who uses the servers: the first user starts them, the last one stops them.

Two lock files hold that together, and the kernel lets go of them when a process is killed. `servers.lock` is held
alone while servers are started or stopped. `users.lock` is shared by all who use them; whoever gets it alone
knows that nobody does.
"""

import fcntl
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from csp_portal.embedded.errors import ServerError
from csp_portal.embedded.place import OPEN_FOLDER, Place, make_folder
from csp_portal.embedded.postgres import Postgres
from csp_portal.embedded.processes import forget_ended
from csp_portal.embedded.urls import Urls
from csp_portal.embedded.valkey import Valkey


def _say_aside(line: str) -> None:
    """Tell a person without disturbing what a command writes to its standard output."""
    print(line, file=sys.stderr)  # noqa: T201  the line is for the terminal


@contextmanager
def running(
    var_dir: Path,
    *,
    postgres: bool = True,
    valkey: bool = True,
    throwaway: bool = False,
    say: Callable[[str], None] = _say_aside,
) -> Iterator[Urls]:
    """Have the servers of `var_dir` run for as long as the block lasts, or longer if others use them too.

    What a killed process left running, with no user, is stopped and started anew. Raises ServerError.
    """
    place = Place.of(var_dir)
    servers: list[Postgres | Valkey] = [Postgres(place, throwaway=throwaway), Valkey(place, throwaway=throwaway)]
    wanted = [server for server, on in zip(servers, (postgres, valkey), strict=True) if on]
    make_folder(place.var, OPEN_FOLDER)
    with _locked(place.var / "users.lock", fcntl.LOCK_UN) as users:
        try:
            _join(place, users, servers, wanted, say)
            yield Urls.below(var_dir)
        finally:
            _leave(place, users, servers)


def remove(var_dir: Path) -> None:
    """Remove `var_dir` and all that belongs to it elsewhere; servers that nobody uses are stopped first.

    Raises ServerError when somebody uses them.
    """
    place = Place.of(var_dir)
    if place.var.exists():
        with (
            _locked(place.var / "servers.lock", fcntl.LOCK_EX),
            _locked(place.var / "users.lock", fcntl.LOCK_UN) as users,
        ):
            if not _alone(users):
                raise ServerError(f"The portal is running from {place.var}; stop it first.")
            _stop([Postgres(place), Valkey(place)])
            shutil.rmtree(place.var)
    shutil.rmtree(place.temporary, ignore_errors=True)


def _join(
    place: Place,
    users: int,
    servers: list[Postgres | Valkey],
    wanted: list[Postgres | Valkey],
    say: Callable[[str], None],
) -> None:
    """Become a user of the servers and see that those wanted are up."""
    with _locked(place.var / "servers.lock", fcntl.LOCK_EX):
        if _alone(users):
            place.prepare(say)
            _stop(servers)
        fcntl.flock(users, fcntl.LOCK_SH)
        for server in wanted:
            server.start()


def _leave(place: Place, users: int, servers: list[Postgres | Valkey]) -> None:
    """Be a user no longer; the last one stops the servers."""
    with _locked(place.var / "servers.lock", fcntl.LOCK_EX):
        if _alone(users):
            _stop(servers)
        fcntl.flock(users, fcntl.LOCK_UN)


def _stop(servers: list[Postgres | Valkey]) -> None:
    for server in servers:
        server.stop()
    forget_ended()


def _alone(users: int) -> bool:
    """Whether nobody else holds `users.lock`; if so it is now held by us alone."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _locked(path: Path, how: int) -> Iterator[int]:
    """The open file at `path`, locked as `how` says."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, how)
        yield handle
    finally:
        os.close(handle)
