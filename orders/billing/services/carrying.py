"""Carrying a negative total to the next month: nothing is paid out (R5)."""

from datetime import datetime, timedelta
from decimal import Decimal

from csp_portal.calendar_utc import add_months, start_of_day
from orders.billing.models import Entry, EntryKind, Invoice

_INSTANT_BEFORE = timedelta(microseconds=1)


def carry_negative_total(invoice: Invoice, *, now: datetime) -> None:
    """Carry what a month that is being closed comes to below nothing; the caller holds the account's lock.

    The pair stands on both sides of the month's end, whenever the month is closed: a late close makes the same
    invoices.
    """
    totals = invoice.entries.totals()
    payable = totals["gross"] + totals["carried"]
    if payable >= 0:
        return
    next_month = add_months(invoice.month, 1)
    turn = start_of_day(next_month)
    pair = (
        (EntryKind.CARRIED_FORWARD, -payable, invoice.month, turn - _INSTANT_BEFORE),
        (EntryKind.BROUGHT_FORWARD, payable, next_month, turn),
    )
    nothing = {"net": Decimal(0), "tax": Decimal(0), "gross": Decimal(0)}
    Entry.objects.bulk_create(
        Entry(
            account_id=invoice.account_id,
            kind=kind,
            carried_from=invoice,
            carried=carried,
            occurred_at=occurred_at,
            month=month,
            posted_at=now,
            **nothing,
        )
        for kind, carried, month, occurred_at in pair
    )
