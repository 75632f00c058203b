"""Sealed exports in tests: written, unpacked, checked by their own `verify.py`, and forged (A5)."""

import json
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta

from activity.seals.bundle import Asked, write_bundle
from activity.seals.keys import signing_keys

DAY = datetime(2020, 1, 24, tzinfo=UTC)


def export(log, folder, start=DAY, days=3, **asked):
    """Write an export, unpack it, and answer its folder."""
    folder.mkdir()
    with (folder / "export.zip").open("wb") as out:
        write_bundle(out, Asked([log], start, start + timedelta(days=days), "auditor@partner.example", **asked))
    with zipfile.ZipFile(folder / "export.zip") as archive:
        archive.extractall(folder / "export")
    return folder / "export"


def verified(folder, *arguments):
    """What `verify.py` of the export says, run by a Python that finds no package of anybody."""
    command = [sys.executable, "-I", "-S", "verify.py", *arguments, "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr == ""
    return done.returncode, done.stdout


def wrong(folder, *arguments):
    """The findings; there are some."""
    status, said = verified(folder, *arguments)
    found = [line.removeprefix("WRONG: ") for line in said.splitlines() if line.startswith("WRONG: ")]
    assert (status, bool(found)) == (1, True), said
    return found


def chain_file(folder, kind):
    (file,) = folder.glob(f"chains/*/{kind}.jsonl")
    return file


def lines_of(folder, kind):
    return [json.loads(line) for line in chain_file(folder, kind).read_text().splitlines()]


def rewrite(folder, kind, lines):
    chain_file(folder, kind).write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))


def key():
    return signing_keys()[0].fingerprint
