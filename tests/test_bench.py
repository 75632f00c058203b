"""`make bench` at a tiny size: every part works and leaves nothing behind. Its figures are nobody's concern here."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from django.conf import settings

from tests.test_production_settings import SYSTEM

TIMES = r"p50 [\d,]+ ms, p95 [\d,]+ ms, p99 [\d,]+ ms"
FIGURES = {
    "starts of a download, 1,000 links": r"\d+/s",
    "starts of a download, one link": r"\d+/s",
    "32 MiB through nginx, TLS": r"[\d,]+ MiB/s",
    "memory of web, 5 slow transfers": r"\d+ MiB \(.+\)",
    "memory of nginx, 5 slow transfers": r"\d+ MiB \(.+\)",
    "memory of worker, 5 slow transfers": r"\d+ MiB \(.+\)",
    "3,000 links expired, each in the log": r"[\d.]+ s, [\d,]+/s",
    "queue of 500, mine, one agent": TIMES,
    "queue of 500, all of these, 8 agents": TIMES,
    "GET one order, 8 clients": r"[\d,]+/s \(.+\)",
    "GET a page of 500 customers, one client": TIMES,
    "log of 500, verified in the database": r"[\d,]+/s, [\d.]+ s",
    "log of 2,000, as it opens": TIMES,
    "log of 2,000, from an address": TIMES,
    "log of 2,000, everything, sorted or read whole": r"\w+",
    "log of 500, as it opens, beside django-auditlog's list": TIMES,
    "events into a log of 2,000, writers: 8": r"[\d,]+/s",
    "cancel, Submit to the next page, 1,000 lines, 8 agents": TIMES,
    "a month of 1,000 entries closed": r"[\d.]+ s, issued in [\d.]+ s",
}


@pytest.fixture
def environment(tmp_path):
    """Nothing of the tests' own settings; temporary files in a folder that everybody may pass."""
    folder = Path(tempfile.mkdtemp(prefix="csp-test-bench-"))
    folder.chmod(0o711)
    yield {**{name: os.environ[name] for name in SYSTEM if name in os.environ}, "TMPDIR": str(folder)}
    assert [path for path in folder.iterdir() if path.name.startswith("csp-bench")] == []
    assert processes_of(folder) == []
    folder.rmdir()


def processes_of(folder):
    """The processes whose command line names something in a folder."""
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    return [line for line in lines if os.fsencode(folder) in line]


def _deaf_to_ctrl_c():
    """As a shell starts what runs in its background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def bench(environment, *words, preexec_fn=None):
    return subprocess.Popen(
        [sys.executable, "-m", "bench", "--quick", *words],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=preexec_fn,
    )


def test_every_part_of_the_bench_works(environment):
    with bench(environment) as running:
        table, progress = running.communicate(timeout=400)
    assert running.returncode == 0, progress
    rows = {cells[1].strip(): cells[2].strip() for line in table.splitlines() if len(cells := line.split("|")) > 3}
    for what, figure in FIGURES.items():
        assert re.match(figure, rows[what]), what


@pytest.mark.parametrize(
    ("sent", "preexec_fn"), [(signal.SIGINT, None), (signal.SIGTERM, _deaf_to_ctrl_c)], ids=["ctrl-c", "background"]
)
def test_it_is_stopped_with_nothing_left_over(environment, sent, preexec_fn):
    with bench(environment, "memory", preexec_fn=preexec_fn) as running:
        for line in running.stderr:
            if "transfers, watched" in line:
                break
        running.send_signal(sent)
        _table, said = running.communicate(timeout=60)
    assert (running.returncode, said) == (130, "Stopped.\n")


def test_a_part_that_is_none_is_told(environment):
    with bench(environment, "nonsense") as running:
        _table, said = running.communicate(timeout=60)
    assert running.returncode == 2
    parts = "starts, bytes, memory, expiry, closing, cancelling, queue, api, seals, log"
    assert f"there is no part nonsense; choose from {parts}" in said
