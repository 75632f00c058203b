"""Proration and cumulative tax against a second, slower statement of R1 and R2, in whole minor units and day by day."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from cancellations.proration import credit_with_tax, days_used, prorate, term_days
from csp_portal.calendar_utc import term_end
from csp_portal.rounding import quantum
from software.tax import NOTHING, Amounts, tax_line

CURRENCIES = ["USD", "AUD", "BRL", "EUR", "JPY", "KRW", "KWD"]


@dataclass(frozen=True)
class Charged:
    """A line as it was bought, and the same in whole minor units."""

    line: Amounts
    currency: str
    included: bool

    def units(self, amount: Decimal) -> int:
        whole = Fraction(amount) / Fraction(quantum(self.currency))
        assert whole.denominator == 1, f"{amount} {self.currency} is no whole number of minor units"
        return whole.numerator

    @property
    def base(self) -> Decimal:
        return self.line.gross if self.included else self.line.net


@st.composite
def charged_lines(draw):
    currency, included = draw(st.sampled_from(CURRENCIES)), draw(st.booleans())
    price = draw(st.one_of(st.integers(0, 300), st.integers(0, 10**9))) * quantum(currency)
    rate = draw(st.decimals("0", "0.5", places=4))
    line = tax_line(price, draw(st.integers(1, 500)), rate, included=included, currency=currency)
    return Charged(line, currency, included)


def half_up(numerator: int, denominator: int) -> int:
    """The whole number nearest to a fraction, a half upwards: by counting up, without rounding anything."""
    whole = numerator // denominator
    left = numerator - whole * denominator
    return whole + 1 if left * 2 >= denominator else whole


def slow_credits(charged: Charged, bases: list[int]) -> list[tuple[int, int, int]]:
    """R2 in minor units: net, tax and gross of each credit, from all that was credited so far."""
    tax_charged, base_charged = charged.units(charged.line.tax), charged.units(charged.base)
    found, so_far, tax_before = [], 0, 0
    for base in bases:
        so_far += base
        tax_so_far = half_up(tax_charged * so_far, base_charged) if base_charged else 0
        tax = tax_so_far - tax_before
        tax_before = tax_so_far
        found.append((base - tax, tax, base) if charged.included else (base, tax, base + tax))
    return found


def quick_credits(charged: Charged, bases: list[int]) -> list[Amounts]:
    found, credited = [], NOTHING
    for base in bases:
        amount = base * quantum(charged.currency)
        credit = credit_with_tax(amount, charged.line, credited, included=charged.included, currency=charged.currency)
        found.append(credit)
        credited += credit
    return found


def parts_of(whole: int, cuts: list[Fraction]) -> list[int]:
    """`whole` cut at these places: parts that may be nothing and together are the whole."""
    places = sorted(int(whole * cut) for cut in cuts)
    return [end - start for start, end in zip([0, *places], [*places, whole], strict=True)]


cuts = st.lists(st.fractions(0, 1, max_denominator=1000), max_size=8)


@given(charged=charged_lines(), cuts=cuts)
def test_several_credits_agree_with_counting_in_minor_units(charged, cuts):
    bases = parts_of(charged.units(charged.base), cuts)
    quick = quick_credits(charged, bases)
    units = charged.units
    assert [(units(each.net), units(each.tax), units(each.gross)) for each in quick] == slow_credits(charged, bases)


@given(charged=charged_lines(), cuts=cuts)
def test_parts_that_are_the_whole_credit_all_of_net_tax_and_gross(charged, cuts):
    credits = quick_credits(charged, parts_of(charged.units(charged.base), cuts))
    assert sum(credits, NOTHING) == charged.line


@given(charged=charged_lines(), cuts=cuts, credited=st.integers(0, 9))
def test_parts_never_come_to_more_than_was_charged_nor_below_nothing(charged, cuts, credited):
    credits = quick_credits(charged, parts_of(charged.units(charged.base), cuts)[:credited])
    for each in credits:
        assert min(each.net, each.tax, each.gross) >= 0
        assert each.net + each.tax == each.gross
    total = sum(credits, NOTHING)
    assert total.net <= charged.line.net
    assert total.tax <= charged.line.tax
    assert total.gross <= charged.line.gross


@given(charged=charged_lines(), cuts=cuts)
def test_the_tax_credited_so_far_depends_on_how_much_and_not_on_how_many_times(charged, cuts):
    bases = parts_of(charged.units(charged.base), cuts)[:-1]
    total = sum(quick_credits(charged, bases), NOTHING)
    (at_once,) = quick_credits(charged, [sum(bases)])
    assert total == at_once


# Cancelling the whole line on a day of its term


def slow_credit(charged: Charged, start: date, end: date, cancelled: date) -> tuple[int, int, int]:
    """R1 and R2 by walking through the term day by day."""
    whole, used, day = 0, 0, start
    while day < end:
        whole += 1
        used += start < cancelled and day <= cancelled
        day += timedelta(days=1)
    base = half_up(charged.units(charged.base) * (whole - used), whole)
    return slow_credits(charged, [base])[0]


@given(
    charged=charged_lines(),
    start=st.dates(date(2000, 1, 1), date(2090, 1, 1)),
    term=st.sampled_from(["P1M", "P2M", "P1Y", "P3Y"]),
    after=st.integers(0, 70),
)
def test_the_credit_of_a_day_agrees_with_walking_through_the_term(charged, start, term, after):
    end, cancelled = term_end(start, term), start + timedelta(days=after)
    used = min(days_used(start, cancelled), term_days(start, end))
    base = prorate(charged.base, term_days(start, end), used, charged.currency)
    (credit,) = quick_credits(charged, [charged.units(base)])
    found = tuple(charged.units(amount) for amount in (credit.net, credit.tax, credit.gross))
    assert found == slow_credit(charged, start, end, cancelled)


@given(charged=charged_lines(), start=st.dates(date(2000, 1, 1), date(2090, 1, 1)))
def test_each_day_credits_the_same_or_less_and_the_first_one_all(charged, start):
    end = term_end(start, "P1Y")
    days = [start + timedelta(days=number) for number in range(61)]
    found = [prorate(charged.base, term_days(start, end), days_used(start, day), charged.currency) for day in days]
    assert found[0] == charged.base
    assert found == sorted(found, reverse=True)
    assert found[-1] >= 0
