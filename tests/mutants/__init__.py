"""Faults that the suite must notice, each one line of the portal's code changed (the `.toml` files beside this)."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

_LISTS = sorted(Path(__file__).parent.glob("*.toml"))


@dataclass(frozen=True)
class Mutant:
    """A fault: in `file` the one line that holds `line` becomes `becomes`; the test files `tests` must notice."""

    name: str
    rule: str
    file: str
    line: str
    becomes: str
    tests: list[str]

    def planted_in(self, source: str) -> str:
        """`source` with the fault. Raises ValueError unless the line stands in it exactly once."""
        if source.count(self.line) != 1:
            raise ValueError(f"{self.name}: {self.file} holds {source.count(self.line)} times: {self.line}")
        return source.replace(self.line, self.becomes)


def all_mutants() -> list[Mutant]:
    """Every fault of the lists, in their order."""
    return [
        Mutant(**fields) for listed in _LISTS for fields in tomllib.loads(listed.read_text(encoding="utf-8"))["mutant"]
    ]
