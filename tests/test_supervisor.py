"""`manage.py run` as a person meets it: started, stopped, killed, and told the wrong things."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from csp_portal import embedded
from csp_portal.database_setup import database_config
from csp_portal.embedded.processes import runs, wait_until
from csp_portal.supervisor import MARK, CannotRun, check_port, leftovers
from tests.processes import free_port

CHECKOUT = Path(__file__).resolve().parent.parent
STOP_SECONDS = 30
SET_BY_TESTS = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SUPERUSER_URL", "REDIS_URL", "CELERY_BROKER_URL")
MAKE_PARTNER = """
from csp_portal.accounts.models import Partner
Partner.objects.create(legal_name="Kept GmbH", address="-", support_name="-", support_email="a@partner.example")
"""
COUNT_PARTNERS = "from csp_portal.accounts.models import Partner; print(Partner.objects.count())"
DEMO = {
    "users": [{"email": "ada@partner.example", "password": "correct horse", "roles": ["Admin agent"], "partner": "P"}]
}


@contextmanager
def folder_of_its_own():
    folder = Path(tempfile.mkdtemp(prefix="csp-run-")).resolve()
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        for pid in leftovers(folder):
            os.kill(pid, signal.SIGKILL)
        embedded.remove(folder)


@pytest.fixture
def var():
    """A `var/` of its own, removed with everything that ran from it."""
    with folder_of_its_own() as folder:
        yield folder


@pytest.fixture(scope="module")
def filled():
    """A `var/` whose database is not empty, so that no demo data are made, and the file that they would have left."""
    with folder_of_its_own() as folder:
        manage(folder, "migrate", "--verbosity", "0")
        manage(folder, "shell", "--verbosity", "0", "--command", MAKE_PARTNER)
        (folder / "demo.json").write_text(json.dumps(DEMO))
        yield folder


@pytest.fixture
def port():
    return free_port()


def environment(var, **settings):
    inherited = {name: value for name, value in os.environ.items() if name not in SET_BY_TESTS}
    return {**inherited, "VAR_DIR": str(var), **{name: str(value) for name, value in settings.items()}}


def manage(var, *arguments):
    """Run a management command to its end; what it prints."""
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=CHECKOUT, env=environment(var), capture_output=True, text=True, check=True)
    return done.stdout


def start(var, port):
    """Start the portal; the process and what it said until it was ready."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "run"],
        cwd=CHECKOUT,
        env=environment(var, PORT=port),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = []
    for line in process.stdout:
        said.append(line)
        if line.startswith("Ctrl-C stops it"):
            break
    else:
        pytest.fail("".join(said))
    return process, "".join(said)


def refused(var, **settings):
    """Start the portal so that it refuses; the lines it says."""
    command = [sys.executable, "manage.py", "run"]
    done = subprocess.run(
        command, cwd=CHECKOUT, env=environment(var, **settings), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr + done.stdout
    return done.stderr.strip().splitlines()


def processes(var):
    """Every process that belongs to `var`: children by their mark, servers by their files and sockets."""
    place = embedded.Place.of(var)
    servers = [embedded.Postgres(place).pid(), embedded.Valkey(place).pid()]
    return {*leftovers(var), *(pid for pid in servers if pid)}


def finish(process):
    process.communicate(timeout=STOP_SECONDS)
    return process.returncode


def status_of(address):
    try:
        return urllib.request.urlopen(address, timeout=30).status
    except urllib.error.HTTPError as error:
        return error.code


def test_it_says_where_and_who_answers_and_stops_without_a_trace(filled, port):
    process, said = start(filled, port)
    assert f"http://127.0.0.1:{port}/" in said
    assert re.search(r"ada@partner\.example +correct horse +Admin agent of P\n", said)
    assert status_of(f"http://127.0.0.1:{port}/") < 500
    children = processes(filled)
    assert len(children) > 5
    second = refused(filled, PORT=port + 1)
    assert second == [f"The portal is already running from this folder (process {process.pid})."]
    assert processes(filled) >= children  # the servers too, which a command that ends must not stop
    process.send_signal(signal.SIGINT)
    assert finish(process) == 0
    assert wait_until(lambda: not any(runs(pid) for pid in children), STOP_SECONDS)
    assert processes(filled) == set()


def test_after_kill_9_everything_is_there_and_nothing_runs_from_before(filled, port):
    process, _ = start(filled, port)
    before = {process.pid, *processes(filled)}
    process.kill()
    process.communicate()
    assert wait_until(lambda: leftovers(filled) == [], STOP_SECONDS)  # the web server, the worker and the clock
    marked = {**os.environ, MARK: str(filled)}
    with subprocess.Popen(["sleep", "600"], env=marked) as left, subprocess.Popen(["sleep", "600"]) as stranger:
        again, said = start(filled, port)
        assert "Ended 1 process left over" in said
        assert left.poll() is not None
        assert stranger.poll() is None
        stranger.kill()
    assert not any(runs(pid) for pid in before)
    assert manage(filled, "shell", "--verbosity", "0", "--command", COUNT_PARTNERS) == "1\n"
    assert status_of(f"http://127.0.0.1:{port}/") < 500  # the command's end has not stopped the servers
    again.send_signal(signal.SIGTERM)
    assert finish(again) == 0
    assert processes(filled) == set()


def test_a_taken_port_is_one_sentence(var):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (line,) = refused(var, PORT=port)
    assert line.startswith(f"Port {port} of 127.0.0.1 cannot be used (Address already in use); choose another one")
    assert processes(var) == set()


@pytest.mark.parametrize("port", ["0", "65536", "http", ""])
def test_a_port_that_is_none_is_refused(port):
    with pytest.raises(CannotRun, match=f"PORT is {port!r}; it must be a number from 1 to 65535."):
        check_port("127.0.0.1", port)


def test_a_database_that_does_not_answer_is_one_sentence(var, port):
    web, owner = (f"postgres://{role}:secret@127.0.0.1:1/csp" for role in ("web", "owner"))
    (line,) = refused(var, PORT=port, DATABASE_URL=web, DATABASE_OWNER_URL=owner)
    assert line.startswith("The database cannot be reached: ")
    assert line.endswith(".")
    assert "secret" not in line
    assert processes(var) == set()


def test_a_database_url_that_is_none_is_one_sentence(var, port):
    (line,) = refused(var, PORT=port, DATABASE_URL="nonsense")
    assert line.startswith("DATABASE_URL is not an address of PostgreSQL like postgres://")


@pytest.mark.parametrize(
    "url",
    ["mysql://web@127.0.0.1/csp", "postgres://web:secret@127.0.0.1:port/csp", "postgres://127.0.0.1/csp", "csp", ""],
)
def test_what_is_no_address_of_postgresql_is_refused(url):
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL is not an address of PostgreSQL like") as refusal:
        database_config("DATABASE_URL", url)
    assert "secret" not in str(refusal.value)


def test_one_role_for_web_and_owner_is_refused(var, port):
    (line,) = refused(var, PORT=port, DATABASE_URL="postgres://one@127.0.0.1:1/csp")
    assert "both name the role 'one'" in line


def test_a_wrong_redis_url_is_one_sentence(var, port):
    (line,) = refused(var, PORT=port, REDIS_URL="redis://127.0.0.1:1/0")
    assert line.endswith(".")
    assert processes(var) == set()
