"""CSV files that are sent to a reader row by row, safe to open in a spreadsheet."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from django.http import StreamingHttpResponse

Cell = str | int | Decimal | None

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"  # without it Excel misreads what is not English
BEGINS_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")  # the last four are the wide ones of an East Asian keyboard
BEGINS_CELL = ("\t", "\r", "\n")


def safe_text(text: str) -> str:
    """`text` so that a spreadsheet shows it: what it would run as a formula gets an apostrophe in front."""
    if text.startswith(BEGINS_CELL) or text.lstrip().startswith(BEGINS_FORMULA):
        return f"'{text}"
    return text


def csv_answer(file_name: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> StreamingHttpResponse:
    """A download of `rows` as they come; texts are made safe, numbers are written plainly."""
    answer = StreamingHttpResponse(_written(columns, rows), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _written(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    writer = csv.writer(_Passing())
    yield BYTE_ORDER_MARK + writer.writerow(columns)
    for row in rows:
        yield writer.writerow([_cell(value) for value in row])


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value) if isinstance(value, int) else safe_text(value)


class _Passing:
    """A file for csv.writer that answers what is written to it."""

    def write(self, line: str) -> str:
        return line
