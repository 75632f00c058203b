"""Amounts and days as invoices write them: with all digits of their currency, never by way of a float."""

from datetime import date, timedelta
from decimal import Decimal

from csp_portal.calendar_utc import add_months
from csp_portal.rounding import round_half_up


def exact(amount: Decimal, currency: str) -> Decimal:
    """`1193.44`, `1459016` or `97.268`: an amount with the digits of its currency's minor unit."""
    return round_half_up(amount, currency)


def last_day(month: date) -> date:
    """The last day of a month that is given by its first."""
    return add_months(month, 1) - timedelta(days=1)
