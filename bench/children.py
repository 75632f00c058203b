"""A program of its own: how long it takes, and how much memory it takes at most."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PAUSE = 0.02  # seconds between two looks at its memory


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
    began, most = time.monotonic(), 0.0
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            most = max(most, _peak(process.pid))
            time.sleep(PAUSE)
        seconds = time.monotonic() - began
        said = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise RuntimeError(f"{words[1:3]} ended with {process.returncode}: {said}")
    return Child(seconds, most, said)


def _peak(pid: int) -> float:
    """The most that a process has had until now; what the kernel tells at its end counts ours from before it began."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))
    return 0.0
