"""IP addresses are removed after 24 months by the database's clock, and nothing else ever is (A4)."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from activity.keeping import redaction
from activity.keeping.redaction import addresses_over, redact_addresses
from activity.models import Action, ActorKind, Address, Event
from activity.reading import with_addresses
from activity.seals.verifying import verify_log
from activity.services import Actor, address_commitment, client_address, record
from activity.tasks import redact_addresses as task
from csp_portal.celery import app
from tests.helpers import in_threads, words_of
from tests.sealing import seal_everything

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS, SALT = "203.0.113.9", b"0123456789abcdef"
OVER, NOT_YET = "24 months", "24 months - 5 minutes"  # the test takes less than that
_EVENT = """
    INSERT INTO activity_event (occurred_at, partner_id, action, actor_kind, actor_name, customer_name, product_id,
        product_name, order_number, key_last_five, key_hash, key_hash_key_id, link_made_by, details, ip_commitment)
    VALUES ({then}, %s, 'key_revealed', 'user', '박민준@partner.example', '서울 클라우드', '', '', '', '', '', '', '',
        '{{}}', %s)
    RETURNING id, occurred_at
"""
_THEN = "(now() AT TIME ZONE 'UTC' - interval %s) AT TIME ZONE 'UTC'"


@pytest.fixture
def written(superuser_connection, partner):
    """`written(age)`: an event of that age by the database's clock, with its address; its id."""

    def write(age):
        with superuser_connection.cursor() as cursor:
            cursor.execute(_EVENT.format(then=_THEN), [age, partner.pk, address_commitment(ADDRESS, SALT)])
            event_id, occurred_at = cursor.fetchone()
            cursor.execute(
                "INSERT INTO activity_address (event_id, partner_id, occurred_at, address, salt)"
                " VALUES (%s, %s, %s, %s, %s)",
                [event_id, partner.pk, occurred_at, ADDRESS, SALT],
            )
        return event_id

    return write


def kept():
    return list(Address.objects.order_by("pk").values_list("pk", flat=True))


def test_an_address_goes_when_24_months_are_over_and_not_before(written):
    over, not_yet = written(OVER), written(NOT_YET)
    assert addresses_over() == 1
    assert redact_addresses() == 1
    assert kept() == [not_yet]
    assert not Address.objects.filter(pk=over).exists()


def test_the_clock_of_web_and_workers_decides_nothing(written, clock):
    written(OVER), written(NOT_YET)
    clock.set("2199-01-01T00:00:00Z")
    assert redact_addresses() == 1
    clock.set("1999-01-01T00:00:00Z")
    assert len(kept()) == 1


def test_the_event_and_its_seal_stay_exactly_as_they_are(written):
    written(OVER), written(NOT_YET)
    seal_everything()
    before = list(Event.objects.order_by("pk").values())
    redact_addresses()
    assert list(Event.objects.exclude(action=Action.LOG_ADDRESSES_REDACTED).order_by("pk").values()) == before
    seal_everything()
    assert verify_log().findings == []


def test_the_log_says_how_many_and_when_and_nothing_where_none_was_removed(written, clock):
    clock.set("2026-11-23T04:45:00Z")
    written(NOT_YET)
    assert task.apply().get() == 0
    assert not Event.objects.filter(action=Action.LOG_ADDRESSES_REDACTED).exists()
    written(OVER), written("25 months")
    assert task.apply().get() == 2
    row = Event.objects.get(action=Action.LOG_ADDRESSES_REDACTED)
    assert (row.partner, row.actor_kind, row.actor_name) == (None, ActorKind.SYSTEM, "system:redact_addresses")
    assert row.details == {"addresses": 2, "day": "2026-11-23"}
    assert task.apply().get() == 0


def test_batch_by_batch_each_with_its_row(written, monkeypatch):
    monkeypatch.setattr(redaction, "BATCH", 2)
    for month in range(24, 29):
        written(f"{month} months")
    assert redact_addresses() == 5
    rows = Event.objects.filter(action=Action.LOG_ADDRESSES_REDACTED).order_by("pk")
    assert [row.details["addresses"] for row in rows] == [2, 2, 1]


def test_what_cannot_be_recorded_is_not_removed(written, refusing_inserts):
    over = written(OVER)
    with refusing_inserts("activity_event"), pytest.raises(DatabaseError):
        redact_addresses()
    assert kept() == [over]


def test_two_runs_at_once_remove_each_once(written, monkeypatch):
    monkeypatch.setattr(redaction, "BATCH", 3)
    for _row in range(20):
        written(OVER)
    in_threads(*[redact_addresses] * 4)
    rows = Event.objects.filter(action=Action.LOG_ADDRESSES_REDACTED)
    assert (kept(), sum(row.details["addresses"] for row in rows)) == ([], 20)


def test_the_web_role_can_remove_none_that_is_younger_whatever_it_asks(written):
    younger = written(NOT_YET)
    with connection.cursor() as cursor:
        cursor.execute("SET TimeZone = 'Pacific/Kiritimati'")
        cursor.execute("SELECT activity_redact_addresses(1000000000)")
        assert cursor.fetchone() == (0,)
        cursor.execute("RESET TimeZone")
    for statement in (
        "DELETE FROM activity_address",
        "TRUNCATE activity_address",
        "UPDATE activity_address SET salt = ''",
    ):
        with (
            pytest.raises(DatabaseError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    assert kept() == [younger]


def test_the_owner_removes_none_that_is_younger_and_changes_none(written, owner_connection):
    over, younger = written(OVER), written(NOT_YET)
    refused = ("DELETE FROM activity_address", "TRUNCATE activity_address", "UPDATE activity_address SET salt = ''")
    for statement in refused:
        with owner_connection.cursor() as cursor, pytest.raises(Exception, match="append-only"):
            cursor.execute(statement)
    assert kept() == [over, younger]


def test_the_dry_run_says_how_many_and_removes_none(written):
    written(OVER), written(NOT_YET)
    before, told = kept(), StringIO()
    call_command("redact_activity", "--dry-run", stdout=told)
    assert told.getvalue() == "IP addresses of 24 months ago or earlier: 1\nNothing was removed.\n"
    assert kept() == before
    call_command("redact_activity", stdout=told)
    assert told.getvalue().endswith("IP addresses that were removed: 1\n")
    assert len(kept()) == 1


def test_it_is_done_every_night():
    (entry,) = [each for each in app.conf.beat_schedule.values() if each["task"] == task.name]
    assert len(entry["schedule"].hour) == 1


def test_the_page_says_that_an_address_was_removed(written, global_admin, client_of):
    written(OVER)
    redact_addresses()
    page = client_of(global_admin).get("/activity/", {"from": "2020-01-01", "to": "2030-01-01"})
    assert "서울 클라우드" in words_of(page)
    assert "removed after 24 months" in words_of(page)


def test_a_row_that_never_had_an_address_does_not_say_so(partner):
    record(Action.KEY_REVEALED, actor=Actor.system("job"), partner=partner)
    (row,) = with_addresses(Event.objects.all())
    assert (row.address, row.address_was_removed) == ("", False)


def test_a_row_whose_address_is_kept_does_not_say_so(partner):
    token = client_address.set(ADDRESS)
    record(Action.KEY_REVEALED, actor=Actor.visitor(), partner=partner)
    client_address.reset(token)
    (row,) = with_addresses(Event.objects.all())
    assert (row.address, row.address_was_removed) == (ADDRESS, False)
