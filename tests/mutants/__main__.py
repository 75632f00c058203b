"""`make mutants`: plant each fault of the `.toml` files here in a copy of the portal and see its tests fail.

`python -m tests.mutants NAME…` runs some of them. A fault that no test notices ends the run with exit code 1.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.mutants import Mutant, all_mutants

CHECKOUT = Path(__file__).resolve().parents[2]
NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".tools", "node_modules", "var", "staticfiles", "__pycache__", ".*_cache"
)
LINKED = ("node_modules",)
PYTEST = (sys.executable, "-m", "pytest", "-q", "--tb=no", "-n", "2", "-p", "no:cacheprovider")
LONGEST = 20 * 60  # seconds that a mutant's tests may take; those that wait for good have noticed it too
TESTS_FAILED = 1  # pytest's exit code; any other one but 0 means that the tests did not run


def main(names: list[str]) -> int:
    """Run the mutants called `names`, or all; the exit code."""
    known = {mutant.name: mutant for mutant in all_mutants()}
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"There is no mutant {', '.join(unknown)}. There are: {', '.join(known)}.", file=sys.stderr)
        return 2
    chosen = [known[name] for name in names] or list(known.values())
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Path(folder) / "portal"
        copy_checkout(copy)
        if not passes_unharmed(copy, chosen):
            return 1
        missed = [mutant.name for mutant in chosen if not is_caught(mutant, copy)]
    print(f"{len(chosen) - len(missed)} of {len(chosen)} were caught in {time.monotonic() - began:.0f} s.")
    if missed:
        print(f"Not caught: {', '.join(missed)}.", file=sys.stderr)
    return 1 if missed else 0


def copy_checkout(copy: Path) -> None:
    """The checkout as it stands, without what was installed or made in it."""
    shutil.copytree(CHECKOUT, copy, ignore=NOT_COPIED)
    for name in LINKED:
        (copy / name).symlink_to(CHECKOUT / name)


def passes_unharmed(copy: Path, mutants: list[Mutant]) -> bool:
    """Whether the tests are green before anything is broken: a test that always fails catches nothing."""
    tests = sorted({test for mutant in mutants for test in mutant.tests})
    print(f"Running {len(tests)} test files as they are.", flush=True)
    done = pytest(copy, tests)
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        print("The tests fail without any fault; mend them first.", file=sys.stderr)
    return done.returncode == 0


def is_caught(mutant: Mutant, copy: Path) -> bool:
    """Whether the mutant's tests fail with the fault planted; the copy is whole again afterwards."""
    began = time.monotonic()
    source = copy / mutant.file
    whole = source.read_text(encoding="utf-8")
    source.write_text(mutant.planted_in(whole), encoding="utf-8")
    try:
        done = pytest(copy, mutant.tests, longest=LONGEST)
    finally:
        source.write_text(whole, encoding="utf-8")
    caught = done.returncode == TESTS_FAILED
    word = "caught" if caught else "NOT CAUGHT"
    print(
        f"{word}: {mutant.name} ({mutant.rule}), {time.monotonic() - began:.0f} s. {first_failure(done.stdout)}",
        flush=True,
    )
    if done.returncode not in (0, TESTS_FAILED):
        print(done.stdout, file=sys.stderr)
    return caught


def pytest(copy: Path, tests: list[str], longest: float | None = None) -> "subprocess.CompletedProcess[str]":
    words = [*PYTEST, *tests]
    try:
        return subprocess.run(
            words, cwd=copy, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=longest
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(words, TESTS_FAILED, f"FAILED after {longest} s\n")


def first_failure(output: str) -> str:
    """The test that noticed."""
    failed = (
        line.split(" - ")[0].removeprefix("FAILED ") for line in output.splitlines() if line.startswith("FAILED ")
    )
    return next(failed, "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
