"""The operator's pages of tax rates and restricted markets: what has counted stays (M8, M2)."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from activity.models import Action, Event
from software.models import MarketRestriction, TaxRate
from tests.helpers import words_of
from tests.house import page_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client_of, keeper):
    return client_of(keeper)


def rate_form(**changed):
    return {"market": "FR", "name": "TVA", "rate": "0.2", "valid_from": "2020-01-01", **changed}


def add_rate(browser, **changed):
    return browser.post(reverse("admin:software_taxrate_add"), rate_form(**changed))


def test_a_market_without_a_rate_gets_one_from_any_day(browser, keeper, clock):
    assert add_rate(browser, market="fr").status_code == 302
    rate = TaxRate.objects.get()
    assert (rate.market, rate.rate, rate.valid_from) == ("FR", Decimal("0.2"), date(2020, 1, 1))
    event = Event.objects.get(action=Action.CATALOGUE_CHANGED)
    assert (event.actor_name, event.details["what"]) == (keeper.email, "taxrate")


def test_a_rate_that_counts_is_followed_by_a_new_one_never_rewritten(browser, clock):
    add_rate(browser)
    rate = TaxRate.objects.get()
    before = TaxRate.objects.values().get()
    changed = browser.post(page_of("taxrate", rate), rate_form(rate="0.1"))
    assert "Add a rate that is valid from 24 January 2020 or later" in words_of(changed)
    for day in ("2020-01-23", "2019-01-01"):
        assert "would change what has been charged by it" in words_of(add_rate(browser, valid_from=day))
    assert TaxRate.objects.values().get() == before
    assert add_rate(browser, rate="0.21", valid_from="2020-01-24").status_code == 302
    assert TaxRate.objects.in_force("FR", date(2020, 1, 24)).rate == Decimal("0.21")


def test_a_rate_is_corrected_until_its_first_day_is_over(browser, clock):
    add_rate(browser, valid_from="2020-01-24")
    rate = TaxRate.objects.get()
    assert browser.post(page_of("taxrate", rate), rate_form(rate="0.1", valid_from="2020-01-24")).status_code == 302
    clock.set("2020-01-25T00:00:00Z")
    assert browser.post(page_of("taxrate", rate), rate_form(rate="0.3", valid_from="2020-01-24")).status_code == 200
    assert TaxRate.objects.get().rate == Decimal("0.1")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"market": "UK"}, "“UK” is not an ISO 3166-1 alpha-2 country code."),
        ({"market": "F"}, "“F” is not an ISO 3166-1 alpha-2 country code."),
        ({"rate": "1"}, "It must be below 1"),
        ({"rate": "-0.1"}, "greater than or equal to 0"),
        ({"rate": "0.1234567"}, "no more than 5 decimal places"),
        ({"rate": "many"}, "Enter a number."),
        ({"valid_from": "2020-02-31"}, "Enter a valid date."),
        ({"name": ""}, "This field is required."),
        ({"name": "T" * 10_000}, "This is too long"),
    ],
)
def test_a_rate_that_is_none_is_told_and_kept_on_the_form(browser, clock, changed, told):
    response = add_rate(browser, **changed)
    assert response.status_code == 200
    assert told in words_of(response)
    assert not TaxRate.objects.exists()


def test_the_same_day_twice_is_told(browser, clock):
    add_rate(browser, valid_from="2020-03-01")
    assert "FR has a rate that is valid from 1 March 2020 already." in words_of(
        add_rate(browser, valid_from="2020-03-01")
    )
    assert TaxRate.objects.count() == 1


def restriction(market="DE", **days):
    return {"market": market, "valid_from": "2020-02-01", "valid_to": "", **days}


def test_a_market_is_restricted_and_freed_again(browser, clock):
    url = reverse("admin:software_marketrestriction_add")
    assert browser.post(url, restriction()).status_code == 302
    row = MarketRestriction.objects.get(market="DE", valid_from=date(2020, 2, 1))
    assert "restricted from 1 February 2020 on already" in words_of(
        browser.post(url, restriction(valid_from="2020-03-01"))
    )
    clock.set("2020-02-10T00:00:00Z")
    freed = restriction(valid_to="2020-02-10")
    assert browser.post(page_of("marketrestriction", row), freed).status_code == 302
    assert not MarketRestriction.objects.in_force(date(2020, 2, 10)).filter(market="DE").exists()
    assert MarketRestriction.objects.in_force(date(2020, 2, 9)).filter(market="DE").exists()
    for past in ({"valid_to": "2020-02-09"}, {"valid_from": "2020-02-02", "valid_to": "2020-02-10"}):
        answer = browser.post(page_of("marketrestriction", row), restriction(**past))
        assert "cannot be changed any more" in words_of(answer)
    row.refresh_from_db()
    assert (row.valid_from, row.valid_to) == (date(2020, 2, 1), date(2020, 2, 10))


def test_a_restriction_cannot_begin_in_the_past_or_end_before_it_begins(browser, clock):
    url, before = reverse("admin:software_marketrestriction_add"), MarketRestriction.objects.count()
    for days, told in (
        ({"valid_from": "2020-01-23"}, "What counted on 23 January 2020 cannot be changed any more."),
        ({"valid_to": "2020-02-01"}, "which is not after 1 February 2020"),
        ({"market": "EU"}, "“EU” is not an ISO 3166-1 alpha-2 country code."),
    ):
        assert told in words_of(browser.post(url, restriction(**days)))
    assert MarketRestriction.objects.count() == before
