"""CSV files that are loaded row by row, all or nothing, and what is wrong with them."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO, TypeVar

from django.utils.formats import number_format
from django.utils.translation import gettext as _

T = TypeVar("T")

_OTHER_SEPARATORS = (";", "\t", "|")


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
    rows, errors = sift_rows(source, columns, lambda _line, cells: parse(cells))
    if errors:
        raise BadFile(errors)
    return rows


def sift_rows(
    source: Path | BinaryIO,
    columns: Iterable[str],
    parse: Callable[[int, dict[str, str]], T],
    *,
    most_rows: int | None = None,
) -> tuple[list[tuple[int, T]], list[RowError]]:
    """The rows that `parse` takes, with their lines, and the bad ones, for who has more to find wrong with them.

    Columns are known by their names in any case and order; others are handed on as they are. Raises BadFile where the
    file as a whole cannot be read, or has more than `most_rows`.
    """
    rows: list[tuple[int, T]] = []
    errors: list[RowError] = []
    try:
        with _opened(source) as file:
            reader = csv.DictReader(file, strict=True)
            reader.fieldnames = _header(reader.fieldnames, tuple(columns))
            for row in reader:
                if most_rows is not None and len(rows) + len(errors) >= most_rows:
                    raise BadFile([RowError(reader.line_num, _too_many(most_rows))])
                try:
                    rows.append((reader.line_num, parse(reader.line_num, _complete(row))))
                except ValueError as error:
                    errors.append(RowError(reader.line_num, str(error)))
    except UnicodeDecodeError as error:
        raise BadFile([RowError(1, _("the file is not UTF-8 text: save it as “CSV UTF-8”"))]) from error
    except csv.Error as error:
        raise BadFile([RowError(reader.line_num, _("not CSV: %(reason)s") % {"reason": error})]) from error
    return rows, errors


def _header(names: Sequence[str] | None, columns: tuple[str, ...]) -> list[str]:
    """The names of a file's columns, those of `columns` spelled as there. Raises BadFile if one is missing or twice."""
    if not names:
        raise BadFile([RowError(1, _("the file is empty"))])
    known = {_bare(column): column for column in columns}
    found = [known.get(_bare(name), name.strip()) for name in names]
    missing = sorted(set(columns) - set(found))
    if missing and len(found) == 1 and any(separator in found[0] for separator in _OTHER_SEPARATORS):
        raise BadFile([RowError(1, _("the columns are not separated by commas: save the file as CSV with commas"))])
    if missing:
        raise BadFile([RowError(1, _("the file has no column %(names)s") % {"names": ", ".join(missing)})])
    twice = sorted({name for name in columns if found.count(name) > 1})
    if twice:
        raise BadFile([RowError(1, _("the file has the column %(names)s twice") % {"names": ", ".join(twice)})])
    return found


def _bare(name: str) -> str:
    return " ".join(name.split()).casefold()


def _too_many(most: int) -> str:
    rows = number_format(most, force_grouping=True)
    return _("the file has more than %(rows)s rows: split it into several") % {"rows": rows}


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
        raise ValueError(_("the row has not as many cells as the header"))
    return {str(name): (cell or "").strip() for name, cell in row.items()}
