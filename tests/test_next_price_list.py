"""The price list of the next month on top of this one's: what is changed, ended, added and announced (M6)."""

import csv
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from activity.models import Action, Event
from activity.services import Actor
from csp_portal.row_files import BadFile
from software.models import CancellationPolicy, KeyIssue, Kind, Price, Product, Sku
from software.price_report import Happened
from software.services import change_sku, import_price_list
from software.services.advisory_locks import lock_in_transaction
from tests.helpers import in_threads

pytestmark = pytest.mark.django_db
JANUARY = settings.BASE_DIR / "software" / "data" / "software_price_list.csv"
FEBRUARY = Path(__file__).parent / "data" / "software_price_list_2020-02.csv"
BAD = Path(__file__).parent / "data" / "software_price_list_bad.csv"
OPERATOR = Actor.system("import_price_list")
FIRST_OF_FEBRUARY = date(2020, 2, 1)
EXCHANGE, SHAREPOINT = "DG7GMGF0MW61", "DG7GMGF0HFXX"
CHANGED_IN_FEBRUARY = "Windows Server Standard - 16 Core License Pack - 1 year"


@pytest.fixture
def january(clock):
    """January's list is loaded, in January."""
    return import_price_list(JANUARY, actor=OPERATOR)


@pytest.fixture
def february(january, clock):
    """February's list is loaded on top, on its first day; answers the report."""
    clock.set("2020-02-01T06:00:00Z")
    return import_price_list(FEBRUARY, actor=OPERATOR, effective=FIRST_OF_FEBRUARY)


@pytest.fixture
def edited(tmp_path):
    """Writes a list with `change` applied to its rows; answers its path."""

    def write(source, change):
        with source.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        path = tmp_path / "edited.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(row for row in map(change, rows) if row is not None)
        return path

    return write


def counts(report):
    return {happened.value: count for happened in Happened if (count := report.count(happened))}


def lines(report, happened):
    return {str(change).replace("\N{NO-BREAK SPACE}", " ") for change in report.changes if change.happened == happened}


def whole_catalogue():
    return [list(model.objects.order_by("pk").values()) for model in (Product, Sku, Price)]


def price_in(product_id, market, day):
    """The amount in force at the start of a day; None where it is not sold."""
    instant = f"{day}T00:00:00Z"
    found = Price.objects.filter(
        sku__product__product_id=product_id,
        market=market,
        effective_start__lte=instant,
        effective_end__gt=instant,
    )
    return found.get().unit_price if found else None


def test_february_changes_ends_adds_and_announces(february):
    assert counts(february) == {"changed": 13, "ended": 13, "added": 13, "announced": 2}
    assert (february.unchanged, february.new_skus) == (585 - 13 - 13 - 2, 1)
    by_sku = Counter((change.happened.value, change.sku) for change in february.changes)
    assert by_sku == {
        ("changed", CHANGED_IN_FEBRUARY): 13,
        ("ended", "Exchange Server Standard 2019"): 13,
        ("added", "Windows Server 2022 CAL - 1 External Connector"): 13,
        ("announced", "SharePoint Server 2019"): 2,
    }
    markets = {change.market for change in february.changes if change.happened == Happened.CHANGED}
    assert markets == {"AU", "BR", "CA", "CH", "CN", "DE", "GB", "GL", "IN", "JP", "KR", "KW", "US"}


def test_the_report_says_each_change_in_a_sentence(february):
    assert f"{CHANGED_IN_FEBRUARY}, KW: 150.430 KWD becomes 157.952 KWD from 1 February 2020 on." in lines(
        february, Happened.CHANGED
    )
    assert "Exchange Server Standard 2019, JP: 106,606 JPY, not sold any more from 1 February 2020 on." in lines(
        february, Happened.ENDED
    )
    assert "Windows Server 2022 CAL - 1 External Connector, US: 38.00 USD from 1 February 2020 on." in lines(
        february, Happened.ADDED
    )
    assert lines(february, Happened.ANNOUNCED) == {
        "SharePoint Server 2019, GB: 5,370.42 GBP becomes 5,907.46 GBP from 1 March 2020 on.",
        "SharePoint Server 2019, US: 6,798.00 USD becomes 7,477.80 USD from 1 March 2020 on.",
    }


def test_each_price_counts_on_its_days(february):
    us = {
        product: [price_in(product, "US", day) for day in ("2020-01-31", "2020-02-01", "2020-02-29", "2020-03-01")]
        for product in (EXCHANGE, SHAREPOINT)
    }
    assert us == {
        EXCHANGE: [Decimal("706.00"), None, None, None],
        SHAREPOINT: [Decimal("6798.00"), Decimal("6798.00"), Decimal("6798.00"), Decimal("7477.80")],
    }
    australian = {price_in(SHAREPOINT, "AU", day) for day in ("2020-02-01", "2020-03-01")}
    assert len(australian) == 1
    assert None not in australian


def test_no_two_prices_of_one_tier_count_at_once(february):
    rows = Price.objects.order_by("sku", "market", "currency", "tier_min", "effective_start")
    for earlier, later in pairwise(rows):
        same = all(
            getattr(earlier, name) == getattr(later, name) for name in ("sku_id", "market", "currency", "tier_min")
        )
        assert not same or earlier.effective_end <= later.effective_start


def test_the_same_list_again_has_no_effect_today_and_later(february, clock):
    before = whole_catalogue()
    events = Event.objects.count()
    for day in ("2020-02-01T07:00:00Z", "2020-02-15T07:00:00Z"):
        clock.set(day)
        again = import_price_list(FEBRUARY, actor=OPERATOR)
        assert (counts(again), again.had_effect) == ({}, False)
        assert whole_catalogue() == before
    assert Event.objects.count() == events


def test_the_older_list_again_brings_only_back_what_the_newer_one_has_not(february):
    report = import_price_list(JANUARY, actor=OPERATOR, effective=FIRST_OF_FEBRUARY)
    back = {(change.happened, change.sku) for change in report.changes}
    assert back == {
        (Happened.ADDED, "Exchange Server Standard 2019"),
        (Happened.ENDED, "Windows Server 2022 CAL - 1 External Connector"),
    }


def test_the_log_says_what_an_import_did(february):
    event = Event.objects.filter(action=Action.PRICE_LIST_IMPORTED).latest("pk")
    assert event.details == {
        "file": FEBRUARY.name,
        "effective": "2020-02-01",
        "changed": 13,
        "ended": 13,
        "added": 13,
        "announced": 2,
        "continued": 0,
        "new_skus": 1,
        "retitled": 0,
    }


def test_what_has_ended_may_come_back(february, clock, edited):
    clock.set("2020-04-01T06:00:00Z")
    start = "2020-04-01T00:00:00.0000000Z"

    def back_in_april(row):
        return {**row, "EffectiveStartDate": start} if row["ProductId"] == EXCHANGE else None

    report = import_price_list(edited(JANUARY, back_in_april), actor=OPERATOR)
    exchange = [change for change in report.changes if change.sku == "Exchange Server Standard 2019"]
    assert Counter(change.happened for change in exchange) == {Happened.ADDED: 13}
    days = ("2020-01-31", "2020-02-01", "2020-03-31", "2020-04-01")
    assert [price_in(EXCHANGE, "US", day) for day in days] == [706, None, None, 706]


def test_what_was_announced_may_be_announced_otherwise(february, clock, edited):
    clock.set("2020-02-20T06:00:00Z")

    def dearer(row):
        return {**row, "UnitPrice": "7500.00"} if row["UnitPrice"] == "7477.80" else row

    report = import_price_list(edited(FEBRUARY, dearer), actor=OPERATOR)
    assert lines(report, Happened.CHANGED) == {
        "SharePoint Server 2019, US: 7,477.80 USD becomes 7,500.00 USD from 1 March 2020 on."
    }
    assert len(report.changes) == 1
    assert [price_in(SHAREPOINT, "US", day) for day in ("2020-02-29", "2020-03-01")] == [6798, 7500]


def test_what_was_announced_is_withdrawn_with_its_sku(february, clock, edited):
    clock.set("2020-02-20T06:00:00Z")
    report = import_price_list(
        edited(FEBRUARY, lambda row: None if row["ProductId"] == SHAREPOINT and row["Market"] == "US" else row),
        actor=OPERATOR,
    )
    assert counts(report) == {"ended": 2}
    assert [price_in(SHAREPOINT, "US", day) for day in ("2020-02-19", "2020-02-20", "2020-03-01")] == [6798, None, None]


def test_what_the_operator_has_edited_stays(january, clock):
    sku = Sku.objects.get(title=CHANGED_IN_FEBRUARY)
    edits = {"key_issue": KeyIssue.PER_UNIT, "hybrid_benefit": False, "cores_per_unit": 8, "low_water": 3}
    change_sku(sku.pk, cancellation_policy=CancellationPolicy.SUPPORT_ONLY, actor=OPERATOR, **edits)
    report = import_price_list(FEBRUARY, actor=OPERATOR, effective=FIRST_OF_FEBRUARY)
    kept = Sku.objects.get(pk=sku.pk)
    assert {name: getattr(kept, name) for name in edits} == edits
    assert kept.cancellation_policy == CancellationPolicy.SUPPORT_ONLY
    assert report.notes == []


def test_new_tags_change_the_policy_of_new_orders_and_the_report_says_so(january, edited):
    def now_extended(row):
        return {**row, "Tags": "Software;Perpetual;ESU2020"} if row["ProductId"] == SHAREPOINT else row

    path = edited(JANUARY, now_extended)
    report = import_price_list(path, actor=OPERATOR)
    sku = Sku.objects.get(product__product_id=SHAREPOINT)
    assert sku.cancellation_policy == CancellationPolicy.SUPPORT_ONLY
    (note,) = report.notes
    assert note.startswith("SharePoint Server 2019: by its tags the cancellation policy of new orders becomes ")
    assert note.endswith("“support request only”, it was “self-service”.")
    assert import_price_list(path, actor=OPERATOR).had_effect is False


def test_tags_that_make_another_kind_of_a_product_are_bad_rows(january, edited):
    before = whole_catalogue()

    def now_rented(row):
        renamed = row["ProductId"] == EXCHANGE and row["Market"] in {"US", "DE"}
        return {**row, "Tags": "Software;Subscription"} if renamed else row

    with pytest.raises(BadFile) as bad:
        import_price_list(edited(JANUARY, now_rented), actor=OPERATOR)
    reason = f"Tags make {EXCHANGE} of the kind software subscription; "
    reason += "it is known as perpetual software, which cannot change"
    assert [error.reason for error in bad.value.errors] == [reason, reason]
    assert whole_catalogue() == before
    assert Product.objects.get(product_id=EXCHANGE).kind == Kind.PERPETUAL


def test_bad_rows_change_nothing_of_what_is_there(january):
    before = whole_catalogue()
    events = Event.objects.count()
    with pytest.raises(CommandError) as refusal:
        call_command("import_price_list", BAD)
    told = str(refusal.value).splitlines()
    assert told[0] == "Nothing was loaded."
    assert [line.partition(":")[0] for line in told[1:]] == [f"line {number}" for number in range(3, 10)]
    assert whole_catalogue() == before
    assert Event.objects.count() == events


@pytest.mark.parametrize("amount", ["1_000", "1e3", "Infinity", "NaN", "٣", "0x10", "1.", "10000000000"])
def test_an_amount_that_is_none_is_a_bad_row(january, edited, amount):
    changed = []

    def spoil(row):
        changed.append(row)
        return {**row, "UnitPrice": amount} if len(changed) == 1 else row

    with pytest.raises(BadFile) as bad:
        import_price_list(edited(JANUARY, spoil), actor=OPERATOR)
    assert [error.line for error in bad.value.errors] == [2]
    assert bad.value.errors[0].reason.startswith(f"UnitPrice “{amount}”")


def test_the_command_tells_the_first_of_many_and_writes_all_to_a_file(january, clock, tmp_path, capsys):
    path = tmp_path / "report.txt"
    call_command("import_price_list", FEBRUARY, effective=FIRST_OF_FEBRUARY, report=path)
    told = capsys.readouterr().out.replace("\N{NO-BREAK SPACE}", " ")
    assert told.endswith(
        "13 prices added, 13 changed, 13 ended, 2 announced, 0 continued with the same amount, 557 unchanged.\n"
    )
    assert f"  {CHANGED_IN_FEBRUARY}, US: 490.00 USD becomes 514.50 USD from 1 February 2020 on.\n" in told
    assert len(path.read_text().splitlines()) == 13 + 13 + 13 + 2 + 1


def test_the_command_cuts_long_lists(clock, capsys):
    call_command("import_price_list", JANUARY)
    told = capsys.readouterr().out
    assert "and 565 more: --report FILE or --verbosity 2 tells them all." in told
    assert len(told.splitlines()) == 1 + 20 + 1 + 1


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_do_it_once(clock):
    import_price_list(JANUARY, actor=OPERATOR)
    reports = in_threads(
        *[lambda: import_price_list(FEBRUARY, actor=OPERATOR, effective=FIRST_OF_FEBRUARY) for _twice in range(2)]
    )
    assert sorted(report.had_effect for report in reports) == [False, True]
    assert Price.objects.count() == 585 + 13 + 13 + 2
    assert Event.objects.filter(action=Action.PRICE_LIST_IMPORTED).count() == 2


@pytest.mark.django_db(transaction=True)
def test_an_import_that_is_killed_leaves_nothing_and_may_run_again():
    """Killed while it waits for the lock that this test holds: read, checked, nothing written."""
    command = [sys.executable, "manage.py", "import_price_list", str(JANUARY)]
    with transaction.atomic():
        lock_in_transaction("import_price_list")
        running = subprocess.Popen(command, cwd=settings.BASE_DIR, env=os.environ | {"PYTHONPATH": ""})
        _wait_until_it_waits()
        running.send_signal(signal.SIGKILL)
        assert running.wait() == -signal.SIGKILL
    assert not Price.objects.exists()
    report = import_price_list(JANUARY, actor=OPERATOR)
    assert report.count(Happened.ADDED) == 585


def _wait_until_it_waits():
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.1)
    pytest.fail("the import never came to the lock")
