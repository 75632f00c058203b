"""The rules of money once more, as plainly as possible, for one partner's account in one currency (R1 to R5, C2, C8).

Written from the spec, not from the code, to be compared with it: no query, no lock, no clock of its own. Amounts are
whole minor units; days and months are those of UTC.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta


def half_up(numerator: int, denominator: int) -> int:
    """A fraction of nothing or more, rounded; a half goes up."""
    return (2 * numerator + denominator) // (2 * denominator)


def next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


@dataclass
class Line:
    """What was charged for a line, and what has been credited of it; `term` in days, None where it is for good."""

    quantity: int
    net: int
    tax: int
    included: bool
    bought: datetime
    term: int | None
    cancelled: int = 0
    credited_net: int = 0
    credited_tax: int = 0

    @classmethod
    def bought_for(
        cls, price: int, quantity: int, percent: int, *, included: bool, bought: datetime, term: int | None
    ) -> "Line":
        """Tax out of the price or on top of it (M8)."""
        amount = price * quantity
        tax = half_up(amount * percent, 100 + percent) if included else half_up(amount * percent, 100)
        return cls(quantity, amount - tax if included else amount, tax, included, bought, term)

    @property
    def left(self) -> int:
        return self.quantity - self.cancelled

    @property
    def window_closes(self) -> datetime:
        """The end of the sixtieth day after the day of the purchase (C2)."""
        day = datetime(self.bought.year, self.bought.month, self.bought.day, tzinfo=self.bought.tzinfo)
        return day + timedelta(days=61)

    def credit(self, units: int, day: date) -> tuple[int, int]:
        """Net and tax of a credit for `units` cancelled on `day`; they count as cancelled from then on."""
        base = self.net + self.tax if self.included else self.net
        upto = half_up(base * (self.cancelled + units), self.quantity)
        amount = upto - half_up(base * self.cancelled, self.quantity)
        if self.term is not None:
            start = self.bought.date()
            used = 0 if day == start else (day - start).days + 1
            amount = half_up(amount * max(self.term - used, 0), self.term)
        before = self.credited_net + self.credited_tax if self.included else self.credited_net
        tax = half_up(self.tax * (before + amount), base) - self.credited_tax
        net = amount - tax if self.included else amount
        self.cancelled += units
        self.credited_net += net
        self.credited_tax += tax
        return net, tax


@dataclass
class Row:
    """One row of the account: (net, tax) of a charge or credit, or what is carried from month to month."""

    kind: str
    month: date
    net: int = 0
    tax: int = 0
    carried: int = 0


@dataclass
class Account:
    """A partner's account in one currency."""

    rows: list[Row] = field(default_factory=list)
    to_post: list[tuple[datetime, int, int]] = field(default_factory=list)  # instant, net, tax
    invoices: dict[date, bool] = field(default_factory=dict)  # by month: whether it is issued
    closed_through: date | None = None

    def month_for(self, instant: datetime) -> date:
        """The month of an instant, or the first that is not closed (R5)."""
        month = instant.date().replace(day=1)
        if self.closed_through is not None and month <= self.closed_through:
            return next_month(self.closed_through)
        return month

    def charge(self, line: Line) -> None:
        self.rows.append(Row("charge", self.month_for(line.bought), line.net, line.tax))

    def post(self, before: datetime | None = None) -> None:
        """Post the credits that wait, or those of before an instant."""
        due = [credit for credit in self.to_post if before is None or credit[0] < before]
        self.to_post = [credit for credit in self.to_post if credit not in due]
        for instant, net, tax in due:
            self.rows.append(Row("credit", self.month_for(instant), -net, -tax))

    def close(self, now: datetime) -> None:
        """Close every month that is over, one after another; what is below nothing is carried (R5)."""
        this_month = now.date().replace(day=1)
        self.post(datetime(now.year, now.month, 1, tzinfo=now.tzinfo))
        while months := sorted({row.month for row in self.rows if self._is_due(row.month, this_month)}):
            month = months[0]
            payable = sum(row.net + row.tax + row.carried for row in self.rows if row.month == month)
            if payable < 0:
                self.rows.append(Row("carried", month, carried=-payable))
                self.rows.append(Row("brought", next_month(month), carried=payable))
            self.invoices[month] = False
            self.closed_through = month
        last_over = (this_month - timedelta(days=1)).replace(day=1)
        if self.closed_through is None or self.closed_through < last_over:
            self.closed_through = last_over

    def _is_due(self, month: date, this_month: date) -> bool:
        return month < this_month and (self.closed_through is None or month > self.closed_through)

    def issue(self, now: datetime) -> None:
        """Issue what was closed, once the 8th of the month after has come."""
        for month in self.invoices:
            if (now.date() - timedelta(days=7)).replace(day=1) > month:
                self.invoices[month] = True

    def total(self, month: date) -> tuple[int, int, int]:
        """Net, tax and what is to be paid of a month."""
        rows = [row for row in self.rows if row.month == month]
        net, tax = sum(row.net for row in rows), sum(row.tax for row in rows)
        return net, tax, net + tax + sum(row.carried for row in rows)
