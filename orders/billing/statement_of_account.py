"""An account month by month: opening balance, charges, credits, payments, closing balance (R6)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum

from csp_portal.csv_files import Cell
from csp_portal.rounding import round_half_up
from orders.billing.models import Account, Entry, EntryKind, Invoice, Payment

COLUMNS = ("month", "currency", "opening", "charges", "credits", "payments", "closing")  # for programs to read
_NOTHING = Decimal(0)


@dataclass(frozen=True)
class StatementMonth:
    """One month of an account, all of it tax included; what was paid and credited is less than nothing.

    What an invoice carries to the next one moves no money, so that it does not stand here.
    """

    month: date
    opening: Decimal
    charges: Decimal
    credits: Decimal
    payments: Decimal
    invoice: Invoice | None = None

    @property
    def closing(self) -> Decimal:
        return self.opening + self.charges + self.credits + self.payments


def statement_of(account: Account) -> list[StatementMonth]:
    """Every month in which something moved, newest first; each opens with what the one before it closed with.

    Three queries, which agree when they are asked in one snapshot.
    """
    entered, received = _entered(account), _received(account)
    invoices = {invoice.month: invoice for invoice in Invoice.objects.issued().filter(account=account)}
    months: list[StatementMonth] = []
    balance = _NOTHING
    for month in sorted(entered.keys() | received.keys()):
        charges, credits = entered.get(month, (_NOTHING, _NOTHING))
        paid = received.get(month, _NOTHING)
        months.append(StatementMonth(month, balance, charges, credits, -paid, invoices.get(month)))
        balance = months[-1].closing
    return months[::-1]


def _entered(account: Account) -> dict[date, tuple[Decimal, Decimal]]:
    """Charges and credits by month."""
    of_orders = Entry.objects.filter(account=account, kind__in=(EntryKind.CHARGE, EntryKind.CREDIT))
    charges, credits = (Sum("gross", filter=Q(kind=kind)) for kind in (EntryKind.CHARGE, EntryKind.CREDIT))
    found = of_orders.order_by().values("month").annotate(charges=charges, credits=credits)
    return {row["month"]: (row["charges"] or _NOTHING, row["credits"] or _NOTHING) for row in found}


def _received(account: Account) -> dict[date, Decimal]:
    """Payments by month, less what was reversed."""
    found: Any = Payment.objects.filter(account=account).order_by().values("month")
    return dict(found.annotate(received=Sum("amount")).values_list("month", "received"))


def statement_rows(months: list[StatementMonth], currency: str) -> Iterator[list[Cell]]:
    """The rows of COLUMNS, newest first."""
    for month in months:
        amounts = (month.opening, month.charges, month.credits, month.payments, month.closing)
        yield [f"{month.month:%Y-%m}", currency, *(round_half_up(amount, currency) for amount in amounts)]
