"""`make bench`: measure, and print one table.

`make bench BENCH="starts bytes"` measures some parts only; `--quick` only shows that they work.
"""

import argparse
import importlib
import os
import platform
import signal
import sys
from collections.abc import Iterable, Iterator

from bench.ground import ground
from bench.table import Row, written

# Modules of this package, which need Django set up.
PARTS = ("starts", "bytes", "memory", "expiry", "closing", "cancelling", "queue", "api", "seals", "log")


def main() -> int:
    """Measure what is asked for; Ctrl-C or SIGTERM ends it with nothing left over."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="a small size of everything: figures say nothing")
    asked = parser.parse_args()
    if unknown := [part for part in asked.parts if part not in PARTS]:
        parser.error(f"there is no part {', '.join(unknown)}; choose from {', '.join(PARTS)}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # also where a shell has Ctrl-C ignored
    rows: list[Row] = []
    try:
        rows.extend(_measured(asked.parts or PARTS, quick=asked.quick))
    except KeyboardInterrupt:
        say("Stopped.")
        return 130
    finally:  # what was measured before a part failed took long
        print(f"{_machine()}\n\n{written(rows)}")
    return 0


def _measured(parts: Iterable[str], *, quick: bool) -> Iterator[Row]:
    say("starting PostgreSQL, Valkey, nginx and granian")
    with ground() as portal:
        modules = [importlib.import_module(f"bench.{part}") for part in parts]
        for module in modules:
            yield from module.measure(portal, quick=quick, say=say)


def say(line: str) -> None:
    """Tell how far it is, aside of the table."""
    print(line, file=sys.stderr, flush=True)


def _machine() -> str:
    """What it was measured on, and what else it had to do."""
    load, *_later = os.getloadavg()
    python = f"Python {platform.python_version()} on {platform.machine()}"
    return f"{os.cpu_count()} cores, {python}, load {load:.1f} at the end"


if __name__ == "__main__":
    sys.exit(main())
