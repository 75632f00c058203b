"""What proof costs: rows of the log sealed a second, and verified, in the database and by the program of an export."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from activity import verify
from activity.seals.sealing import seal_log
from activity.seals.verifying import verify_log
from bench import log_rows
from bench.children import run
from bench.log import pages
from bench.log_export import exported
from bench.table import Row
from csp_portal.accounts.models import User
from tests.nginx import Portal

SIZES, FEW_SIZES = (10_000, 1_000_000), (500, 1_000)
SEALING_AIM, VERIFYING_AIM, MEMORY_AIM = "20,000/s", "30,000/s", "memory as of few"


def measure(portal: Portal, *, quick: bool, say: Callable[[str], None]) -> list[Row]:
    """The same at each size, in a log that grows; its chains are verified from their beginning each time."""
    sizes = FEW_SIZES if quick else SIZES
    reader = log_rows.a_reader()
    log_rows.make_months()
    seal_log()  # what other parts have left
    rows = []
    for since, until in zip((0, *sizes), sizes, strict=False):
        log_rows.add(reader, since, until, say)
        say(f"sealing and verifying {until:,} rows")
        rows += [_sealed(until), _verified(until), *_exported(portal.folder, reader)]
    return rows


def _sealed(size: int) -> Row:
    began = time.monotonic()
    count = seal_log()
    return Row(f"log of {size:,}, {count:,} rows sealed", _rate(count, time.monotonic() - began), aim=SEALING_AIM)


def _verified(size: int) -> Row:
    began = time.monotonic()
    done = verify_log()
    if done.findings:
        raise RuntimeError(f"the log does not verify: {done.findings[0]}")
    what = f"log of {size:,}, verified in the database"
    return Row(what, _rate(done.rows, time.monotonic() - began), aim=VERIFYING_AIM)


def _exported(folder: Path, reader: User) -> list[Row]:
    """A partner's sealed export, and the program that checks it."""
    bundle = exported(folder, reader, pages()["everything"], "bundle")
    checked = run([sys.executable, "-I", "-S", verify.__file__, str(folder / "export.bundle")])
    rows = f"{bundle.rows:,} rows"
    return [
        Row(f"{rows} as a sealed export", bundle.child.a_second(bundle.rows), aim=MEMORY_AIM),
        Row(f"{rows} of it checked by verify.py", checked.a_second(bundle.rows), aim=MEMORY_AIM),
    ]


def _rate(count: int, seconds: float) -> str:
    return f"{count / seconds:,.0f}/s, {seconds:,.1f} s"
