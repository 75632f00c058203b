"""Retention drops whole months that are over and sealed, signs what it dropped, and leaves the seals (A4, A5)."""

from io import StringIO

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections

from activity.keeping import months
from activity.keeping.retention import drop_month, youngest_limit
from activity.models import Action, Address, DroppedMonth, Event, Seal, SealedRow
from activity.seals.contents import dropping_of
from activity.seals.verifying import verify_log
from activity.services import Actor, client_address, record
from activity.tasks import make_months
from csp_portal.calendar_utc import month_of, start_of_day
from tests.factories import PartnerFactory
from tests.held_open import held_open
from tests.log_months import no_months_left, partitions
from tests.sealed_exports import export as exported
from tests.sealed_exports import key, lines_of, rewrite, verified, wrong
from tests.sealing import seal_everything

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
OLD = ("2012-11-30T23:59:59.999999Z", "2012-12-01T00:00:00Z", "2012-12-31T23:59:59.999999Z")
KEPT = "2013-01-01T00:00:00Z"
_FIRST_SEAL = "number = 1 AND partner_id = (SELECT partner_id FROM activity_sealedrow WHERE event_id = %s)"
NOW = "2020-01-24T12:00:00Z"  # seven years after the whole of December 2012


@pytest.fixture
def other(db):
    return PartnerFactory(legal_name="서울 소프트웨어")


@pytest.fixture
def log(clock, partner, other, superuser_connection):
    """Rows of November and December 2012 and of January 2013, two partners', the operator's, with addresses; sealed."""
    with no_months_left(superuser_connection):
        token = client_address.set("203.0.113.9")
        clock.set("2012-11-01T00:00:00Z")
        make_months()
        for instant in (*OLD, KEPT):
            clock.set(instant)
            for chain in (partner, partner, other, None):
                record(Action.SIGNED_IN, actor=Actor.visitor(), partner=chain, details={"note": "확인 · 确认"})
            seal_everything()
        client_address.reset(token)
        clock.set(NOW)
        yield partner


def drop(*arguments):
    told = StringIO()
    call_command("drop_activity", *arguments, stdout=told)
    return told.getvalue()


def state():
    """All that retention may change."""
    tables = (Event, Address, SealedRow, Seal, DroppedMonth)
    return [list(model.objects.order_by("pk").values()) for model in tables], partitions()


def instants():
    return {f"{when:%Y-%m}" for when in Event.objects.values_list("occurred_at", flat=True)}


def test_it_says_first_what_it_would_drop_and_drops_nothing(log, other):
    before = state()
    told = drop()
    assert state() == before
    operator = Event.objects.filter(partner=None, occurred_at__lt="2012-12-01T00:00:00Z").count()
    assert told.splitlines()[:5] == [
        "Months of the log before 2013-01: 2",
        f"2012-11: rows {3 + operator}",
        *sorted(f"    chain {each.public_id}: rows {rows}" for each, rows in ((log, 2), (other, 1))),
        f"    chain operator: rows {operator}",
    ]
    assert told.splitlines()[5].startswith("2012-12: rows ")
    assert told.endswith("Nothing was dropped. With --yes these months are.\n")


def test_it_drops_what_is_over_with_its_addresses_and_keeps_every_seal(log):
    seals, places, rows = Seal.objects.count(), SealedRow.objects.count(), Event.objects.count()
    addresses = list(Address.objects.filter(occurred_at__gte=KEPT).order_by("pk").values())
    dropped = Event.objects.filter(occurred_at__lt=KEPT).count()
    told = drop("--yes")
    assert "2012-11 was dropped. Rows: " in told
    assert "2012-12 was dropped. Rows: " in told
    assert instants() == {"2013-01", "2020-01"}  # what was kept, and the rows that tell of it
    assert (Seal.objects.count(), SealedRow.objects.count()) == (seals, places)
    assert Event.objects.exclude(action=Action.LOG_MONTH_DROPPED).count() == rows - dropped
    assert list(Address.objects.order_by("pk").values()) == addresses
    assert not {"activity_event_y2012m11", "activity_event_y2012m12"} & partitions()


def test_each_chain_says_what_was_dropped_of_it(log, other):
    drop("--yes")
    rows = Event.objects.filter(action=Action.LOG_MONTH_DROPPED)
    assert {row.actor_name for row in rows} == {"system:drop_activity"}
    of_chain = {None: [], log.pk: [], other.pk: []}
    for row in rows.order_by("pk"):
        of_chain[row.partner_id].append(row.details)
    assert of_chain[log.pk] == [{"month": "2012-11", "rows": 2}, {"month": "2012-12", "rows": 4}]
    assert of_chain[other.pk] == [{"month": "2012-11", "rows": 1}, {"month": "2012-12", "rows": 2}]
    assert [details["month"] for details in of_chain[None]] == ["2012-11", "2012-12"]
    assert DroppedMonth.objects.filter(partner=log).count() == 2


def test_afterwards_the_log_verifies_and_says_how_many_were_dropped(log):
    dropped = Event.objects.filter(occurred_at__lt=KEPT).count()
    drop("--yes")
    seal_everything()
    done = verify_log()
    assert (done.findings, done.dropped) == ([], dropped)
    told = StringIO()
    call_command("verify_activity", stdout=told)
    assert f"{dropped} of them dropped by retention: everything stands" in told.getvalue()


def test_it_can_be_run_again_and_finds_nothing(log):
    drop("--yes")
    before = state()
    assert drop("--yes") == "Months of the log before 2013-01: 0\n"
    assert state() == before


def test_interrupted_after_a_month_it_goes_on_with_the_next(log, monkeypatch):
    def interrupted(month):
        if month.month == 12:
            raise KeyboardInterrupt
        return drop_month(month)

    monkeypatch.setattr("activity.management.commands.drop_activity.drop_month", interrupted)
    with pytest.raises(KeyboardInterrupt):
        drop("--yes")
    assert "2012-12" in instants()
    assert "2012-11" not in instants()
    monkeypatch.undo()
    assert "2012-12 was dropped" in drop("--yes")
    seal_everything()
    assert verify_log().findings == []


def test_what_fails_within_a_month_drops_nothing_of_it(log, owner_connection):
    before = state()
    with owner_connection.cursor() as cursor:
        cursor.execute("CREATE VIEW in_the_way AS SELECT id FROM activity_event_y2012m11")
    try:
        with pytest.raises(DatabaseError, match="other objects depend"):
            drop("--yes")
    finally:
        with owner_connection.cursor() as cursor:
            cursor.execute("DROP VIEW in_the_way")
    assert state() == before


@pytest.mark.parametrize(
    ("now", "limit"), [("2019-12-31T23:59:59.999999Z", "2012-12"), ("2020-01-01T00:00:00Z", "2013-01")]
)
def test_a_month_may_go_when_all_of_it_is_seven_years_old(now, limit, clock, log):
    clock.set(now)
    assert f"{youngest_limit():%Y-%m}" == limit
    assert drop().startswith(f"Months of the log before {limit}: ")


def test_a_month_that_is_younger_is_refused_whatever_is_asked(log):
    before = state()
    with pytest.raises(CommandError, match=r"kept for 7 years .* only months before 2013-01 may be dropped"):
        drop("--before", "2013-02", "--yes")
    assert state() == before


def test_fewer_months_may_be_asked_for(log):
    drop("--before", "2012-12", "--yes")
    assert "2012-11" not in instants()
    assert "2012-12" in instants()


def test_how_long_it_is_kept_is_a_setting(log, settings):
    settings.ACTIVITY_YEARS = 8
    assert drop("--yes").startswith("Months of the log before 2012-01: 0")
    with pytest.raises(CommandError, match="kept for 8 years"):
        drop("--before", "2013-01")


def test_what_is_no_month_is_refused(log):
    with pytest.raises(CommandError, match="December is no month like 2019-05"):
        drop("--before", "December")


def test_a_month_with_rows_that_are_not_sealed_is_refused(log, clock):
    clock.set("2012-11-15T12:00:00Z")
    record(Action.SIGNED_IN, actor=Actor.visitor(), partner=log)
    clock.set(NOW)
    before = state()
    with pytest.raises(CommandError, match="Not all rows of 2012-11 are sealed"):
        drop("--yes")
    assert state() == before


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ("UPDATE activity_event SET actor_name = 'x' WHERE id = %s", "was changed"),
        ("DELETE FROM activity_event WHERE id = %s", "is gone"),
        ("DELETE FROM activity_sealedrow WHERE event_id = %s", "the place of row 1 is missing"),
        (f"UPDATE activity_seal SET signature = '' WHERE {_FIRST_SEAL}", "has a signature that does not hold"),
        (f"UPDATE activity_seal SET previous = hash WHERE {_FIRST_SEAL}", "does not follow the one before it"),
    ],
)
def test_a_month_whose_seals_do_not_hold_is_refused(change, finding, log, tamper):
    first = SealedRow.objects.get(partner=log, position=1)
    assert tamper(change, first.event_id) == 1
    before = state()
    with pytest.raises(CommandError, match=f"2012-11 is not dropped: chain {log.public_id}: .*{finding}"):
        drop("--yes")
    assert state() == before


def test_rows_in_the_default_partition_are_to_be_sorted_first(log, clock):
    clock.set("2011-05-15T12:00:00Z")
    record(Action.SIGNED_IN, actor=Actor.visitor(), partner=log)
    clock.set(NOW)
    seal_everything()
    before = state()
    with pytest.raises(CommandError, match="Rows of 2011-05 lie in the default partition"):
        drop("--yes")
    assert state() == before
    call_command("sort_activity", stdout=StringIO())
    assert "2011-05 was dropped. Rows: 1" in drop("--yes")
    seal_everything()
    assert verify_log().findings == []


def test_the_web_role_cannot_drop_a_month(log):
    before = state()
    with pytest.raises(DatabaseError, match="permission denied"):
        drop_month(month_of(Event.objects.oldest_first()[0].occurred_at))
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="must be owner"):
        cursor.execute("DROP TABLE activity_event_y2012m11")
    assert state() == before


def test_without_an_owner_nothing_is_done(log):
    before = state()
    owner = connection.settings_dict["USER"]
    kept, connections["owner"].settings_dict["USER"] = connections["owner"].settings_dict["USER"], owner
    try:
        with pytest.raises(ImproperlyConfigured, match="must not own the tables"):
            drop("--yes")
    finally:
        connections["owner"].settings_dict["USER"] = kept
    assert state() == before


def test_who_reads_for_long_makes_it_stop_with_a_sentence(log, monkeypatch):
    monkeypatch.setattr(months, "LOCK_SECONDS", 1)
    before = state()
    with held_open(lambda: list(Event.objects.all())), pytest.raises(CommandError, match="being read or written"):
        drop("--yes")
    assert state() == before


def test_addresses_younger_than_24_months_go_with_their_events(log, settings, clock):
    """Where the log is kept for a year; no event is left that they belong to."""
    settings.ACTIVITY_YEARS = 1
    assert Address.objects.filter(occurred_at__lt=KEPT).exists()
    clock.set("2014-02-01T00:00:00Z")
    drop("--yes")
    assert not Address.objects.exists()


# A sealed export of the days that were dropped


@pytest.fixture
def folder(log, tmp_path):
    """An export of both months, unpacked, after the older of them was dropped."""
    drop("--before", "2012-12", "--yes")
    seal_everything()
    start = month_of(Seal.objects.get(partner=log, number=1).earliest)
    return exported(log, tmp_path / "dropped", start=start_of_day(start), days=61)


def test_an_export_of_what_was_dropped_holds_with_the_record(folder):
    status, said = verified(folder, "--key", key())
    assert (status, "4 rows, 2 left out" in said) == (0, True), said
    (record_,) = lines_of(folder, "dropped")
    assert (record_["content"]["month"], record_["content"]["rows"]) == ("2012-11", 2)


def test_a_record_that_was_removed_is_missed(folder):
    rewrite(folder, "dropped", [])
    assert [finding.partition(": ")[2] for finding in wrong(folder)] == [
        f"row {row} was removed before the export was made, which leaves it out." for row in (1, 2)
    ]


@pytest.mark.parametrize("field", ["rows", "digest", "dropped_at", "dropped_by"])
def test_a_record_that_was_changed_has_no_signature_that_holds(field, folder):
    (dropped,) = lines_of(folder, "dropped")
    dropped["content"][field] = 3 if field == "rows" else "0" * 64
    rewrite(folder, "dropped", [dropped])
    (finding,) = wrong(folder)
    assert finding.endswith("the record of what was dropped of 2012-11 has a signature that does not hold.")


def test_a_record_of_another_chain_vouches_for_nothing(folder, other):
    theirs = DroppedMonth.objects.get(partner=other)
    content = dropping_of(theirs, str(other.public_id))
    rewrite(folder, "dropped", [{"content": content, "signature": bytes(theirs.signature).hex()}])
    (finding,) = wrong(folder)
    assert finding.endswith("the record of what was dropped of 2012-11 is about other seals.")


def test_rows_of_a_month_that_was_kept_cannot_be_called_dropped(folder):
    rows = lines_of(folder, "rows")
    rewrite(folder, "rows", [{name: line[name] for name in ("position", "hash")} for line in rows])
    assert wrong(folder)[0].endswith("row 3 is left out, though the export says that it is complete.")


def test_a_record_in_the_database_that_was_changed_is_named(log, tamper):
    drop("--before", "2012-12", "--yes")
    tamper("UPDATE activity_droppedmonth SET rows = rows + 1 WHERE partner_id = %s", log.pk)
    (finding,) = verify_log().findings
    assert finding.endswith("the record of what was dropped of 2012-11 has a signature that does not hold")


def test_a_record_in_the_database_that_was_removed_is_missed(log, tamper):
    drop("--before", "2012-12", "--yes")
    tamper("DELETE FROM activity_droppedmonth WHERE partner_id = %s", log.pk)
    assert sum("is gone" in finding for finding in verify_log().findings) == 2
