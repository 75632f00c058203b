"""What stands on the accounts and is not invoiced yet, month by month (R4, R5)."""

from dataclasses import dataclass
from datetime import UTC, date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import TruncMonth

from csp_portal.accounts.models import User
from csp_portal.calendar_utc import add_months
from orders.billing.models import SUMMED, Account, Credit, Entry
from orders.billing.services.closing import ISSUE_DAY
from software.tax import NOTHING, Amounts


@dataclass
class OpenMonth:
    """One currency's month that is not closed: what was posted to it, and the credits that will be (R4).

    `carried` is what the month before has brought forward, less than nothing.
    """

    currency: str
    month: date
    posted: Amounts = NOTHING
    lines: int = 0
    to_post: Amounts = NOTHING
    credits_to_post: int = 0
    carried: Decimal = Decimal(0)

    @property
    def total(self) -> Amounts:
        """What the month comes to so far; a credit counts from the first second."""
        return self.posted + self.to_post

    @property
    def payable(self) -> Decimal:
        """What there will be to pay; what is less than nothing is carried to the next month (R5)."""
        return self.total.gross + self.carried


def open_months(user: User) -> list[OpenMonth]:
    """Every open month of the user's partner on which something stands, newest first.

    Three queries, which agree when they are asked in one snapshot.
    """
    months: dict[tuple[str, date], OpenMonth] = {}

    def open_month(currency: str, month: date) -> OpenMonth:
        return months.setdefault((currency, month), OpenMonth(currency, month))

    for row in _posted(user):
        found = open_month(row["account__currency"], row["month"])
        found.posted, found.lines = Amounts(row["net_sum"], row["tax_sum"], row["gross_sum"]), row["lines"]
        found.carried = row["carried_sum"]
    accounts = {account.currency: account for account in Account.objects.visible_to(user)}
    for row in _to_post(user):
        currency = row["order_line__order__currency"]
        found = open_month(currency, accounts[currency].month_for(row["fixed_in"]))
        found.to_post += Amounts(-row["net_sum"], -row["tax_sum"], -row["gross_sum"])
        found.credits_to_post += row["credits"]
    return sorted(months.values(), key=lambda found: (-found.month.toordinal(), found.currency))


def _posted(user: User) -> list[Any]:
    by_month = Entry.objects.visible_to(user).unbilled().order_by().values("account__currency", "month")
    sums = {f"{name}_sum": Sum(name) for name in SUMMED}
    return list(by_month.annotate(**sums, lines=Count("order_line")))


def _to_post(user: User) -> list[Any]:
    in_month = Credit.objects.visible_to(user).unposted().annotate(fixed_in=TruncMonth("fixed_at", tzinfo=UTC))
    by_month = in_month.order_by().values("order_line__order__currency", "fixed_in")
    return list(by_month.annotate(net_sum=Sum("net"), tax_sum=Sum("tax"), gross_sum=Sum("gross"), credits=Count("pk")))


def issue_day(month: date) -> date:
    """The day (UTC) by which a month's invoice is issued (R5)."""
    return add_months(month, 1).replace(day=ISSUE_DAY)
