"""Rows outside their months: the operator is alarmed, and the owner moves them where they belong (A4)."""

from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from activity.keeping import months
from activity.keeping.months import sort_default
from activity.models import Action, Address
from activity.seals.verifying import verify_log
from activity.services import Actor, client_address, record
from activity.tasks import make_months, warn_of_default_rows
from csp_portal.celery import app
from csp_portal.database_roles import as_owner
from csp_portal.mail.models import Mail
from tests.held_open import held_open
from tests.log_months import no_months_left
from tests.sealing import seal_everything

on_both = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def ask(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def where():
    """Each row of the log with all its columns, and the partition that it lies in."""
    return ask("SELECT event::text, tableoid::regclass::text FROM activity_event event ORDER BY id")


def partitions_of(rows):
    """Those of the partner's four rows; sealing has added one of its own."""
    return [partition for _row, partition in rows][:4]


def write(instant, clock, partner):
    clock.set(instant)
    return record(
        Action.KEY_REVEALED, actor=Actor.visitor(), partner=partner, details={"label": "확인 · 确认", "n": 1.50}
    )


@pytest.fixture
def months_go(superuser_connection):
    """The months that the test makes are gone afterwards."""
    with no_months_left(superuser_connection):
        yield


@pytest.fixture
def in_default(clock, partner):
    """Rows of three instants in two months that have no partition, and one that has."""
    token = client_address.set("203.0.113.9")
    clock.set("2044-03-01T00:00:00Z")
    make_months()
    for instant in ("2041-05-31T23:59:59.999999Z", "2041-06-01T00:00:00Z", "2041-06-30T12:00:00Z"):
        write(instant, clock, partner)
    write("2044-03-05T12:00:00Z", clock, partner)
    client_address.reset(token)
    clock.set("2044-03-05T13:00:00Z")


def alarms():
    return Mail.objects.filter(cause__startswith="log_default:").order_by("pk")


@pytest.mark.django_db
def test_the_operator_is_told_which_months_and_what_to_do(in_default):
    assert warn_of_default_rows() == 2
    mail = alarms().get()
    assert (mail.to, mail.subject) == (settings.OPERATOR_SUPPORT_EMAIL, "Activity log: rows lie outside their months")
    assert "Rows of 2041-05: 1\nRows of 2041-06: 2\n" in mail.text
    assert "python manage.py sort_activity" in mail.text


@pytest.mark.django_db
def test_it_is_told_once_a_day_while_it_is_so(in_default, clock):
    warn_of_default_rows(), warn_of_default_rows()
    clock.set("2044-03-05T23:59:59Z")
    warn_of_default_rows()
    assert alarms().count() == 1
    clock.set("2044-03-06T00:00:00Z")
    warn_of_default_rows()
    assert alarms().count() == 2


@pytest.mark.django_db
def test_with_an_empty_default_partition_nobody_is_alarmed(clock, partner):
    make_months()
    write("2020-01-24T12:00:00Z", clock, partner)
    assert warn_of_default_rows() == 0
    assert not alarms().exists()


def test_the_alarm_is_looked_for_every_hour():
    (entry,) = [each for each in app.conf.beat_schedule.values() if each["task"] == warn_of_default_rows.name]
    assert len(entry["schedule"].hour) == 24


@on_both
def test_sorting_moves_each_row_into_its_month_and_changes_nothing(months_go, in_default):
    seal_everything()
    before, addresses = where(), list(Address.objects.order_by("pk").values())
    assert partitions_of(before) == [*["activity_event_default"] * 3, "activity_event_y2044m03"]
    told = StringIO()
    call_command("sort_activity", stdout=told)
    assert "2041-06: 2 rows in the default partition" in told.getvalue()
    assert told.getvalue().endswith("Rows that were moved into their months: 3\n")
    after = where()
    assert [row for row, _partition in after] == [row for row, _partition in before]
    assert partitions_of(after) == [
        "activity_event_y2041m05",
        "activity_event_y2041m06",
        "activity_event_y2041m06",
        "activity_event_y2044m03",
    ]
    assert list(Address.objects.order_by("pk").values()) == addresses
    assert verify_log().findings == []
    assert warn_of_default_rows() == 0


@on_both
def test_sorting_again_finds_nothing(months_go, in_default):
    call_command("sort_activity", stdout=StringIO())
    before = where()
    with as_owner():
        assert sort_default() == 0
    assert where() == before


@on_both
@pytest.mark.parametrize("change", ["UPDATE {0} SET actor_name = 'x'", "DELETE FROM {0}", "TRUNCATE {0}"])
def test_sorted_rows_and_the_default_partition_are_as_append_only_as_before(
    change, months_go, in_default, owner_connection, clock, partner
):
    call_command("sort_activity", stdout=StringIO())
    write("2043-01-01T12:00:00Z", clock, partner)
    before = where()
    for table in ("activity_event", "activity_event_default", "activity_event_y2041m06"):
        with owner_connection.cursor() as cursor, pytest.raises(Exception, match="append-only"):
            cursor.execute(change.format(table))
        with connection.cursor() as cursor, pytest.raises(DatabaseError, match="permission denied"):
            cursor.execute(change.format(table))
    assert where() == before


@on_both
def test_the_web_role_cannot_sort(months_go, in_default):
    before = where()
    with pytest.raises(DatabaseError, match="permission denied"):
        sort_default()
    assert where() == before


@on_both
def test_somebody_who_writes_for_long_makes_it_stop_with_a_sentence(months_go, in_default, partner, clock, monkeypatch):
    monkeypatch.setattr(months, "LOCK_SECONDS", 1)
    before = where()
    with held_open(lambda: record(Action.SIGNED_IN, actor=Actor.visitor(), partner=partner)):
        with pytest.raises(CommandError, match="The log is being read or written"):
            call_command("sort_activity", stdout=StringIO())
        assert where() == before
    assert where()[: len(before)] == before
