"""Importing the price list: M6. What February's list brings is in `test_next_price_list.py`."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from activity.models import Action, Event
from activity.services import Actor
from csp_portal.row_files import BadFile
from software.models import CancellationPolicy, KeyIssue, Kind, Price, Product, Sku
from software.price_list import kind_and_policy
from software.price_report import Happened
from software.services import import_price_list

pytestmark = pytest.mark.django_db
DATA = Path(__file__).parent / "data"
PRICES = settings.BASE_DIR / "software" / "data" / "software_price_list.csv"
PACK = "Windows Server Standard - 8 Core License Pack - 1 year"
OPERATOR = Actor.system("import_price_list")


def edited(tmp_path: Path, change) -> Path:
    """The price list with `change` applied to its list of rows."""
    with PRICES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    path = tmp_path / "edited.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(change(rows))
    return path


def lines(report) -> list[str]:
    """The report's sentences, with plain spaces."""
    return [str(change).replace("\N{NO-BREAK SPACE}", " ") for change in report.changes]


def price_of_the_pack(**of) -> Price:
    return Price.objects.get(sku__title=PACK, market="US", **of)


def test_the_real_list_is_loaded_and_again_without_effect(clock):
    first = import_price_list(PRICES, actor=OPERATOR)
    assert first.summary.startswith("585 prices added, 0 changed, 0 ended, 0 announced,")
    assert (Product.objects.count(), Sku.objects.count(), Price.objects.count()) == (20, 41, 585)
    again = import_price_list(PRICES, actor=OPERATOR)
    assert (again.changes, again.had_effect, again.unchanged) == ([], False, 585)
    assert Event.objects.filter(action=Action.PRICE_LIST_IMPORTED).count() == 1


def test_the_import_proposes_what_a_sku_is(clock):
    import_price_list(PRICES, actor=OPERATOR)
    pack = Sku.objects.get(title="Windows Server Datacenter - 16 Core License Pack - 1 year")
    assert (pack.hybrid_benefit, pack.cores_per_unit, pack.key_issue) == (True, 16, KeyIssue.PER_LINE)
    assert pack.product.family == "Windows Server"
    cal = Sku.objects.get(title="Windows Server CAL - 1 Device CAL - 1 year")
    assert (cal.hybrid_benefit, cal.cores_per_unit, cal.key_issue) == (False, None, KeyIssue.PER_UNIT)
    assert not Sku.objects.filter(product__kind=Kind.PERPETUAL, hybrid_benefit=True).exists()


@pytest.mark.parametrize(
    ("tags", "publisher", "kind", "policy"),
    [
        ("Azure;Reservation", "Microsoft", Kind.RESERVATION, CancellationPolicy.SUPPORT_ONLY),
        ("Software;Linux", "Canonical", Kind.LINUX_PLAN, CancellationPolicy.NEVER),
        ("Software;Subscription", "SUSE", Kind.LINUX_PLAN, CancellationPolicy.NEVER),
        ("Software;Perpetual", "Red Hat", Kind.LINUX_PLAN, CancellationPolicy.NEVER),
        ("Software;Perpetual;ESU2020", "Microsoft", Kind.PERPETUAL, CancellationPolicy.SUPPORT_ONLY),
        ("Software;Subscription", "Microsoft", Kind.SUBSCRIPTION, CancellationPolicy.SELF_SERVICE),
        ("Software;Perpetual", "Microsoft", Kind.PERPETUAL, CancellationPolicy.SELF_SERVICE),
    ],
)
def test_tags_decide_kind_and_policy(tags, publisher, kind, policy):
    assert kind_and_policy(tags, publisher) == (kind, policy)


def test_every_bad_row_is_named_and_nothing_is_loaded():
    with pytest.raises(BadFile) as bad:
        import_price_list(DATA / "software_price_list_bad.csv", actor=OPERATOR)
    assert {error.line: error.reason for error in bad.value.errors} == {
        3: "UnitPrice “-333.20” must be from 0 to below 10^9",
        4: "Market “UK” is not an ISO 3166-1 alpha-2 country code",
        5: "Tags “Software;Rental” name no kind of product that is sold here",
        6: "UnitPrice “431,20” is not a number such as 1234.50",
        7: "EffectiveStartDate “next month” is not an instant such as 2020-01-01T00:00:00Z",
        8: "Currency “AUDD” is not an ISO 4217 code",
        9: "TermDuration 'P2W' is not OneTime, P<n>M or P<n>Y",
    }
    assert not Product.objects.exists()
    assert not Sku.objects.exists()
    assert not Price.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("tiers", "bad"),
    [
        (["1-9", "10-99", "100-"], {}),
        (["100-", "10-99", "1-9"], {}),
        (["1-10", "10-"], {3: 2}),
        (["10-", "1-10"], {3: 2}),
        (["1-", "10-"], {3: 2}),
        (["1-50", "5-10", "20-30", "51-"], {3: 2, 4: 2}),
    ],
)
def test_quantities_that_two_rows_price_are_bad_rows(clock, tmp_path, tiers, bad):
    def in_tiers(rows):
        bounds = [tier.split("-") for tier in tiers]
        return [{**rows[0], "PricingTierRangeMin": low, "PricingTierRangeMax": high} for low, high in bounds]

    path = edited(tmp_path, in_tiers)
    if not bad:
        assert import_price_list(path, actor=OPERATOR).count(Happened.ADDED) == len(tiers)
        return
    with pytest.raises(BadFile) as refused:
        import_price_list(path, actor=OPERATOR)
    said = {error.line: error.reason for error in refused.value.errors}
    assert said == {line: f"its quantities overlap those on line {other}" for line, other in bad.items()}
    assert not Price.objects.exists()


def test_the_same_quantities_from_another_day_on_do_not_overlap(clock, tmp_path):
    later = {"EffectiveStartDate": "2020-06-01T00:00:00Z", "EffectiveEndDate": "9999-12-30T23:59:59Z"}
    path = edited(tmp_path, lambda rows: [rows[0], {**rows[0], **later, "PricingTierRangeMin": "5"}])
    assert import_price_list(path, actor=OPERATOR).written == 2


def test_the_same_row_with_another_amount_is_changed(clock, tmp_path):
    import_price_list(PRICES, actor=OPERATOR)
    report = import_price_list(
        edited(tmp_path, lambda rows: [{**rows[0], "UnitPrice": "246.00"}, *rows[1:]]), actor=OPERATOR
    )
    assert lines(report) == [f"{PACK}, US: 245.00 USD becomes 246.00 USD from 24 January 2020 on."]
    assert price_of_the_pack().unit_price == Decimal("246")


def test_a_price_ends_where_the_next_one_begins(clock, tmp_path):
    import_price_list(PRICES, actor=OPERATOR)
    start = "2020-02-01T00:00:00.0000000Z"
    report = import_price_list(
        edited(tmp_path, lambda rows: [{**rows[0], "EffectiveStartDate": start}, *rows[1:]]), actor=OPERATOR
    )
    assert lines(report) == [f"{PACK}, US: 245.00 USD as before, listed anew from 1 February 2020 on."]
    old = price_of_the_pack(effective_start__month=1)
    assert old.effective_end.isoformat() == "2020-02-01T00:00:00+00:00"
    assert price_of_the_pack(effective_start__month=2).effective_end.year == 9999


def test_a_sku_without_a_row_in_a_market_of_the_file_ends_there(clock, tmp_path):
    import_price_list(PRICES, actor=OPERATOR)

    def without_exchange_in_the_us(rows):
        return [
            row
            for row in rows
            if not (row["ProductId"] == "DG7GMGF0MW61" and row["Market"] == "US") and row["Market"] != "KW"
        ]

    report = import_price_list(edited(tmp_path, without_exchange_in_the_us), actor=OPERATOR, effective=date(2020, 2, 1))
    assert lines(report) == [
        "Exchange Server Standard 2019, US: 706.00 USD, not sold any more from 1 February 2020 on."
    ]
    ended = Price.objects.get(effective_end__year=2020)
    assert (ended.market, ended.effective_end.isoformat()) == ("US", "2020-02-01T00:00:00+00:00")


def test_the_command_says_what_is_wrong_in_sentences(tmp_path):
    with pytest.raises(CommandError, match="Cannot read"):
        call_command("import_price_list", tmp_path / "missing.csv")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(CommandError, match="the file has no column"):
        call_command("import_price_list", tmp_path / "other.csv")
