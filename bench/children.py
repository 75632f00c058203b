"""A program of its own: how long it takes, and how much memory it takes at most."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Child:
    """What one run took."""

    seconds: float
    mebibytes: float  # resident, at most
    said: str

    def a_second(self, count: int) -> str:
        """`12,345/s, 8.1 s, 93 MiB` of so many things done."""
        return f"{count / self.seconds:,.0f}/s, {self.seconds:,.1f} s, {self.mebibytes:.0f} MiB"


def run(words: Sequence[str], environment: Mapping[str, str] | None = None) -> Child:
    """Run it to its end, in this environment or ours. Raises RuntimeError where that is no good one."""
    began = time.monotonic()
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True) as process:
        said = process.stdout.read() if process.stdout else ""
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{words[1:3]} ended with {process.returncode}: {said}")
    return Child(time.monotonic() - began, usage.ru_maxrss / 1024, said)
