"""Loading tax rates: M8."""

from decimal import Decimal

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from activity.models import Action, Event
from activity.services import Actor
from csp_portal.row_files import BadFile
from software.models import TaxRate
from software.services import import_tax_rates

pytestmark = pytest.mark.django_db

OPERATOR = Actor.system("import_tax_rates")
DEMO_RATES = settings.BASE_DIR / "software" / "data" / "demo_tax_rates.csv"
GERMANY = "DE,VAT,0.19,no,2007-01-01"


@pytest.fixture
def rates_file(tmp_path):
    """Writes a file of tax rates; answers its path."""

    def write(*rows):
        path = tmp_path / "rates.csv"
        path.write_text("\n".join(["Market,Name,Rate,Included,ValidFrom", *rows]), encoding="utf-8")
        return path

    return write


def stored():
    return list(TaxRate.objects.order_by("market", "valid_from").values_list("market", "name", "rate"))


def test_the_demo_rates_are_loaded_and_again_without_effect():
    assert import_tax_rates(DEMO_RATES, actor=OPERATOR) == 6
    before = list(TaxRate.objects.order_by("pk").values())
    assert set(TaxRate.objects.values_list("market", "rate", "included_in_price")) == {
        ("AU", Decimal("0.1"), True),
        ("BR", Decimal("0.17"), True),
        ("JP", Decimal("0.1"), False),
        ("KR", Decimal("0.1"), False),
        ("DE", Decimal("0.19"), False),
        ("GB", Decimal("0.2"), False),
    }
    assert import_tax_rates(DEMO_RATES, actor=OPERATOR) == 0
    assert list(TaxRate.objects.order_by("pk").values()) == before
    event = Event.objects.get(action=Action.TAX_RATES_IMPORTED)
    assert (event.actor_name, event.details) == ("system:import_tax_rates", {"rates": 6})


CHANGES = ["DE,MwSt,0.19,no,2020-07-01", "DE,VAT,0.16,no,2020-07-01", "DE,VAT,0.19,yes,2020-07-01"]


@pytest.mark.parametrize("changed", CHANGES)
@pytest.mark.parametrize("now", ["2020-06-30T23:59:59Z", "2020-07-01T23:59:59Z"])
def test_a_rate_is_changed_in_place_until_its_first_day_is_over(clock, rates_file, changed, now):
    import_tax_rates(rates_file(GERMANY.replace("2007-01", "2020-07")), actor=OPERATOR)
    clock.set(now)
    assert import_tax_rates(rates_file(changed), actor=OPERATOR) == 1
    rate = TaxRate.objects.get()
    assert [rate.name, f"{rate.rate:.2f}", "yes" if rate.included_in_price else "no"] == changed.split(",")[1:4]


@pytest.mark.parametrize("changed", CHANGES)
def test_a_rate_that_orders_were_charged_by_is_a_bad_row(clock, rates_file, changed):
    import_tax_rates(rates_file(GERMANY.replace("2007-01", "2020-07")), actor=OPERATOR)
    clock.set("2020-07-02T00:00:00Z")
    before = list(TaxRate.objects.values())
    with pytest.raises(BadFile, match="line 2: DE is taxed by a rate already"):
        import_tax_rates(rates_file(changed), actor=OPERATOR)
    with pytest.raises(BadFile, match="line 3: DE is taxed by a rate already"):
        import_tax_rates(rates_file(GERMANY.replace("2007-01", "2020-07"), "DE,VAT,0.16,no,2020-06-01"), actor=OPERATOR)
    assert list(TaxRate.objects.values()) == before


def test_a_rate_from_another_day_stands_beside_the_earlier_one(rates_file):
    import_tax_rates(rates_file(GERMANY, "DE,VAT,0.16,no,2020-07-01"), actor=OPERATOR)
    assert stored() == [("DE", "VAT", Decimal("0.19")), ("DE", "VAT", Decimal("0.16"))]


def test_every_bad_row_is_named_and_nothing_is_loaded(rates_file):
    path = rates_file(
        GERMANY,
        "de,VAT,0.19,no,2007-01-01",
        "EU,VAT,0.19,no,2007-01-01",
        "FR,TVA,20 %,no,2007-01-01",
        "FR,TVA,20,no,2007-01-01",
        "FR,TVA,1,no,2007-01-01",
        "FR,TVA,-0.1,no,2007-01-01",
        "FR,TVA,NaN,no,2007-01-01",
        "FR,TVA,0.2,maybe,2007-01-01",
        "FR,TVA,0.2,no,2007-13-01",
        "FR,TVA,0.2,no",
        "FR,TVA,0.200001,no,2007-01-01",
        "FR,,0.2,no,2007-01-01",
        f"FR,{'T' * 51},0.2,no,2007-01-01",
    )
    with pytest.raises(BadFile) as bad:
        import_tax_rates(path, actor=OPERATOR)
    out_of_range = "must be from 0 to below 1, with at most five decimals: 0.19 is 19 %"
    assert {error.line: error.reason for error in bad.value.errors} == {
        3: "Market “de” is not an ISO 3166-1 alpha-2 country code",
        4: "Market “EU” is not an ISO 3166-1 alpha-2 country code",
        5: "Rate “20 %” is not a number such as 0.19",
        6: f"Rate “20” {out_of_range}",
        7: f"Rate “1” {out_of_range}",
        8: f"Rate “-0.1” {out_of_range}",
        9: f"Rate “NaN” {out_of_range}",
        10: "Included “maybe” must be yes or no",
        11: "ValidFrom “2007-13-01” is not a day such as 2020-07-01",
        12: "the row has not as many cells as the header",
        13: f"Rate “0.200001” {out_of_range}",
        14: "Name must have 1 to 50 characters",
        15: "Name must have 1 to 50 characters",
    }
    assert not TaxRate.objects.exists()
    assert not Event.objects.exists()


def test_two_rates_of_one_market_and_day_are_refused(rates_file):
    with pytest.raises(BadFile) as bad:
        import_tax_rates(rates_file(GERMANY, "FR,TVA,0.2,no,2014-01-01", "DE,VAT,0.16,no,2007-01-01"), actor=OPERATOR)
    assert [str(error) for error in bad.value.errors] == ["line 4: DE has a rate from 2007-01-01 on line 2 already"]
    assert not TaxRate.objects.exists()


def test_the_command_says_how_many_changed(rates_file, capsys):
    call_command("import_tax_rates", rates_file(GERMANY))
    call_command("import_tax_rates", rates_file(GERMANY))
    assert capsys.readouterr().out == "1 tax rates added or changed.\n0 tax rates added or changed.\n"


def test_the_command_says_what_is_wrong_in_sentences(rates_file, tmp_path):
    with pytest.raises(CommandError) as refusal:
        call_command("import_tax_rates", rates_file("DE,VAT,0.19,No,2007-01-01"))
    assert str(refusal.value) == "Nothing was loaded.\nline 2: Included “No” must be yes or no"
    with pytest.raises(CommandError, match=r"^Cannot read .*missing\.csv: No such file or directory\.$"):
        call_command("import_tax_rates", tmp_path / "missing.csv")
    assert not TaxRate.objects.exists()
