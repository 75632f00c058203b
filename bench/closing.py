"""A month of 100,000 entries closed, and its invoice issued."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone

from bench import many_lines
from bench.table import Row
from csp_portal.calendar_utc import add_months, month_of, start_of_day
from orders.billing.models import Entry
from orders.billing.services import close_due_months, issue_due_invoices
from tests.nginx import Portal

ENTRIES, FEW_ENTRIES = 100_000, 1000
AIM = "under a minute"


def measure(_portal: Portal, *, quick: bool, say: Callable[[str], None]) -> list[Row]:
    """Of one account; what the other parts have charged besides is next to nothing."""
    count = FEW_ENTRIES if quick else ENTRIES
    say(f"charging {count:,} lines to one account")
    many_lines.sold(count, partners=1)
    now = _after(timezone.now())
    say("closing its month")
    began = time.monotonic()
    close_due_months(now)
    closed = time.monotonic()
    issued = issue_due_invoices(now)
    ended = time.monotonic()
    if not issued or Entry.objects.unbilled().exists():
        raise RuntimeError(f"{issued} invoices were issued, and entries are left")
    told = f"{closed - began:,.2f} s, issued in {ended - closed:,.2f} s"
    return [Row(f"a month of {count:,} entries closed", told, aim=AIM)]


def _after(now: datetime) -> datetime:
    """The 9th of the month after, when everything is due."""
    return start_of_day(add_months(month_of(now), 1)) + timedelta(days=8)
