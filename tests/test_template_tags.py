"""How the portal writes money, instants, days, names, sizes and states."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.template import Context, Template
from django.utils import timezone

from csp_portal.errors import written

WHEN = datetime(2020, 3, 24, 23, 30, tzinfo=UTC)


def render(source, **context):
    return Template(source).render(Context(context))


def test_an_icon_is_of_the_sprite_and_silent_for_screen_readers():
    shown = render('{% icon "lock" css_class="icon-sm" %}')
    assert 'class="icon icon-sm"' in shown
    assert 'aria-hidden="true"' in shown
    assert "icons.svg#lock" in shown


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("1193.44", "USD", "1,193.44\N{NO-BREAK SPACE}USD"),
        ("1459016", "KRW", "1,459,016\N{NO-BREAK SPACE}KRW"),
        ("97.268", "KWD", "97.268\N{NO-BREAK SPACE}KWD"),
        ("-5", "USD", "-5.00\N{NO-BREAK SPACE}USD"),
    ],
)
def test_money_has_the_digits_of_its_currency(amount, currency, shown):
    assert render("{% money amount currency %}", amount=Decimal(amount), currency=currency) == (
        f'<span class="amount">{shown}</span>'
    )


@pytest.mark.parametrize(("included", "label"), [(True, "incl. tax"), (False, "excl. tax")])
def test_a_price_says_whether_tax_is_in_it(included, label):
    shown = render("{% price amount 'AUD' included %}", amount=Decimal("1100"), included=included)
    assert "1,100.00\N{NO-BREAK SPACE}AUD" in shown
    assert shown.endswith(f">{label}</span>")


@pytest.mark.parametrize("tag", ["money none 'USD'", "price none 'USD' True", "instant none", "day none", "month none"])
def test_where_there_is_nothing_stands_a_dash(tag):
    assert render(f"{{% {tag} %}}", none=None) == "–"


def test_an_instant_is_told_in_the_readers_zone_and_in_utc():
    with timezone.override(ZoneInfo("Asia/Seoul")):
        shown = render("{% instant when %}", when=WHEN)
    assert '<time datetime="2020-03-24T23:30:00Z">25 Mar 2020, 08:30 KST</time>' in shown
    assert '<span class="hint">24 Mar 2020, 23:30 UTC</span>' in shown
    assert 'tabindex="0"' in shown


def test_an_instant_of_a_zone_without_letters_names_its_distance_from_utc():
    with timezone.override(ZoneInfo("America/Sao_Paulo")):
        assert "24 Mar 2020, 20:30 UTC-03" in render("{% instant when %}", when=WHEN)
        assert written({"when": WHEN})["when"] == "24 Mar 2020, 20:30 UTC-03"  # in a refusal as on a page


def test_an_instant_for_a_reader_in_utc_needs_no_hint():
    assert render("{% instant when %}", when=WHEN) == (
        '<time datetime="2020-03-24T23:30:00Z">24 Mar 2020, 23:30 UTC</time>'
    )


@pytest.mark.parametrize(
    ("away", "shown"),
    [
        (timedelta(hours=-2), "2 hours ago"),
        (timedelta(days=1), "in 1 day"),
        (timedelta(days=6, hours=5), "in 6 days"),
        (timedelta(days=-59), "59 days ago"),
        (timedelta(days=61), "in 2 months"),
    ],
)
def test_a_relative_instant_counts_days_up_to_two_months(away, shown):
    with time_machine.travel(WHEN, tick=False):
        relative = render('{% instant when relative="yes" %}', when=WHEN + away)
    assert f">{shown}</time>" in relative


def test_a_relative_instant_hints_at_both_times():
    with timezone.override(ZoneInfo("Europe/Berlin")), time_machine.travel(WHEN, tick=False):
        shown = render('{% instant when relative="yes" %}', when=WHEN - timedelta(hours=1))
    assert '<span class="hint">24 Mar 2020, 23:30 CET = 24 Mar 2020, 22:30 UTC</span>' in shown


def test_a_day_is_in_utc_whatever_the_readers_zone():
    with timezone.override(ZoneInfo("Asia/Seoul")):
        from_instant = render("{% day when %}", when=WHEN)
        from_day = render("{% day when %}", when=date(2020, 3, 24))
    assert from_instant == from_day
    assert ">24 March 2020 (UTC)<" in from_day


def test_a_month_is_written_in_words():
    assert ">February 2020<" in render("{% month when %}", when=date(2020, 2, 1))


@pytest.mark.parametrize(("code", "name"), [("KR", "South Korea"), ("XK", "Kosovo"), ("Q?", "Q?")])
def test_countries_have_their_cldr_names(code, name):
    assert render("{{ code|country }}", code=code) == name


@pytest.mark.parametrize(
    ("tag", "name"), [("en-US", "English (United States)"), ("ko", "Korean"), ("no such tag", "no such tag")]
)
def test_language_tags_have_their_cldr_names(tag, name):
    assert render("{{ tag|language }}", tag=tag) == name


def test_a_script_is_named_with_its_language():
    assert "Simplified" in render("{{ 'zh-Hans'|language }}")


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (None, "–")],
)
def test_a_small_size_is_exact(size, shown):
    assert render("{{ size|bytes }}", size=size) == shown


@pytest.mark.parametrize(
    ("size", "shown", "exact"),
    [
        (1000, "1 kB", "1,000 bytes"),
        (999_949, "999.9 kB", "999,949 bytes"),
        (1_000_000, "1 MB", "1,000,000 bytes"),
        (1_400_000_000, "1.4 GB", "1,400,000,000 bytes"),
        (5_296_713_728, "5.3 GB", "5,296,713,728 bytes"),
        (2_000_000_000_000, "2 TB", "2,000,000,000,000 bytes"),
    ],
)
def test_a_size_is_rounded_and_exact_in_the_title(size, shown, exact):
    written = render("{{ size|bytes }}", size=size)
    assert f">{shown}</data>" in written
    assert f'title="{exact}"' in written


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (20 * 1024**2, "20\xa0MiB"),
        (20_000_000, "20\xa0MB"),
        (1_500 * 1024**2, "1,500\xa0MiB"),
        (64 * 1024, "64\xa0KiB"),
        (2 * 1024**3, "2\xa0GiB"),
        (2 * 10**9, "2\xa0GB"),
        (500_000, "500\xa0kB"),
        (20 * 1024**2 + 1, "20,971,521 bytes"),
        (1, "1 byte"),
        (0, "0 bytes"),
    ],
)
def test_a_limit_is_written_as_it_was_set(size, shown):
    assert render("{{ size|size_limit }}", size=size) == shown


@pytest.mark.parametrize(
    ("state", "colour"), [("good", "green"), ("waiting", "orange"), ("bad", "red"), ("neutral", "secondary")]
)
def test_a_badge_is_a_word_that_a_colour_supports(state, colour):
    shown = render("{% badge state label %}", state=state, label="Keys <pending>")
    assert f"status-{colour}" in shown
    assert "Keys &lt;pending&gt;" in shown


def test_a_badge_of_an_unknown_state_is_a_mistake():
    with pytest.raises(KeyError):
        render('{% badge "fine" "Active" %}')
