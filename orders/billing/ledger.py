"""What an order has come to on the account: charges and credits, those still to be posted too (R4)."""

from dataclasses import dataclass
from datetime import date, datetime

from orders.billing.models import Credit, Entry, EntryKind, Invoice
from orders.models import Order, OrderLine
from software.tax import Amounts


@dataclass(frozen=True)
class LedgerRow:
    """One charge or credit; `month` is empty until its entry stands, `invoice` until that month's is issued."""

    kind: EntryKind
    line: OrderLine
    amounts: Amounts
    occurred_at: datetime
    month: date | None = None
    invoice: Invoice | None = None


def ledger_of(order: Order) -> list[LedgerRow]:
    """Charges and credits of an order in the order of their causes; three queries."""
    entries = Entry.objects.filter(order_line__order=order).select_related("order_line")
    posted = list(entries.order_by("occurred_at", "pk"))
    invoices = _invoices_of(posted)
    waiting = Credit.objects.unposted().filter(order_line__order=order).select_related("order_line")
    rows = [_posted(entry, invoices.get(entry.month)) for entry in posted]
    rows += [_waiting(credit) for credit in waiting]
    return rows


def _invoices_of(entries: list[Entry]) -> dict[date, Invoice]:
    """The issued invoices by month; all entries of an order are on one account."""
    accounts = {entry.account_id for entry in entries}
    months = {entry.month for entry in entries}
    issued = Invoice.objects.issued().filter(account__in=accounts, month__in=months)
    return {invoice.month: invoice for invoice in issued}


def _posted(entry: Entry, invoice: Invoice | None) -> LedgerRow:
    assert entry.order_line is not None  # it was found by its order
    return LedgerRow(EntryKind(entry.kind), entry.order_line, entry.amounts, entry.occurred_at, entry.month, invoice)


def _waiting(credit: Credit) -> LedgerRow:
    return LedgerRow(EntryKind.CREDIT, credit.order_line, -credit.amounts, credit.fixed_at)
