"""Credits, from the cancellation to the account's entry: R1, R2, R4, R5, through the services."""

from decimal import Decimal

import pytest

from activity.models import Action, Event
from orders.billing.models import Credit, Entry, EntryKind
from orders.billing.services import post_credit, post_due_credits
from software.models import Kind, TaxRate
from tests.factories import CustomerFactory, buy_line, make_sku
from tests.helpers import cancel

pytestmark = pytest.mark.django_db


TABLE = [
    ("1200.00", "US", "USD", "P1Y", "2020-01-24", "2020-01-24", "1200.00"),
    ("1200.00", "US", "USD", "P1Y", "2020-01-24", "2020-01-25", "1193.44"),
    ("1200.00", "US", "USD", "P1Y", "2020-01-24", "2020-02-02", "1167.21"),
    ("1200.00", "US", "USD", "P1Y", "2020-01-24", "2020-03-24", "1000.00"),
    ("1200.00", "US", "USD", "P1Y", "2021-01-24", "2021-02-02", "1167.12"),
    ("1500000", "KR", "KRW", "P1Y", "2020-01-24", "2020-02-02", "1459016"),
    ("100.000", "KW", "KWD", "P1Y", "2020-01-24", "2020-02-02", "97.268"),
    ("3600.00", "US", "USD", "P3Y", "2020-01-24", "2020-03-24", "3399.64"),
]


@pytest.mark.parametrize(("charged", "market", "currency", "term", "bought", "cancelled", "credit"), TABLE)
@pytest.mark.parametrize("time", ["00:00:00", "23:59:59"])
def test_the_table_of_r1_on_both_ends_of_the_day(
    clock, agent, partner, charged, market, currency, term, bought, cancelled, credit, time
):
    customer = CustomerFactory(partner=partner, market=market, currency=currency)
    clock.set(f"{bought}T00:00:00Z")
    line = buy_line(agent, customer, make_sku(charged, market=market, currency=currency, term=term, keys=1))
    clock.set(f"{cancelled}T{time}Z")
    assert cancel(line, agent).credit.net == Decimal(credit)


def test_the_australian_example_of_r2(clock, agent, partner):
    TaxRate.objects.create(market="AU", name="GST", rate="0.1", included_in_price=True, valid_from="2000-07-01")
    customer = CustomerFactory(partner=partner, market="AU", currency="AUD")
    clock.set("2021-01-24T12:00:00Z")
    line = buy_line(agent, customer, make_sku("1100.00", market="AU", currency="AUD", keys=1))
    assert (line.net, line.tax, line.gross) == (Decimal(1000), Decimal(100), Decimal(1100))
    clock.set("2021-02-02T12:00:00Z")
    credit = cancel(line, agent).credit
    assert (credit.gross, credit.tax) == (Decimal("1069.86"), Decimal("97.26"))
    assert (credit.term_days, credit.days_used) == (365, 10)


def test_perpetual_software_is_credited_whole_with_its_tax(clock, agent, partner):
    TaxRate.objects.create(market="DE", name="VAT", rate="0.19", included_in_price=False, valid_from="2007-01-01")
    customer = CustomerFactory(partner=partner, market="DE", currency="EUR")
    line = buy_line(agent, customer, make_sku("33.33", kind=Kind.PERPETUAL, market="DE", currency="EUR", keys=1))
    clock.set("2020-03-24T23:59:59Z")
    credit = cancel(line, agent).credit
    assert (credit.net, credit.tax, credit.gross) == (Decimal("33.33"), Decimal("6.33"), Decimal("39.66"))
    assert credit.term_days is None


def test_the_line_holds_what_was_credited(clock, agent, customer):
    line = buy_line(agent, customer, make_sku(keys=1), quantity=2)
    credit = cancel(line, agent).credit
    line.refresh_from_db()
    assert (line.quantity_cancelled, line.credited_gross) == (2, credit.gross)


def test_a_credit_is_posted_once_however_often_the_job_runs(clock, agent, customer):
    line = buy_line(agent, customer, make_sku(keys=1))
    clock.set("2020-02-02T08:00:00Z")
    credit = cancel(line, agent).credit
    assert not Entry.objects.filter(kind=EntryKind.CREDIT).exists()
    clock.set("2020-02-05T08:00:00Z")
    assert post_credit(credit.pk) is True
    assert post_credit(credit.pk) is False
    assert post_due_credits() == 0
    entry = Entry.objects.get(credit=credit)
    assert (entry.gross, str(entry.month)) == (-credit.gross, "2020-02-01")
    assert entry.occurred_at.isoformat() == "2020-02-02T08:00:00+00:00"
    assert Event.objects.get(action=Action.CREDIT_POSTED).details["gross"] == "1167.21"


def test_the_sweep_finds_a_credit_that_was_never_queued(agent, customer):
    credit = cancel(buy_line(agent, customer, make_sku(keys=1)), agent).credit
    assert post_due_credits() == 1
    assert Credit.objects.unposted().count() == 0
    assert Entry.objects.get(credit=credit).net == -credit.net


def test_a_term_that_is_over_inside_its_window_is_credited_nothing(clock, agent, customer):
    line = buy_line(agent, customer, make_sku("100.00", term="P1M", keys=1))
    clock.set("2020-03-20T12:00:00Z")
    credit = cancel(line, agent).credit
    assert (credit.gross, credit.term_days, credit.days_used) == (Decimal(0), 31, 31)
