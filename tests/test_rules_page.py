"""The rules page: its worked numbers are the spec's, computed when it is shown (K3 to K8, C2, M8, R1 to R5)."""

import re
from datetime import date

import pytest
from django.urls import reverse

from csp_portal.accounts.permissions import Role
from software.services import add_policy_version
from tests.factories import UserFactory, buy_line, make_sku
from tests.helpers import MOST_QUERIES, queries_of, words_of

pytestmark = pytest.mark.django_db

URL = "/rules/"


def section(response, name):
    """The words of one section of the page."""
    html = response.content.decode()
    part = re.search(rf'<section class="card" id="{name}".*?</section>', html, re.DOTALL)[0]
    return words_of(type(response)(part)).replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture
def page(client_of, agent):
    return client_of(agent).get(URL)


@pytest.mark.parametrize("role", Role)
def test_every_signed_in_user_reads_it(client_of, role):
    staff = role in {Role.SUPPORT_AGENT, Role.OPERATOR_ADMIN}
    user = UserFactory(roles=[role], **({"partner": None} if staff else {}))
    assert client_of(user).get(URL).status_code == 200


def test_it_costs_few_queries(client_of, agent):
    assert len(queries_of(client_of(agent), URL)) <= MOST_QUERIES


def test_downloads_are_counted_as_the_links_count_them(page):
    words = section(page, "downloads")
    assert "A link lives 14 days, which are 1,209,600 seconds" in words
    assert "or 50 downloads, whichever comes first" in words
    assert "Made at 2020-01-24 12:00:00 UTC , it is dead from 2020-02-07 12:00:00 UTC on" in words.replace(
        "UTC,", "UTC ,"
    )
    assert "within 24 hours of the start" in words
    assert "No byte came within 15 minutes of the start" in words
    assert "twice its file and 64 MiB more: of a file of 5 GB that is 10.1 GB" in words


@pytest.mark.parametrize(
    "row",
    [
        "2020-01-24 23:59:59 UTC 2020-01-24 23:59:59 UTC 24 March 2020 (UTC) 60 open",
        "2020-01-24 23:59:59 UTC 2020-03-24 23:59:59 UTC 24 March 2020 (UTC) 0 open",
        "2020-01-24 23:59:59 UTC 2020-03-25 00:00:00 UTC 24 March 2020 (UTC) – closed",
        "2020-01-25 00:00:00 UTC 2020-03-25 23:59:59 UTC 25 March 2020 (UTC) 0 open",
        "2020-01-25 00:00:00 UTC 2020-03-26 00:00:00 UTC 25 March 2020 (UTC) – closed",
        "self-service: 60 days support request only: 60 days never",
    ],
)
def test_windows_are_those_of_c2(page, row):
    assert row in section(page, "windows")


def test_windows_are_told_under_the_terms_in_force(clock, client_of, agent, keeper):
    add_policy_version(policy="self_service", window_days=14, valid_from=date(2020, 1, 24), actor=keeper)
    words = section(client_of(agent).get(URL), "windows")
    assert "self-service: 14 days support request only: 60 days" in words
    assert "2020-01-24 23:59:59 UTC 2020-02-08 00:00:00 UTC 7 February 2020 (UTC) – closed" in words


@pytest.mark.parametrize(
    "row",
    [
        "1,200.00 USD 24 January 2020 24 January 2021 24 January 2020 366 0 1,200.00 USD",
        "1,200.00 USD 24 January 2020 24 January 2021 25 January 2020 366 2 1,193.44 USD",
        "1,200.00 USD 24 January 2020 24 January 2021 2 February 2020 366 10 1,167.21 USD",
        "1,200.00 USD 24 January 2020 24 January 2021 24 March 2020 366 61 1,000.00 USD",
        "1,200.00 USD 24 January 2021 24 January 2022 2 February 2021 365 10 1,167.12 USD",
        "1,500,000 KRW 24 January 2020 24 January 2021 2 February 2020 366 10 1,459,016 KRW",
        "100.000 KWD 24 January 2020 24 January 2021 2 February 2020 366 10 97.268 KWD",
        "3,600.00 USD 24 January 2020 24 January 2023 24 March 2020 1096 61 3,399.64 USD",
    ],
)
def test_credits_by_day_are_those_of_r1(page, row):
    assert row in section(page, "proration")


@pytest.mark.parametrize(
    "row",
    [
        "Australia 1,100.00 AUD incl. tax 10 % 1,000.00 AUD 100.00 AUD 1,100.00 AUD",
        "Brazil 1,000.00 BRL incl. tax 17 % 854.70 BRL 145.30 BRL 1,000.00 BRL",
        "Japan 150,005 JPY excl. tax 10 % 150,005 JPY 15,001 JPY 165,006 JPY",
        "Germany 1,000.50 EUR excl. tax 19 % 1,000.50 EUR 190.10 EUR 1,190.60 EUR",
        "United Kingdom 999.99 GBP excl. tax 20 % 999.99 GBP 200.00 GBP 1,199.99 GBP",
        "United States 1,200.00 USD excl. tax 0 % 1,200.00 USD 0.00 USD 1,200.00 USD",
        "Of 1,100.00 AUD with 100.00 AUD tax, 10 of 365 days used, 1,069.86 AUD is credited, of which 97.26 AUD is",
    ],
)
def test_tax_is_split_as_m8_and_r2_say(page, row):
    assert row in section(page, "tax")


def test_parts_are_those_of_r3(page):
    words = section(page, "parts")
    for before, base in enumerate(("33.33", "33.34", "33.33")):
        assert f"100.00 USD 3 {before} 1 {base} USD" in words


@pytest.mark.parametrize(
    "row",
    [
        "bought 2020-01-31 23:59:59 UTC – January 2020",
        "cancelled a second later 2020-02-01 00:00:00 UTC – February 2020",
        "cancelled; January is closed but not issued 2020-02-03 12:00:00 UTC January 2020 February 2020",
        "cancelled; written down after January was closed 2020-01-31 23:59:59 UTC January 2020 February 2020",
    ],
)
def test_invoice_months_are_those_of_r5(page, row):
    assert row in section(page, "months")


def test_it_is_found_from_the_menu_the_foot_the_dialog_and_the_reasons(client_of, agent, customer):
    browser, line = client_of(agent), buy_line(agent, customer, make_sku())
    home = browser.get("/").content.decode()
    assert home.count('href="/rules/"') == 2
    dialog = browser.get(reverse("cancellations:cancel", args=[customer.tenant_id, line.purchase.sku.public_id]))
    assert 'href="/rules/#proration"' in dialog.content.decode()
    assert "how downloads, days" in words_of(browser.get("/reasons/")).lower()
