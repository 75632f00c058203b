"""Start and stop PostgreSQL."""

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from csp_portal.embedded.errors import ServerError
from csp_portal.embedded.place import CLOSED_FOLDER, Place, make_folder, server_user
from csp_portal.embedded.processes import (
    die_with_parent,
    remember,
    wait_until,
    without_postgres_variables,
    working_folder,
)
from csp_portal.embedded.urls import PORT, SUPERUSER_ROLE

START_SECONDS = 60
STOP_SECONDS = 30
START_TRIES = 3
# Autovacuum would count a test's uncommitted rows as none, and the planner then takes a plan that never ends.
THROWAWAY_SETTINGS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_connections=200",
)


@dataclass(frozen=True)
class Postgres:
    """The PostgreSQL server of one place."""

    place: Place
    throwaway: bool = False  # for tests: nothing is flushed to disk, and it ends with the process that started it

    @property
    def folder(self) -> Path:
        return self.place.data / "postgres"

    @property
    def cluster(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.place.var / "postgres.log"

    def is_up(self) -> bool:
        """Whether it answers; asked on the socket, for a pid may be anybody's by now."""
        asked = self._run("pg_isready", "-q", "-h", str(self.place.sockets), "-p", str(PORT))
        return asked.returncode == 0

    def start(self) -> None:
        """Start it and wait until it answers; the first time it makes the cluster.

        Raises ServerError when it does not come up.
        """
        if not self.cluster.exists():
            self._make_cluster()
        self._check_owner()
        for _ in range(START_TRIES):
            # One left over may be on its way up or down, so it gets its time first.
            if self.pid() is not None and wait_until(lambda: self.is_up() or self.pid() is None, START_SECONDS):
                pass
            if self.is_up() or self._launch():
                return
        raise ServerError(f"PostgreSQL does not start: {self._last_words()} (see {self.log}).")

    def stop(self) -> None:
        """End it, breaking off open transactions; one that hangs is ended the hard way, which loses nothing."""
        for number, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, STOP_SECONDS)):
            pid = self.pid()
            if pid is None:
                return
            os.kill(pid, number)
            if wait_until(lambda: self.pid() is None, seconds):
                return
        raise ServerError(f"PostgreSQL (process {self.pid()}) does not stop.")

    def pid(self) -> int | None:
        """The process id of the server of this cluster, None when there is none."""
        try:
            pid = int((self.cluster / "postmaster.pid").read_text(encoding="utf-8").split()[0])
        except (OSError, ValueError, IndexError):
            return None
        return pid if working_folder(pid) == self.cluster else None

    def _launch(self) -> bool:
        """Start the server's process; whether it answered before it gave up or START_SECONDS passed."""
        self._remove_stale_pid_files()
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                [str(self.place.programs / "bin" / "postgres"), "-D", str(self.cluster), *self._settings()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=without_postgres_variables(),
                start_new_session=True,  # Ctrl-C in the terminal is not for it
                preexec_fn=die_with_parent if self.throwaway else None,
                **server_user(),
            )
        remember(process)
        wait_until(lambda: process.poll() is not None or self.is_up(), START_SECONDS)
        return process.poll() is None and self.is_up()

    def _settings(self) -> list[str]:
        """The settings that follow from the place, so that they are right after a checkout was moved."""
        settings = [
            "listen_addresses=",
            f"port={PORT}",
            f'unix_socket_directories="{self.place.sockets}"',
            "unix_socket_permissions=0700",
            *(THROWAWAY_SETTINGS if self.throwaway else ()),
        ]
        return [word for setting in settings for word in ("-c", setting)]

    def _remove_stale_pid_files(self) -> None:
        """Remove pid files whose process is not this server: after a restart another may have that number."""
        if self.pid() is None:
            (self.cluster / "postmaster.pid").unlink(missing_ok=True)
            (self.place.sockets / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)

    def _make_cluster(self) -> None:
        """Make the cluster beside its place and move it there whole: one that was broken off is made anew."""
        make_folder(self.folder, CLOSED_FOLDER, for_server=True)
        draft = self.folder / "draft"
        shutil.rmtree(draft, ignore_errors=True)
        flags = ["--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        quick = ["--no-sync"] if self.throwaway else []
        made = self._run("initdb", "-D", str(draft), "-U", SUPERUSER_ROLE, "--locale=C", *flags, *quick)
        if made.returncode != 0:
            words = made.stderr.strip().splitlines() or ["no reason given"]
            raise ServerError(f"PostgreSQL's data folder cannot be made: {words[-1]}.")
        draft.rename(self.cluster)

    def _check_owner(self) -> None:
        """Raise ServerError when another user made the cluster: PostgreSQL runs as its owner only."""
        if self.cluster.stat().st_uid != server_user().get("user", os.geteuid()):
            raise ServerError(
                f"{self.cluster} was made by another user; run as that user, or `make clean` to begin anew."
            )

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.place.programs / "bin" / program), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=without_postgres_variables(),
            **server_user(),
        )

    def _last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        fatal = [line.partition("FATAL:")[2].strip() for line in lines if "FATAL:" in line]
        return (fatal or lines or ["it says nothing"])[-1].rstrip(".")
