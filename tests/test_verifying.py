"""`verify_activity` names what was changed, dropped, added or swapped in the database, triggers or not (A5)."""

import re
from contextlib import contextmanager

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from activity.models import Action, Event, Seal, SealedRow
from activity.seals.rows import COLUMNS, FROM, LoggedRow, Place
from activity.seals.verifying import verify_log
from activity.services import Actor, client_address, record, record_each
from tests.helpers import in_threads
from tests.sealing import seal_everything

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tampered(tamper):
    """`with tampered(statement): …`: one row is changed by it, and after the block all is as it was."""
    tables = ("activity_event", "activity_sealedrow", "activity_seal")

    @contextmanager
    def meanwhile(statement, *parameters):
        for table in tables:
            tamper(f"CREATE TEMPORARY TABLE kept_{table} AS TABLE {table}")
        assert tamper(statement, *parameters) == 1, statement
        yield
        for table in tables:
            tamper(f"DELETE FROM {table}")
            tamper(f"INSERT INTO {table} SELECT * FROM kept_{table}")
            tamper(f"DROP TABLE kept_{table}")

    return meanwhile


@pytest.fixture
def rows(partner, agent, customer):
    """Five sealed rows of the partner's chain, with everything that a row can hold, under two seals."""
    token = client_address.set("203.0.113.9")
    subject = {
        "partner_id": partner.pk,
        "customer_id": customer.tenant_id,
        "customer_name": "서울 클라우드",
        "product_id": "DZH318Z0BPS6",
        "product_name": "Windows Server",
        "order_number": "7F3K9Q2M8D",
        "purchase_id": customer.tenant_id,
        "key_last_five": "ABCDE",
        "key_hash": "0" * 64,
        "key_hash_key_id": "k1",
        "link_id": customer.tenant_id,
        "link_made_by": agent.email,
    }
    made = []
    for number in (3, 2):
        with transaction.atomic():  # so that one seal covers them, whatever else runs on the server
            made += [_write(agent, subject) for _row in range(number)]
        seal_everything()
    client_address.reset(token)
    placed = SealedRow.objects.filter(partner=partner).order_by("position").values_list("event_id", flat=True)
    return [pk for pk in placed if pk in {event.pk for event in made}]


def _write(agent, subject):
    thing = type("Thing", (), {"log_subject": lambda self: subject})()
    return record(Action.KEY_REVEALED, actor=agent, on=thing, details={"label": "사무실", "rows": 3})


def position(pk):
    return SealedRow.objects.get(event_id=pk).position


def findings():
    return verify_log().findings


def test_what_nobody_touched_stands(rows):
    done = verify_log()
    assert done.findings == []
    assert done.rows == Event.objects.count()
    assert done.seals == Seal.objects.count()


CHANGES = (
    "action = 'key_copied'",
    "actor_kind = 'system'",
    "actor_id = gen_random_uuid()",
    "actor_id = NULL",
    "actor_name = overlay(actor_name placing 'x' from 1 for 1)",
    "customer_id = gen_random_uuid()",
    "customer_name = '서울 클라우그'",
    "product_id = 'DZH318Z0BPS7'",
    "product_name = 'Windows Servers'",
    "order_number = '7F3K9Q2M8E'",
    "purchase_id = NULL",
    "key_last_five = 'ABCDF'",
    "key_hash = '1' || substr(key_hash, 2)",
    "key_hash_key_id = 'k2'",
    "link_id = gen_random_uuid()",
    "link_made_by = ''",
    """details = jsonb_set(details, '{rows}', '4')""",
    """details = details || '{"more": null}'""",
    "ip_commitment = set_byte(ip_commitment, 0, 255 - get_byte(ip_commitment, 0))",
    "xid = (xid::text::bigint - 1)::text::xid8",
    "server_epoch = server_epoch + 1",
    "customer_name = '', product_name = customer_name || product_name",
)


def test_a_row_of_which_anything_was_changed_is_named(rows, partner, tampered):
    named = [f"chain {partner.public_id}: row {position(rows[1])} (event {rows[1]}) was changed"]
    for change in CHANGES:
        with tampered(f"UPDATE activity_event SET {change} WHERE id = %s", rows[1]):
            assert findings() == named, change
    assert findings() == []


def test_a_row_of_another_time_is_named(rows, tamper):
    """Its place has lost it, and where it stands now it has none."""
    tamper("UPDATE activity_event SET occurred_at = occurred_at + interval '1 microsecond' WHERE id = %s", rows[1])
    moved, added = findings()
    assert f"row {position(rows[1])} (event {rows[1]}) has another time than it was sealed with" in moved
    assert f"event {rows[1]} of" in added


def test_a_row_moved_into_another_chain_is_named(rows, tamper):
    tamper("UPDATE activity_event SET partner_id = NULL WHERE id = %s", rows[1])
    assert any(f"(event {rows[1]}) was changed" in finding for finding in findings())


def test_a_row_that_was_dropped_is_named(rows, tamper):
    tamper("DELETE FROM activity_event WHERE id = %s", rows[2])
    (finding,) = findings()
    assert f"row {position(rows[2])} (event {rows[2]}) is gone" in finding


def test_two_rows_that_were_swapped_are_both_named(rows, tamper):
    first, second = rows[0], rows[4]
    tamper("UPDATE activity_event SET id = -id WHERE id IN (%s, %s)", first, second)
    tamper("UPDATE activity_event SET id = CASE id WHEN %s THEN %s ELSE %s END WHERE id < 0", -first, second, first)
    times = "UPDATE activity_event a SET occurred_at = s.occurred_at FROM activity_sealedrow s WHERE s.event_id = a.id"
    tamper(times)
    named = [finding for finding in findings() if "was changed" in finding]
    assert len(named) == 2
    assert f"(event {first})" in named[0]
    assert f"(event {second})" in named[1]


def add_beneath(tamper, pk):
    """A row with the number 0, in the transaction of the row `pk`."""
    names = "occurred_at, partner_id, action, actor_kind, actor_name, customer_name, product_id, product_name"
    names += ", order_number, key_last_five, key_hash, key_hash_key_id, link_made_by, details, ip_commitment, xid"
    tamper(f"INSERT INTO activity_event (id, {names}) SELECT 0, {names} FROM activity_event WHERE id = %s", pk)


def test_a_row_added_beneath_what_was_sealed_is_named(rows, partner, tamper):
    add_beneath(tamper, rows[0])
    (finding,) = findings()
    assert "event 0 of" in finding
    assert "was added beneath what had been sealed" in finding


@pytest.mark.parametrize("address", ["203.0.113.8", "203.0.113.9/24", "2001:db8::9"])
def test_another_address_is_named(rows, tamper, address):
    tamper("UPDATE activity_address SET address = %s WHERE event_id = %s", address, rows[0])
    (finding,) = findings()
    assert f"row {position(rows[0])} (event {rows[0]}) has another address" in finding


def test_an_address_that_is_gone_before_its_time_is_named(rows, tamper):
    tamper("DELETE FROM activity_address WHERE event_id = %s", rows[1])
    (finding,) = findings()
    assert f"row {position(rows[1])} (event {rows[1]}) has lost its address" in finding


def test_an_address_that_was_redacted_breaks_nothing(partner, agent, clock, tamper):
    token = client_address.set("203.0.113.9")
    old = record(Action.SIGNED_IN, actor=agent)
    client_address.reset(token)
    seal_everything()
    tamper("DELETE FROM activity_address WHERE event_id = %s", old.pk)
    assert findings() == []


LAST = "NOT EXISTS (SELECT FROM activity_seal l WHERE l.partner_id = seal.partner_id AND l.number > seal.number)"
DONE_TO_SEALS = [
    ("DELETE FROM activity_sealedrow WHERE position = 2", "the place of row 2 is missing"),
    ("UPDATE activity_sealedrow SET hash = sha256(hash) WHERE position = 2", "was changed"),
    ("UPDATE activity_sealedrow SET salt = sha256(salt) WHERE position = 2", "was changed"),
    ("DELETE FROM activity_seal WHERE number = 1", "seal 1 is missing: seal 2 stands in its place"),
    (f"DELETE FROM activity_seal seal WHERE {LAST}", "and those behind it is missing"),
    ("UPDATE activity_seal SET sealed_at = now() WHERE number = 1", "seal 1 was changed"),
    ("UPDATE activity_seal SET rows = sha256(rows) WHERE number = 1", "seal 1 was changed"),
    ("UPDATE activity_seal SET hash = sha256(hash) WHERE number = 1", "seal 1 was changed"),
    (
        "UPDATE activity_seal SET latest = latest + interval '1 second' WHERE number = 2",
        "seal 2 was changed",
    ),
    (
        "UPDATE activity_seal SET signature = set_byte(signature, 3, 7) WHERE number = 2",
        "seal 2 has a signature that does not hold",
    ),
]


def test_what_was_done_to_seals_is_named(partner, rows, tampered):
    for statement, said in DONE_TO_SEALS:
        with tampered(f"{statement} AND partner_id = {partner.pk}"):
            named = findings()
        assert any(f"chain {partner.public_id}: " in finding and said in finding for finding in named), statement


def test_a_hash_changed_together_with_its_row_is_found_by_the_seal(rows, partner, tamper):
    row = SealedRow.objects.get(event_id=rows[1])
    tamper("UPDATE activity_event SET actor_name = 'somebody else' WHERE id = %s", rows[1])
    forged = _hash_now(rows[1], row)
    tamper("UPDATE activity_sealedrow SET hash = %s WHERE event_id = %s", forged, rows[1])
    (finding,) = findings()
    assert re.search(r"the hash of one of the rows \d+ to \d+ \(seal \d\) was changed", finding)


def _hash_now(pk, sealed):
    """The hash of a row as it stands, as a forger would take it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {COLUMNS} FROM {FROM} WHERE event.id = %s", [pk])
        return Place(sealed.position, bytes(sealed.salt)).hash_of(LoggedRow(*cursor.fetchone()))


def test_the_command_says_that_all_is_well(rows, capsys):
    call_command("verify_activity")
    assert "everything stands as it was sealed" in capsys.readouterr().out


def test_the_command_names_the_first_bad_row_and_fails(rows, partner, tamper):
    tamper("UPDATE activity_event SET actor_name = 'somebody else' WHERE id IN (%s, %s)", rows[3], rows[1])
    with pytest.raises(CommandError) as told:
        call_command("verify_activity")
    first, second = str(told.value).splitlines()
    assert first == f"WRONG: chain {partner.public_id}: row {position(rows[1])} (event {rows[1]}) was changed."
    assert f"(event {rows[3]})" in second


def test_a_chain_whose_seals_were_all_removed_is_named(rows, partner, tamper):
    tamper("DELETE FROM activity_seal WHERE partner_id = %s", partner.pk)
    tamper("UPDATE activity_event SET actor_name = 'somebody else' WHERE id = %s", rows[1])
    assert findings() == [f"chain {partner.public_id}: the seal of row 1 and those behind it is missing"]


def test_a_twin_of_a_sealed_row_is_named(rows, tamper):
    copied = "occurred_at + interval '1 second', partner_id, action, actor_kind, 'somebody else', customer_name"
    copied += ", product_id, product_name, order_number, key_last_five, key_hash, key_hash_key_id, link_made_by"
    names = "id, occurred_at, partner_id, action, actor_kind, actor_name, customer_name, product_id, product_name"
    names += ", order_number, key_last_five, key_hash, key_hash_key_id, link_made_by, details, ip_commitment, xid"
    tamper(
        f"INSERT INTO activity_event ({names}) SELECT id, {copied}, details, ip_commitment, xid"
        " FROM activity_event WHERE id = %s",
        rows[0],
    )
    (finding,) = findings()
    assert f"event {rows[0]} of" in finding
    assert "was added beneath what had been sealed" in finding


def test_places_that_are_missing_in_great_number_are_named_as_one(partner, rows, tamper):
    tamper("UPDATE activity_seal SET last = 4611686018427387904 WHERE number = 2 AND partner_id = %s", partner.pk)
    named = findings()
    assert any("the places of the rows 6 to 4611686018427387904 are missing" in finding for finding in named)
    assert len(named) < 10


def test_the_first_findings_are_named_and_the_others_counted(partner, tamper):
    record_each(Action.LINK_EXPIRED, actor=Actor.visitor(), on=[partner] * 60)
    seal_everything()
    tamper("UPDATE activity_event SET actor_name = 'somebody else' WHERE partner_id = %s", partner.pk)
    done = verify_log()
    assert (len(done.findings), done.more) == (20, 40)
    with pytest.raises(CommandError, match=r"And 40 more\.$"):
        call_command("verify_activity")


SERVER = "system_identifier = (SELECT system_identifier FROM pg_control_system())"
DONE_TO_THE_PLACE = [
    (f"UPDATE activity_epoch SET xid = 3, event_id = 1 WHERE {SERVER}", "was set back"),
    (f"DELETE FROM activity_epoch WHERE {SERVER}", "was set back"),
    (f"UPDATE activity_epoch SET xid = xid + 1000000, event_id = 10000000 WHERE {SERVER}", "was set ahead"),
]


@pytest.mark.parametrize(("statement", "said"), DONE_TO_THE_PLACE, ids=["set back", "removed", "set ahead"])
def test_a_place_of_the_sealer_that_was_changed_is_named(rows, tamper, statement, said):
    assert tamper(statement) == 1
    assert any(said in finding for finding in findings())


def test_a_row_added_beneath_is_found_whatever_is_done_to_the_place_of_the_sealer(rows, partner, tamper):
    add_beneath(tamper, rows[0])
    tamper(f"DELETE FROM activity_epoch WHERE {SERVER}")
    assert any("event 0 of" in finding and "was added beneath" in finding for finding in findings())


def test_a_row_that_the_sealer_would_never_come_to_is_named(rows, agent, tamper):
    hidden = record(Action.SIGNED_IN, actor=agent)
    tamper("UPDATE activity_event SET xid = '9000000000000' WHERE id = %s", hidden.pk)
    (finding,) = findings()
    assert f"event {hidden.pk} of" in finding
    assert "so that it is never sealed" in finding


@pytest.mark.parametrize("number", ["1e5000", "1e400", "0.1"])
def test_details_with_any_number_are_sealed_and_stand(rows, agent, partner, tamper, number):
    odd = record(Action.SIGNED_IN, actor=agent)
    tamper("UPDATE activity_event SET details = %s::jsonb WHERE id = %s", f'{{"odd": {number}}}', odd.pk)
    seal_everything()
    assert findings() == []
    tamper("UPDATE activity_event SET details = %s::jsonb WHERE id = %s", '{"odd": 7}', odd.pk)
    (finding,) = findings()
    assert f"(event {odd.pk}) was changed" in finding


def test_a_head_that_was_noted_is_looked_for_in_the_database(rows, partner, tamper):
    noted = Seal.objects.head_of(partner.pk).head
    call_command("verify_activity", head=noted)
    tamper("DELETE FROM activity_seal WHERE number = 2 AND partner_id = %s", partner.pk)
    tamper("DELETE FROM activity_sealedrow WHERE event_id = ANY (%s)", rows[3:])
    tamper("DELETE FROM activity_event WHERE id = ANY (%s)", rows[3:])
    with pytest.raises(CommandError, match=f"no seal has the hash {noted}"):
        call_command("verify_activity", head=noted)


def test_what_is_sealed_while_it_is_checked_is_no_finding(rows, partner, agent):
    """The whole log is looked at as of one moment, and the sealer is not held up by it."""

    def seal_more(_rows):
        if not Event.objects.filter(action=Action.SIGNED_IN, partner=partner).exists():
            in_threads(lambda: record(Action.SIGNED_IN, actor=agent))
            in_threads(seal_everything)

    assert verify_log(seal_more).findings == []
    assert findings() == []
