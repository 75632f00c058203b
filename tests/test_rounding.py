"""Minor units of ISO 4217 and rounding half up."""

from decimal import Decimal
from fractions import Fraction

import pytest

from csp_portal.money import format_money
from csp_portal.rounding import minor_unit_digits, plain_amount, round_half_up


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        (Decimal("0.005"), "USD", "0.01"),
        (Decimal("0.015"), "USD", "0.02"),
        (Decimal("-0.005"), "USD", "-0.01"),
        (Fraction(1, 2), "JPY", "1"),
        (Fraction(5, 2), "KRW", "3"),
        (Fraction(1, 3), "KWD", "0.333"),
        (Fraction(-5, 2), "KRW", "-3"),
    ],
)
def test_a_half_goes_away_from_zero(amount, currency, rounded):
    assert str(round_half_up(amount, currency)) == rounded


@pytest.mark.parametrize(("currency", "digits"), [("IQD", 3), ("RSD", 2), ("LBP", 2), ("KWD", 3), ("JPY", 0)])
def test_minor_units_are_those_of_iso_4217_not_of_cldr(currency, digits):
    assert minor_unit_digits()[currency] == digits


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        ("1193.44", "USD", "1,193.44\xa0USD"),
        ("1459016", "KRW", "1,459,016\xa0KRW"),
        ("-97.2680", "KWD", "-97.268\xa0KWD"),
    ],
)
def test_amounts_are_written_with_their_currency(amount, currency, written):
    assert format_money(Decimal(amount), currency) == written


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [("1167.2100", "USD", "1167.21"), ("1459016.0000", "KRW", "1459016"), ("0", "KWD", "0.000")],
)
def test_programs_read_an_amount_with_the_digits_of_its_currency(amount, currency, written):
    assert plain_amount(Decimal(amount), currency) == written
