"""Sealing gives each row one place in its chain, in an order that nothing can come before any more (A5)."""

import threading
from datetime import UTC, datetime

import psycopg2
import pytest
from django.db import DatabaseError, connection, transaction

from activity.models import Action, Epoch, Event, Seal, SealedRow
from activity.seals import sealing
from activity.seals.sealing import seal_log
from activity.seals.verifying import verify_log
from activity.services import Actor, record, record_each
from activity.verify import NO_SEAL
from tests.factories import PartnerFactory
from tests.held_open import held_open
from tests.helpers import in_threads, until
from tests.sealing import seal_everything

pytestmark = pytest.mark.django_db(transaction=True)
NOBODY = Actor.visitor()


def write(partner=None, action=Action.SIGNED_IN, **details):
    return record(action, actor=NOBODY, partner=partner, details=details)


def places(partner):
    """The events of a chain in the order of their positions."""
    return list(SealedRow.objects.filter(partner=partner).order_by("position").values_list("event_id", flat=True))


def seals(partner=None):
    return list(Seal.objects.of_chain(partner.pk if partner else None))


def test_each_partner_has_a_chain_of_its_own_and_the_operator_one(partner):
    other = PartnerFactory()
    with transaction.atomic():  # so that no transaction of another test parts them
        ours = [write(partner).pk, write(partner).pk]
    theirs, operators = [write(other).pk], [write().pk]
    seal_everything()
    assert (places(partner), places(other)) == (ours, theirs)
    assert set(operators) <= set(places(None))
    assert [(seal.number, seal.first, seal.last) for seal in seals(partner)] == [(1, 1, 2)]


def test_the_next_seal_goes_on_where_the_last_one_ended_and_holds_its_hash(partner):
    write(partner)
    seal_everything()
    with transaction.atomic():
        write(partner), write(partner)
    seal_everything()
    first, second = seals(partner)
    assert (second.number, second.first, second.last) == (2, 2, 3)
    assert bytes(second.previous).hex() == first.head
    assert bytes(first.previous).hex() == NO_SEAL


def test_each_row_has_a_salt_of_its_own(partner):
    record_each(Action.LINK_EXPIRED, actor=NOBODY, on=[partner] * 20)
    seal_everything()
    salts = {bytes(row.salt) for row in SealedRow.objects.filter(partner=partner)}
    assert (len(salts), {len(salt) for salt in salts}) == (20, {16})


def test_with_nothing_new_nothing_is_sealed(partner):
    write(partner)
    seal_everything()
    before = Seal.objects.count()
    assert seal_log() == 0
    assert Seal.objects.count() == before


def test_a_row_waits_for_a_slow_transaction_that_began_before_it(partner):
    with held_open(lambda: write(partner, slow=True)) as slow:
        quick = write(partner)
        seal_log()
        assert places(partner) == []
        slow.commit()
        seal_everything()
    held = Event.objects.get(details={"slow": True})
    assert places(partner) == [held.pk, quick.pk]
    assert verify_log().findings == []


def test_a_transaction_that_only_reads_holds_nothing_up(partner):
    write(partner)
    with held_open(lambda: Event.objects.count()):
        seal_everything()
    assert len(places(partner)) == 1


def test_no_seal_spans_two_months(partner, clock):
    with transaction.atomic():
        clock.set("2020-01-31T23:59:59.999999Z")
        write(partner)
        clock.set("2020-02-01T00:00:00Z")
        write(partner), write(partner)
        clock.set("2020-01-31T23:59:59Z")
        write(partner)  # by a clock that was set back
    seal_everything()
    assert [(f"{seal.month:%Y-%m}", seal.first, seal.last) for seal in seals(partner)] == [
        ("2020-01", 1, 1),
        ("2020-02", 2, 3),
        ("2020-01", 4, 4),
    ]
    middle = seals(partner)[1]
    assert middle.earliest == middle.latest == datetime(2020, 2, 1, tzinfo=UTC)
    assert verify_log().findings == []


def test_a_batch_is_one_transaction_and_the_next_goes_on(partner, monkeypatch):
    monkeypatch.setattr(sealing, "BATCH", 4)
    record_each(Action.LINK_EXPIRED, actor=NOBODY, on=[partner] * 10)
    seal_everything()
    assert [seal.last for seal in seals(partner)][-1] == 10
    assert len(seals(partner)) == 3
    assert places(partner) == sorted(places(partner))
    assert verify_log().findings == []


def test_what_fails_half_way_seals_nothing_and_is_done_again(partner, refusing_inserts):
    write(partner)
    with refusing_inserts("activity_seal"), pytest.raises(DatabaseError):
        until(lambda: seal_log() > 0, seconds=120)
    assert not SealedRow.objects.exists()
    assert not Epoch.objects.filter(event_id__gt=0).exists()
    seal_everything()
    assert len(places(partner)) == 1


def test_two_sealers_at_once_seal_each_row_once(partner):
    record_each(Action.LINK_EXPIRED, actor=NOBODY, on=[partner] * 300)
    in_threads(*[seal_log] * 4)
    seal_everything()
    assert SealedRow.objects.filter(partner=partner).count() == 300
    assert verify_log().findings == []


def test_eight_writers_and_a_sealer_lose_and_repeat_nothing(partner):
    other, over, rows = PartnerFactory(), threading.Event(), 40

    def writer(number):
        for turn in range(rows):
            with transaction.atomic():
                write(partner if turn % 2 else other, writer=number, turn=turn)
                if turn % 7 == 0:
                    write(partner, writer=number, again=turn)

    def sealer():
        while not over.is_set():
            seal_log()
        connection.close()

    running = threading.Thread(target=sealer)
    running.start()
    in_threads(*[lambda number=number: writer(number) for number in range(8)])
    over.set()
    running.join()
    seal_everything()
    for chain in (partner, other):
        placed = SealedRow.objects.filter(partner=chain).order_by("position")
        assert [row.position for row in placed] == list(range(1, len(placed) + 1))
        assert {row.event_id for row in placed} == set(Event.objects.of_partner(chain.pk).values_list("pk", flat=True))
    assert verify_log().findings == []


def test_rows_of_a_server_that_was_left_are_sealed_before_those_of_the_new_one(partner, superuser_connection):
    """A dump that was restored elsewhere: transaction numbers start anew, low, and say nothing beside the old ones."""
    old = [write(partner).pk, write(partner).pk]
    seal_everything()
    old.append(write(partner).pk)  # not sealed when the old server went
    with superuser_connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE activity_event SET server_epoch = 7, xid = (xid::text::bigint + 1000000)::text::xid8")
        cursor.execute("UPDATE activity_epoch SET system_identifier = 7, xid = xid + 1000000")
        cursor.execute("SET session_replication_role = DEFAULT")
    new = write(partner).pk
    seal_everything()
    assert places(partner) == [*old, new]
    assert Epoch.objects.count() == 2


def test_a_server_that_was_never_sealed_on_is_not_passed_over(partner, superuser_connection):
    old = write(partner).pk
    with superuser_connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE activity_event SET server_epoch = 7")
        cursor.execute("SET session_replication_role = DEFAULT")
    new = write(partner).pk
    seal_everything()
    assert places(partner) == [old, new]


@pytest.mark.parametrize("table", ["activity_seal", "activity_sealedrow", "activity_sealkey", "activity_droppedmonth"])
@pytest.mark.parametrize("statement", ["UPDATE {0} SET partner_id = NULL", "DELETE FROM {0}", "TRUNCATE {0} CASCADE"])
def test_seals_are_append_only(table, statement, partner, owner_connection):
    """For the web role by its rights, for the owner by triggers."""
    write(partner)
    seal_everything()
    statement = statement.replace("partner_id = NULL", "id = id") if table == "activity_sealkey" else statement
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="permission denied"):
        cursor.execute(statement.format(table))
    if table != "activity_droppedmonth" or "TRUNCATE" in statement:  # row triggers speak where there is a row
        with owner_connection.cursor() as cursor, pytest.raises(psycopg2.Error, match="append-only"):
            cursor.execute(statement.format(table))
    assert SealedRow.objects.filter(partner=partner).exists()
