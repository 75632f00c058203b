"""Random histories of orders, cancellations and late jobs against a plain model: the same books to the minor unit.

`make test` runs 100, `make soak` 1,000. A failure names its seed: `SEED=… pytest tests/test_random_billing.py`.
"""

import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone

from cancellations.models import Cancellation
from cancellations.services import confirm_cancellation
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Role
from csp_portal.errors import Refusal
from csp_portal.rounding import minor_unit_digits
from orders.billing.models import Account, Credit, Entry, Invoice
from orders.billing.reconciliation import COLUMNS, reconciliation_rows
from orders.billing.services import close_due_months, issue_due_invoices, post_due_credits
from orders.models import OrderLine
from software.models import KeyIssue, Kind, Sku, TaxRate
from tests import billing_model
from tests.conftest import Clock
from tests.factories import CustomerFactory, UserFactory, buy_line, make_sku
from tests.helpers import in_threads, quote_of

pytestmark = pytest.mark.django_db(transaction=True)

HISTORIES = int(os.environ.get("HISTORIES", "100"))
CHUNK = 10  # histories of one test, so that several cores share them
LONGEST = 14  # steps
COMPARED = 3  # steps from one comparison to the next


@dataclass(frozen=True)
class Market:
    """Where a customer sits: its currency, its tax in percent, and what a unit costs, in minor units."""

    code: str
    currency: str
    percent: int
    included: bool
    price: int


MARKETS = [
    Market("US", "USD", 0, False, 1999),
    Market("DE", "EUR", 19, False, 10010),
    Market("JP", "JPY", 10, False, 985),
    Market("KR", "KRW", 10, False, 150005),
    Market("KW", "KWD", 0, False, 12345),
    Market("AU", "AUD", 10, True, 11005),
    Market("BR", "BRL", 17, True, 7777),
]
TERMS = ["P1M", "P1Y", "P3Y", "OneTime"]
BEGINNINGS = [  # a leap day, a month's end, the year's turn
    datetime(2020, 2, 28, 23, 59, 59, tzinfo=UTC),
    datetime(2020, 1, 31, 23, 50, tzinfo=UTC),
    datetime(2019, 12, 31, 12, tzinfo=UTC),
    datetime(2021, 2, 27, 9, tzinfo=UTC),
]


class Shop:
    """What is sold in every market, once for many histories."""

    def __init__(self) -> None:
        self.skus: dict[tuple[str, str], Sku] = {}
        for market in MARKETS:
            if market.percent:
                rate = Decimal(market.percent) / 100
                TaxRate.objects.create(
                    market=market.code,
                    name="Tax",
                    rate=rate,
                    included_in_price=market.included,
                    valid_from="2000-01-01",
                )
            for term in TERMS:
                self.skus[market.code, term] = make_sku(
                    str(Decimal(market.price).scaleb(-minor_unit_digits()[market.currency])),
                    market=market.code,
                    currency=market.currency,
                    kind=Kind.PERPETUAL if term == "OneTime" else Kind.SUBSCRIPTION,
                    term=term,
                    key_issue=KeyIssue.PER_UNIT,  # from an empty pool: its keys are pending
                )


class History:
    """One random history of a partner, lived by the portal and by the model at once."""

    def __init__(self, seed: int, shop: Shop, clock: Clock) -> None:
        self.choose = random.Random(seed)
        self.shop, self.clock = shop, clock
        self.told = [f"seed {seed}"]
        self.now = self.choose.choice(BEGINNINGS)
        self.clock.set(self.now.isoformat())
        self.agent: User = UserFactory(roles=[Role.ADMIN_AGENT])
        self.colleague: User = UserFactory(partner=self.agent.partner, roles=[Role.ADMIN_AGENT])
        self.markets = self.choose.sample(MARKETS, 2)
        self.customers = {
            market.code: CustomerFactory(partner=self.agent.partner, market=market.code, currency=market.currency)
            for market in self.markets
        }
        self.accounts = {market.currency: billing_model.Account() for market in self.markets}
        self.lines: list[tuple[OrderLine, billing_model.Line, Market]] = []

    @property
    def story(self) -> str:
        """What has happened, from its seed on."""
        return ", ".join(self.told)

    def live(self) -> None:
        """Buy something, do as much again at random, then let all jobs catch up; the books agree time and again."""
        self.order()
        for step in range(self.choose.randint(4, LONGEST)):
            acts, weights = zip(*self.acts, strict=True)
            act = self.choose.choices(acts, weights)[0]
            self.told.append(act.__name__)
            act()
            if step % COMPARED == 0:
                self.compare()
        self.leap(timedelta(days=70))
        self.jobs(post_due_credits, close_due_months, issue_due_invoices)
        self.compare()
        assert not Credit.objects.unposted().exists(), self.story

    @property
    def acts(self) -> list[tuple[Callable[[], None], int]]:
        """What may happen, and how often."""
        return [(self.order, 4), (self.cancel, 7), (self.wait, 5), (self.job, 4), (self.cancel_at_once, 1)]

    def order(self) -> None:
        market = self.choose.choice(self.markets)
        term = self.choose.choice(TERMS)
        quantity = self.choose.choice([1, 1, 2, 3, 7])
        line = buy_line(self.agent, self.customers[market.code], self.shop.skus[market.code, term], quantity)
        days = (line.purchase.term_end - line.purchase.term_start).days if line.purchase.term_end else None
        plain = billing_model.Line.bought_for(
            market.price, quantity, market.percent, included=market.included, bought=self.now, term=days
        )
        self.accounts[market.currency].charge(plain)
        self.lines.append((line, plain, market))

    def cancel(self) -> None:
        """Quote units of a line, wait for a while, and submit."""
        line, plain, market = self.choose.choice(self.lines)
        units = self.choose.randint(1, max(plain.left, 1))
        quoted = self.now
        quote = quote_of(line, units).signed()
        self.leap(self.choice_of_waiting())
        expected = self.expected(plain, quoted)
        self.told.append(f"{units} of {plain.left}: {expected or 'credited'}")
        try:
            self.confirm(line, quote, self.agent)
            refused = ""
        except Refusal as refusal:
            refused = refusal.code
        assert refused == expected, self.story
        if not refused:
            self.credited(plain, market, units, quoted)

    def choice_of_waiting(self) -> timedelta:
        """From the quote to Submit: across midnight, or too long."""
        return self.choose.choice(
            [timedelta(0), timedelta(seconds=2), timedelta(minutes=14, seconds=59), timedelta(minutes=15)]
        )

    def expected(self, plain: billing_model.Line, quoted: datetime) -> str:
        """The code of the refusal; empty where it is cancelled. A line's own reason comes before the quote's."""
        good = self.now < quoted + timedelta(minutes=15)
        judged = quoted if good else self.now
        if not plain.left:
            return "already_cancelled"
        if judged >= plain.window_closes:
            return "window_closed"
        return "" if good else "quote_expired"

    def confirm(self, line: OrderLine, quote: str, actor: User) -> Cancellation:
        return confirm_cancellation(line.purchase.public_id, quote=quote, notice_accepted=True, actor=actor)

    def credited(self, plain: billing_model.Line, market: Market, units: int, quoted: datetime) -> None:
        net, tax = plain.credit(units, quoted.date())
        self.accounts[market.currency].to_post.append((self.now, net, tax))

    def cancel_at_once(self) -> None:
        """Two people submit what they saw of one line in the same instant: one of them cancels it."""
        open_lines = [found for found in self.lines if found[1].left and self.now < found[1].window_closes]
        if not open_lines:
            return
        line, plain, market = self.choose.choice(open_lines)
        units = self.choose.randint(1, plain.left)
        quote = quote_of(line, units).signed()
        answers = in_threads(*[partial(self.confirm, line, quote, actor) for actor in (self.agent, self.colleague)])
        assert sum(isinstance(answer, Cancellation) for answer in answers) == 1, self.story
        self.credited(plain, market, units, self.now)

    def wait(self) -> None:
        """A while, to the last second of the month, or over it."""
        days = self.choose.choice([0, 1, 9, 31, 61])
        self.leap(timedelta(days=days, seconds=self.choose.choice([0, 1, 7200])))
        if self.choose.random() < 0.4:
            turn = billing_model.next_month(self.now.date().replace(day=1))
            at = datetime(turn.year, turn.month, 1, tzinfo=UTC) + timedelta(seconds=self.choose.choice([-1, 0, 300]))
            self.leap(max(at - self.now, timedelta(0)))

    def leap(self, by: timedelta) -> None:
        self.now += by
        self.clock.set(self.now.isoformat())

    def job(self) -> None:
        """One of the jobs, however late, or twice at once."""
        job = self.choose.choice([post_due_credits, close_due_months, issue_due_invoices])
        if self.choose.random() < 0.2:
            in_threads(*[partial(self.run, job)] * 2)
            self.modelled(job)
        else:
            self.jobs(job)

    def jobs(self, *jobs: Callable[..., Any]) -> None:
        for job in jobs:
            self.run(job)
            self.modelled(job)

    def run(self, job: Callable[..., Any]) -> None:
        job() if job is post_due_credits else job(timezone.now())

    def modelled(self, job: Callable[..., Any]) -> None:
        self.told.append(job.__name__)
        for account in self.accounts.values():
            if job is post_due_credits:
                account.post()
            elif job is close_due_months:
                account.close(self.now)
            else:
                account.issue(self.now)

    # What must agree

    def compare(self) -> None:
        fresh = OrderLine.objects.in_bulk([line.pk for line, _plain, _market in self.lines])
        credited = (
            Credit.objects.filter(order_line__in=fresh).order_by().values_list("order_line").annotate(Sum("gross"))
        )
        credits = dict(credited)
        for line, plain, market in self.lines:
            assert credits.get(line.pk, 0) == fresh[line.pk].credited_gross, self.story
            self.compare_line(fresh[line.pk], plain, market.currency)
        for market in self.markets:
            self.compare_account(self.accounts[market.currency], market.currency)

    def compare_line(self, line: OrderLine, plain: billing_model.Line, currency: str) -> None:
        credited = (
            line.quantity_cancelled,
            *(minor(amount, currency) for amount in (line.credited_net, line.credited_tax)),
        )
        assert credited == (plain.cancelled, plain.credited_net, plain.credited_tax), self.story
        charged = (minor(line.net, currency), minor(line.tax, currency))
        assert charged == (plain.net, plain.tax), self.story
        assert line.credited_gross <= line.gross, self.story

    def compare_account(self, plain: billing_model.Account, currency: str) -> None:
        account = Account.objects.filter(partner=self.agent.partner, currency=currency).first()
        if account is None:
            assert not plain.rows, self.story
            return
        assert account.closed_through == plain.closed_through, self.story
        entries = Entry.objects.filter(account=account)
        told = sorted(
            (entry.kind, entry.month, *(minor(amount, currency) for amount in (entry.net, entry.tax, entry.carried)))
            for entry in entries
        )
        assert told == sorted((row.kind, row.month, row.net, row.tax, row.carried) for row in plain.rows), self.story
        invoices = list(Invoice.objects.with_totals().filter(account=account))
        assert {found.month: found.number is not None for found in invoices} == plain.invoices, self.story
        for found in invoices:
            self.compare_invoice(found, plain, currency)
        billed = sum((found.payable for found in invoices), Decimal(0))
        unbilled = sum((entry.payable for entry in entries.unbilled()), Decimal(0))
        assert sum((entry.payable for entry in entries), Decimal(0)) == billed + unbilled, self.story

    def compare_invoice(self, found: Invoice, plain: billing_model.Account, currency: str) -> None:
        """The invoice is the model's and the sum of its reconciliation file, and asks for nothing below nothing."""
        totals = tuple(minor(amount, currency) for amount in (found.net, found.tax, found.payable))
        assert totals == plain.total(found.month), self.story
        rows = [dict(zip(COLUMNS, row, strict=True)) for row in reconciliation_rows(found.entries, currency)]
        columns = ("net_excl_tax", "tax", "payable")
        assert tuple(sum(minor(Decimal(row[column]), currency) for row in rows) for column in columns) == totals
        assert found.payable >= 0, self.story


def minor(amount: Decimal, currency: str) -> int:
    """An amount in whole minor units; there is nothing below one."""
    units = amount.scaleb(minor_unit_digits()[currency])
    assert units == units.to_integral_value()
    return int(units)


def seeds(chunk: int) -> range:
    """The seeds of one test; the one of SEED alone, where that is given."""
    given = os.environ.get("SEED")
    first = chunk * CHUNK
    return range(int(given), int(given) + 1) if given else range(first, min(first + CHUNK, HISTORIES))


@pytest.mark.parametrize("chunk", range(-(-HISTORIES // CHUNK)))
def test_random_histories_make_the_books_that_the_model_makes(clock: Clock, chunk: int) -> None:
    shop = Shop()
    for seed in seeds(chunk):
        History(seed, shop, clock).live()


def test_the_model_itself_says_what_the_spec_says() -> None:
    """So that both are not wrong together: R1's and R3's worked numbers."""
    line = billing_model.Line(1, 120000, 0, False, datetime(2020, 1, 24, 12, tzinfo=UTC), 366)
    assert line.credit(1, date(2020, 2, 2)) == (116721, 0)
    gst = billing_model.Line.bought_for(
        110000, 1, 10, included=True, bought=datetime(2021, 1, 24, tzinfo=UTC), term=365
    )
    assert gst.credit(1, date(2021, 2, 2)) == (106986 - 9726, 9726)
    thirds = billing_model.Line(3, 10000, 0, False, datetime(2020, 1, 24, tzinfo=UTC), None)
    assert [thirds.credit(1, date(2020, 2, 2))[0] for _unit in range(3)] == [3333, 3334, 3333]
