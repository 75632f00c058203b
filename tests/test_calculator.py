"""The calculator on the rules page: the production code's figures, or what is wrong beside each field (C2, R1)."""

import re

import pytest

from cancellations.rules_page.forms import EXAMPLE
from tests.helpers import words_of

pytestmark = pytest.mark.django_db

AU = {"charged": "1100.00", "currency": "AUD", "tax_rate": "10", "tax_included": "on"}
ANSWER = re.compile(r'<div role="status">\s*<table.*?</table>', re.DOTALL)
IN_2021 = {"start": "2021-01-24", "cancelled": "2021-02-02"}


@pytest.fixture
def compute(client_of, agent):
    """What the page says of R1's third row, changed as told."""
    browser = client_of(agent)
    return lambda **changed: browser.get("/rules/", EXAMPLE | changed)


def answer_of(response):
    assert response.status_code == 200
    found = ANSWER.search(response.content.decode())
    assert found
    return words_of(type(response)(found[0])).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, ["1,167.21 USD excl. tax 1,200.00 USD × (366 − 10) / 366", "February 2020"]),
        ({}, ["Last day to cancel 24 March 2020 (UTC) 24 January 2020 (UTC) and 60 days", "Days left 51"]),
        ({"cancelled": "2020-01-24"}, ["1,200.00 USD", "Days left 60", "nothing is used", "January 2020"]),
        ({"cancelled": "2020-03-24"}, ["1,000.00 USD", "Days left 0 It is the last day", "March 2020"]),
        ({"cancelled": "2020-03-25"}, ["Days left closed The last day is over: the portal would refuse."]),
        ({"charged": "1500000", "currency": "krw"}, ["1,459,016 KRW"]),
        ({"charged": "100.000", "currency": "KWD"}, ["97.268 KWD"]),
        ({"charged": "3600", "term": "P3Y", "cancelled": "2020-03-24"}, ["T, days of the term 1096", "3,399.64 USD"]),
        ({"kind": "perpetual", "cancelled": "2020-03-24"}, ["1,200.00 USD", "Perpetual software: 100 % of the base."]),
        (AU | IN_2021, ["Credit, gross 1,069.86 AUD incl. tax", "Credit, tax 97.26 AUD", "net 972.60 AUD excl. tax"]),
        ({"start": "2020-02-29", "cancelled": "2020-02-29"}, ["until before 28 February 2021", "term 365"]),
        ({"start": "2020-01-31", "term": "P1M", "cancelled": "2020-03-20"}, ["T, days of the term 29", "0.00 USD"]),
        ({"start": "2000-01-01", "cancelled": "2099-12-31"}, ["The term is used up.", "December 2099"]),
        ({"start": "2099-12-31", "cancelled": "2099-12-31", "term": "P5Y"}, ["31 December 2104", "1 March 2100"]),
        ({"charged": "999999999999.99"}, ["999,999,999,999.99 USD"]),
        ({"charged": "0"}, ["Credit, gross 0.00 USD"]),
    ],
)
def test_a_case_is_computed_as_the_portal_does(compute, changed, told):
    words = answer_of(compute(**changed))
    for sentence in told:
        assert sentence in words


@pytest.mark.parametrize(("before", "base"), [(0, "33.33"), (1, "33.34"), (2, "33.33")])
def test_a_part_of_a_quantity_is_r3s(compute, before, base):
    same_day = {"charged": "100.00", "quantity": "3", "before": str(before), "cancelled": "2020-01-24"}
    words = answer_of(compute(**same_day))
    assert f"Base {base} USD 1 of 3 units that cost 100.00 USD together, with {before} cancelled before." in words


def test_the_tax_of_parts_adds_up(compute):
    """100.00 EUR at 7 %: 7.00 of tax in three parts."""
    taxes = []
    for before in range(3):
        case = {"charged": "100.00", "currency": "EUR", "tax_rate": "7", "quantity": "3", "before": str(before)}
        words = answer_of(compute(**case, cancelled="2020-01-24"))
        taxes.append(re.search(r"Credit, tax ([0-9.]+) EUR", words)[1])
    assert taxes == ["2.33", "2.34", "2.33"]


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("charged", "1200.001", "USD has 2 digits behind the point, not more."),
        ("charged", "1e5", "Write the amount as digits"),
        ("charged", "-1", "Write the amount as digits"),
        ("charged", "1,200.00", "Write the amount as digits"),
        ("charged", "1234567890123", "Write the amount as digits"),
        ("charged", "9" * 400, "This is too long"),
        ("charged", "NaN", "Write the amount as digits"),
        ("charged", "١٢", "Write the amount as digits"),
        ("charged", "", "Write the amount as digits"),
        ("charged", "12\x0000", "no keyboard types"),
        ("currency", "XYZ", "ISO 4217 has no currency “XYZ”."),
        ("currency", "DOLLARS", "This is too long"),
        ("currency", "", "Give a currency by its code"),
        ("quantity", "0", "Give a whole number from 1 to 10,000."),
        ("quantity", "10001", "Give a whole number from 1 to 10,000."),
        ("quantity", "1.5", "Give a whole number from 1 to 10,000."),
        ("part", "2", "Of 1 units 1 are left to cancel."),
        ("part", "0", "Give a whole number from 1 to 10,000."),
        ("before", "1", "Of 1 units 0 are left to cancel."),
        ("before", "-1", "Give a whole number from 0 to 10,000."),
        ("tax_rate", "100", "Give the rate in percent, below 100"),
        ("tax_rate", "7,5", "Give the rate in percent, below 100"),
        ("start", "2021-02-29", "There is no such day."),
        ("start", "29 February", "There is no such day."),
        ("start", "1999-12-31", "Choose a day from 1 January 2000"),
        ("cancelled", "2020-01-23", "This is before the day on which it was bought."),
        ("cancelled", "", "Give a day."),
        ("kind", "lease", "There is no such choice."),
        ("term", "P2Y", "There is no such choice."),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_nothing_typed_is_lost(compute, field, typed, told):
    response = compute(**{field: typed})
    html = response.content.decode()
    assert response.status_code == 200
    assert not ANSWER.search(html)
    assert told in re.search(rf'id="id_{field}_error">(.*?)</ul>', html, re.DOTALL)[1]
    if typed and "\x00" not in typed and field not in {"kind", "term"}:
        assert f'value="{typed}"' in html
    for other, value in EXAMPLE.items():
        if other not in {field, "kind", "term"}:
            assert re.search(rf'name="{other}" value="{re.escape(value)}"', html), other


def test_a_case_is_wanted_whole_once_a_part_of_it_is_sent(client_of, agent):
    response = client_of(agent).get("/rules/", {"charged": "5.00"})
    assert "Give a currency by its code" in words_of(response)
    assert 'value="5.00"' in response.content.decode()


def test_htmx_is_given_the_calculator_alone(client_of, agent):
    response = client_of(agent).get("/rules/", EXAMPLE, headers={"HX-Request": "true", "HX-Target": "calculator"})
    assert response.content.decode().lstrip().startswith('<section class="card" id="calculator"')
    assert "1,167.21 USD" in answer_of(response)
