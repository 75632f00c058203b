"""The worked numbers of R1 and R2, and the rules against a second, slower statement of them."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cancellations.proration import credit_with_tax, days_used, part_base, prorate, term_days
from csp_portal.calendar_utc import term_end
from csp_portal.rounding import quantum
from software.tax import NOTHING, Amounts, tax_line

# The table of R1: charged, currency, term, start, cancelled, T, U, credit.
TABLE = [
    ("1200.00", "USD", "P1Y", "2020-01-24", "2020-01-24", 366, 0, "1200.00"),
    ("1200.00", "USD", "P1Y", "2020-01-24", "2020-01-25", 366, 2, "1193.44"),
    ("1200.00", "USD", "P1Y", "2020-01-24", "2020-02-02", 366, 10, "1167.21"),
    ("1200.00", "USD", "P1Y", "2020-01-24", "2020-03-24", 366, 61, "1000.00"),
    ("1200.00", "USD", "P1Y", "2021-01-24", "2021-02-02", 365, 10, "1167.12"),
    ("1500000", "KRW", "P1Y", "2020-01-24", "2020-02-02", 366, 10, "1459016"),
    ("100.000", "KWD", "P1Y", "2020-01-24", "2020-02-02", 366, 10, "97.268"),
    ("3600.00", "USD", "P3Y", "2020-01-24", "2020-03-24", 1096, 61, "3399.64"),
]


@pytest.mark.parametrize(("charged", "currency", "term", "start", "cancelled", "total", "used", "credit"), TABLE)
def test_the_table_of_r1(charged, currency, term, start, cancelled, total, used, credit):
    begins = date.fromisoformat(start)
    ends = term_end(begins, term)
    assert ends is not None
    assert term_days(begins, ends) == total
    assert days_used(begins, date.fromisoformat(cancelled)) == used
    assert str(prorate(Decimal(charged), total, used, currency)) == credit


def test_the_australian_example_of_r2():
    line = tax_line(Decimal("1100.00"), 1, Decimal("0.10"), included=True, currency="AUD")
    assert line == Amounts(Decimal("1000.00"), Decimal("100.00"), Decimal("1100.00"))
    base = prorate(line.gross, 365, 10, "AUD")
    credit = credit_with_tax(base, line, NOTHING, included=True, currency="AUD")
    assert (credit.gross, credit.tax, credit.net) == (Decimal("1069.86"), Decimal("97.26"), Decimal("972.60"))


def test_the_example_of_r3():
    bases = [part_base(Decimal("100.00"), quantity=3, before=n, part=1, currency="USD") for n in range(3)]
    assert bases == [Decimal("33.33"), Decimal("33.34"), Decimal("33.33")]


@given(
    st.integers(0, 10**9), st.lists(st.integers(1, 50), min_size=1, max_size=8), st.sampled_from(["USD", "KRW", "KWD"])
)
def test_parts_add_up_to_what_was_charged(units, parts, currency):
    charged, quantity = units * quantum(currency), sum(parts)
    bases = [
        part_base(charged, quantity=quantity, before=sum(parts[:n]), part=part, currency=currency)
        for n, part in enumerate(parts)
    ]
    assert sum(bases) == charged
    assert all(
        abs(base - charged * part / quantity) <= quantum(currency) for base, part in zip(bases, parts, strict=True)
    )


def test_a_line_credited_in_full_has_all_its_tax_credited():
    line = tax_line(Decimal("33.33"), 1, Decimal("0.19"), included=False, currency="EUR")
    first = credit_with_tax(Decimal("11.11"), line, NOTHING, included=False, currency="EUR")
    second = credit_with_tax(line.net - first.net, line, first, included=False, currency="EUR")
    assert first + second == line


def test_a_free_line_is_credited_nothing():
    free = tax_line(Decimal(0), 1, Decimal("0.19"), included=False, currency="EUR")
    assert credit_with_tax(Decimal(0), free, NOTHING, included=False, currency="EUR") == free


def _rounded_slowly(exact: Fraction, currency: str) -> Decimal:
    """Half up by trying: the number of whole units u with u <= exact/unit + 1/2 < u + 1."""
    unit = quantum(currency)
    units = int(exact / Fraction(unit))
    while units + 1 <= exact / Fraction(unit) + Fraction(1, 2):
        units += 1
    return units * unit


@given(
    units=st.integers(0, 10**9),
    currency=st.sampled_from(["USD", "JPY", "KWD"]),
    start=st.dates(date(2000, 1, 1), date(2090, 1, 1)),
    term=st.sampled_from(["P1M", "P1Y", "P3Y"]),
    after=st.integers(0, 60),
)
def test_proration_agrees_with_counting_days_one_by_one(units, currency, start, term, after):
    charged = units * quantum(currency)
    ends = term_end(start, term)
    assert ends is not None
    cancelled = start + timedelta(days=after)
    days = [start + timedelta(days=number) for number in range((ends - start).days)]
    begun = [day for day in days if day <= cancelled] if cancelled > start else []
    total, used = term_days(start, ends), days_used(start, cancelled)
    assert min(used, total) == len(begun)
    expected = _rounded_slowly(Fraction(charged) * (len(days) - len(begun)) / len(days), currency)
    assert prorate(charged, total, used, currency) == expected


@given(
    units=st.integers(0, 10**9),
    quantity=st.integers(1, 1000),
    rate=st.decimals("0", "0.5", places=3),
    included=st.booleans(),
    currency=st.sampled_from(["USD", "JPY", "KWD"]),
)
def test_tax_adds_up_and_is_rounded_once(units, quantity, rate, included, currency):
    unit_price = units * quantum(currency)
    line = tax_line(unit_price, quantity, rate, included=included, currency=currency)
    amount = Fraction(unit_price) * quantity
    share = Fraction(rate) / (1 + Fraction(rate)) if included else Fraction(rate)
    assert line.net + line.tax == line.gross
    assert Fraction(line.gross if included else line.net) == amount
    assert line.tax == _rounded_slowly(amount * share, currency)
