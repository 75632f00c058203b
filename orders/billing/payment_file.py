"""Payments as a file to import: its columns, its limits, and what is wrong with a row (R6)."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO, Self

from django.utils.translation import gettext as _

from csp_portal.row_files import RowError, sift_rows
from csp_portal.typed_text import one_line
from orders.billing import invoice_numbers
from orders.billing.amounts import typed_amount

COLUMNS = ("reference", "invoice", "amount", "received_on")
MOST_ROWS = 5000


@dataclass(frozen=True)
class PaymentRow:
    """One payment of the file; `invoice` is the public number."""

    line: int
    reference: str
    invoice: str
    amount: Decimal
    received_on: date

    @property
    def key(self) -> str:
        """The reference, whatever its case."""
        return self.reference.lower()

    @property
    def cells(self) -> tuple[int, str, str, str, str]:
        """What can be kept of it; `of` reads it again."""
        return (self.line, self.reference, self.invoice, str(self.amount), self.received_on.isoformat())

    @classmethod
    def of(cls, cells: tuple[int, str, str, str, str]) -> Self:
        line, reference, invoice, amount, received_on = cells
        return cls(line, reference, invoice, Decimal(amount), date.fromisoformat(received_on))


def read_payments(source: Path | BinaryIO) -> tuple[list[PaymentRow], list[RowError]]:
    """The payments of a file and its bad rows. Raises BadFile where the file as a whole cannot be read."""
    numbered, errors = sift_rows(source, COLUMNS, _read_row, most_rows=MOST_ROWS)
    first_line: dict[str, int] = {}
    rows = []
    for line, row in numbered:
        first = first_line.setdefault(row.key, line)
        if first == line:
            rows.append(row)
        else:
            reason = _("the reference “%(reference)s” stands on line %(line)s already")
            errors.append(RowError(line, reason % {"reference": row.reference, "line": first}))
    if not rows and not errors:
        errors.append(RowError(1, _("the file has a header but no payments")))
    return rows, errors


def _read_row(line: int, cells: dict[str, str]) -> PaymentRow:
    return PaymentRow(
        line,
        one_line(cells["reference"]),
        _number(cells["invoice"]),
        _amount(cells["amount"]),
        _day(cells["received_on"]),
    )


def _number(written: str) -> str:
    number = written.upper()
    if not re.fullmatch(invoice_numbers.PATTERN, number):
        raise ValueError(_("invoice “%(written)s” is not a number such as G000123") % {"written": written})
    return number


def _amount(written: str) -> Decimal:
    amount = typed_amount(written)
    if amount is None:
        raise ValueError(_("amount “%(written)s” is not a number such as 1250.00") % {"written": written})
    return amount


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise ValueError(
            _("received_on “%(written)s” is not a day such as 2020-02-24") % {"written": written}
        ) from None
