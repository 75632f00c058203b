"""Importing the price list: M6."""

import csv
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from activity.models import Action, Event
from activity.services import Actor
from csp_portal.row_files import BadFile
from software.models import CancellationPolicy, KeyIssue, Kind, Price, Product, Sku
from software.price_list import kind_and_policy
from software.services import import_price_list

pytestmark = pytest.mark.django_db
DATA = Path(__file__).parent / "data"
PRICES = settings.BASE_DIR / "software" / "data" / "software_price_list.csv"
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


def test_the_real_list_is_loaded_and_again_without_effect(clock):
    first = import_price_list(PRICES, actor=OPERATOR)
    assert (first.added, first.changed, first.ended) == (585, 0, 0)
    assert (Product.objects.count(), Sku.objects.count(), Price.objects.count()) == (20, 41, 585)
    again = import_price_list(PRICES, actor=OPERATOR)
    assert (again.added, again.changed, again.ended, again.unchanged) == (0, 0, 0, 585)
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
    assert [error.line for error in bad.value.errors] == [3, 4, 5, 6, 7, 8, 9]
    assert "UnitPrice '-333.20'" in bad.value.errors[0].reason
    assert not Product.objects.exists()
    assert not Event.objects.exists()


def test_the_same_row_with_another_amount_is_changed(clock, tmp_path):
    import_price_list(PRICES, actor=OPERATOR)
    report = import_price_list(
        edited(tmp_path, lambda rows: [{**rows[0], "UnitPrice": "246.00"}, *rows[1:]]), actor=OPERATOR
    )
    assert (report.added, report.changed, report.ended) == (0, 1, 0)
    assert (
        str(
            Price.objects.get(
                sku__title__startswith="Windows Server Standard - 8 Core", sku__term="P1Y", market="US"
            ).unit_price
        )
        == "246.0000"
    )


def test_a_price_ends_where_the_next_one_begins(clock, tmp_path):
    import_price_list(PRICES, actor=OPERATOR)
    start = "2020-02-01T00:00:00.0000000Z"
    report = import_price_list(
        edited(tmp_path, lambda rows: [{**rows[0], "EffectiveStartDate": start}, *rows[1:]]), actor=OPERATOR
    )
    assert (report.added, report.ended) == (1, 0)
    old, new = Price.objects.filter(
        sku__title__startswith="Windows Server Standard - 8 Core", sku__term="P1Y", market="US"
    ).order_by("effective_start")
    assert old.effective_end.isoformat() == new.effective_start.isoformat() == "2020-02-01T00:00:00+00:00"


def test_a_sku_without_a_row_in_a_market_of_the_file_ends_there(clock, tmp_path):
    import_price_list(PRICES, actor=OPERATOR)

    def without_exchange_in_the_us(rows):
        return [
            row
            for row in rows
            if not (row["ProductId"] == "DG7GMGF0MW61" and row["Market"] == "US") and row["Market"] != "KW"
        ]

    report = import_price_list(edited(tmp_path, without_exchange_in_the_us), actor=OPERATOR, effective=date(2020, 2, 1))
    assert (report.added, report.changed, report.ended) == (0, 0, 1)
    ended = Price.objects.get(effective_end__year=2020)
    assert (ended.market, ended.effective_end.isoformat()) == ("US", "2020-02-01T00:00:00+00:00")


def test_the_command_says_what_is_wrong_in_sentences(tmp_path):
    with pytest.raises(CommandError, match="Cannot read"):
        call_command("import_price_list", tmp_path / "missing.csv")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(CommandError, match="the file has no column"):
        call_command("import_price_list", tmp_path / "other.csv")
