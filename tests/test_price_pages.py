"""The operator's pages of prices: a list loaded, bad rows named, what counts when (M6)."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.urls import reverse

from activity.models import Action, Event
from software.models import Price
from tests.factories import PriceFactory, make_sku
from tests.helpers import words_of
from tests.house import listed

pytestmark = pytest.mark.django_db
DATA = Path(__file__).parent / "data"


@pytest.fixture
def browser(client_of, keeper):
    return client_of(keeper)


def test_a_price_list_is_loaded_through_the_page(browser, keeper, clock):
    with (DATA / "software_price_list_2020-02.csv").open("rb") as file:
        response = browser.post(reverse("admin:software_price_import"), {"file": file, "effective": "2020-02-01"})
    assert response.status_code == 200
    assert "587 prices added, 0 changed," not in words_of(response)
    told = words_of(response)
    assert "585 prices added, 0 changed, 0 ended, 2 announced," in told
    assert Price.objects.count() == 587
    assert Event.objects.get(action=Action.PRICE_LIST_IMPORTED).actor_name == keeper.email


def test_the_seven_bad_rows_are_named_by_line_and_nothing_is_loaded(browser):
    with (DATA / "software_price_list_bad.csv").open("rb") as file:
        response = browser.post(reverse("admin:software_price_import"), {"file": file, "effective": ""})
    assert response.status_code == 400
    told = words_of(response)
    assert "Nothing was loaded: 7 rows are bad." in told
    for line in range(3, 10):
        assert f"Line {line}: " in told
    assert not Price.objects.exists()


def test_a_day_that_does_not_exist_is_told_and_loads_nothing(browser):
    with (DATA / "software_price_list_2020-02.csv").open("rb") as file:
        response = browser.post(reverse("admin:software_price_import"), {"file": file, "effective": "2020-02-31"})
    assert response.status_code == 400
    assert "Enter a valid date." in words_of(response)
    assert not Price.objects.exists()


def test_prices_are_found_by_when_they_count(browser, clock):
    sku = make_sku(title="Office")
    ends = datetime(2020, 3, 1, tzinfo=UTC)
    Price.objects.update(effective_end=ends)
    PriceFactory(sku=sku, unit_price="77.00", effective_start=ends)
    for when, told, untold in (("now", "1,200.00", "77.00"), ("to_come", "77.00", "1,200.00")):
        found = words_of(browser.get(listed("price"), {"when": when}))
        assert told in found
        assert untold not in found
    assert "Nothing fits this search" in words_of(browser.get(listed("price"), {"when": "over"}))
