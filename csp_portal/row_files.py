"""CSV files that are loaded row by row, all or nothing, and what is wrong with them."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class RowError:
    """One bad row: its line in the file (the header is line 1) and what to mend."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class BadFile(Exception):
    """Raised by an import that loaded nothing; `errors` names every bad row."""

    def __init__(self, errors: Iterable[RowError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(str(error) for error in self.errors))


def read_rows(
    source: Path | BinaryIO, columns: Iterable[str], parse: Callable[[dict[str, str]], T]
) -> list[tuple[int, T]]:
    """Every row of a CSV file, or of an uploaded one, as `parse` understands it, with its line.

    Raises BadFile naming all bad rows. `parse` raises ValueError with a sentence for a row it does not take.
    """
    rows: list[tuple[int, T]] = []
    errors: list[RowError] = []
    try:
        with _opened(source) as file:
            reader = csv.DictReader(file, strict=True)
            missing = sorted(set(columns) - set(reader.fieldnames or ()))
            if missing:
                raise BadFile([RowError(1, f"the file has no column {', '.join(missing)}")])
            for row in reader:
                try:
                    rows.append((reader.line_num, parse(_complete(row))))
                except ValueError as error:
                    errors.append(RowError(reader.line_num, str(error)))
    except UnicodeDecodeError as error:
        raise BadFile([RowError(1, f"the file is not UTF-8 text: {error.reason}")]) from error
    except csv.Error as error:
        raise BadFile([RowError(reader.line_num, f"not CSV: {error}")]) from error
    if errors:
        raise BadFile(errors)
    return rows


@contextmanager
def _opened(source: Path | BinaryIO) -> Iterator[TextIO]:
    """The source as text; an uploaded file stays open, for it is its owner's."""
    if isinstance(source, Path):
        with source.open(encoding="utf-8-sig", newline="") as file:
            yield file
        return
    text = io.TextIOWrapper(source, encoding="utf-8-sig", newline="")
    try:
        yield text
    finally:
        text.detach()


def _complete(row: dict[str | None, str | None]) -> dict[str, str]:
    """The row's cells, trimmed. Raises ValueError if it has too few or too many."""
    if None in row or None in row.values():
        raise ValueError("the row has not as many cells as the header")
    return {str(name): (cell or "").strip() for name, cell in row.items()}
