"""What was measured, as one table that reads well in a terminal and in Markdown."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from statistics import median, quantiles
from typing import Self

HEAD = ("what", "ours", "beside", "ratio", "aim")


@dataclass(frozen=True)
class Row:
    """One figure, what it is compared with, and what `design` asks of the two."""

    what: str
    ours: str
    beside: str = ""
    ratio: str = ""
    aim: str = ""


@dataclass(frozen=True)
class Spread:
    """The same thing measured several times."""

    lowest: float
    middle: float
    highest: float

    @classmethod
    def of(cls, figures: Iterable[float]) -> Self:
        """Of at least one figure."""
        ordered = sorted(figures)
        return cls(ordered[0], median(ordered), ordered[-1])

    def written(self, unit: str) -> str:
        """`812/s (790–830)`: the median, and in brackets how far the rounds lay apart."""
        return f"{self.middle:,.0f}{unit} ({self.lowest:,.0f}\N{EN DASH}{self.highest:,.0f})"


@dataclass(frozen=True)
class Percentiles:
    """How long something took, in milliseconds: half of the time, and in the worst of 20 and of 100 times."""

    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, milliseconds: Iterable[float]) -> Self:
        """Of at least two figures."""
        cuts = quantiles(milliseconds, n=100, method="inclusive")
        return cls(cuts[49], cuts[94], cuts[98])

    def written(self) -> str:
        return f"p50 {self.p50:,.0f} ms, p95 {self.p95:,.0f} ms, p99 {self.p99:,.0f} ms"


def written(rows: Iterable[Row]) -> str:
    """The table; its columns are as wide as their longest cell."""
    lines = [HEAD, *(astuple(row) for row in rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    written_lines = [_line(line, widths) for line in lines]
    return "\n".join([written_lines[0], _line(["-" * width for width in widths], widths), *written_lines[1:]])


def _line(cells: Iterable[str], widths: list[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"
