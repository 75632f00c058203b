"""A sealed export proves itself on a machine with nothing but Python, and names what was done to it (A5)."""

import base64
import json
import shutil
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from activity.models import Action, Address, Event, Seal, SealedRow
from activity.seals.keys import SigningKey
from activity.services import Actor, client_address, record
from activity.verify import Unreadable, check, key_message, manifest_message
from tests.factories import PartnerFactory
from tests.held_open import held_open
from tests.sealed_exports import DAY, chain_file, export, key, lines_of, rewrite, verified, wrong
from tests.sealing import seal_everything

pytestmark = pytest.mark.django_db(transaction=True)
HIDDEN = "its rows are not those that were exported: one was hidden, or an address taken out"


@pytest.fixture
def log(clock, partner, agent):
    """Three days of the partner's log, and another partner's; sealed each day."""
    other = PartnerFactory(legal_name="Somebody Else Ltd")
    token = client_address.set("203.0.113.9")
    for day in (24, 25, 26):
        clock.set(f"2020-01-{day}T12:00:00Z")
        with transaction.atomic():  # so that one seal covers them, whatever else runs on the server
            for turn in range(3):
                record(Action.KEY_REVEALED if turn else Action.SIGNED_IN, actor=agent, details={"note": "확인 · 确认"})
        record(Action.SIGNED_IN, actor=Actor.visitor(), partner=other, details={"secret": "of another partner"})
        seal_everything()
    client_address.reset(token)
    return partner


def test_a_complete_export_proves_that_nothing_is_missing(log, tmp_path):
    folder = export(log, tmp_path / "whole")
    status, said = verified(folder, "--key", key(), "--head", Seal.objects.head_of(log.pk).head)
    assert status == 0
    assert "9 rows, 0 left out" in said
    assert "none was changed, dropped, added or swapped" in said
    assert "The head that was given is among its seals." in said
    assert "signer not checked" not in said


def test_it_holds_all_that_the_log_tells_and_its_addresses(log, agent, tmp_path):
    first = lines_of(export(log, tmp_path / "whole"), "rows")[0]
    assert first["row"]["actor_name"] == agent.email
    assert first["row"]["details"] == {"note": "확인 · 确认"}
    assert (first["row"]["occurred_at"], first["address"]) == ("2020-01-24T12:00:00.000000Z", "203.0.113.9")


def test_it_says_nothing_of_other_partners(log, tmp_path):
    folder = export(log, tmp_path / "whole")
    told = "".join(path.read_text() for path in folder.rglob("*") if path.is_file())
    assert "another partner" not in told
    assert "Somebody Else" not in told
    ids = {str(event.pk) for event in Event.objects.all()}
    assert not ids & {str(line["row"].get("id")) for line in lines_of(folder, "rows")}


def test_a_day_of_it_has_the_rows_of_its_seals_and_proves_that_no_other_has_some(log, tmp_path):
    folder = export(log, tmp_path / "day", start=DAY + timedelta(days=1), days=1)
    status, said = verified(folder, "--key", key())
    assert (status, "3 rows, 0 left out" in said) == (0, True)
    assert [line["position"] for line in lines_of(folder, "rows")] == [4, 5, 6]


def test_a_day_that_claims_fewer_rows_than_the_seals_have_is_found(log, tmp_path):
    folder = export(log, tmp_path / "day", start=DAY, days=2)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["chains"][0]["last"] = 3
    (folder / "manifest.json").write_text(json.dumps(manifest))
    rewrite(folder, "rows", lines_of(folder, "rows")[:3])
    found = wrong(folder)
    assert "the manifest has a signature that does not hold." in found
    assert any("seal 2 has rows of these days, and the export leaves it out" in finding for finding in found)


def test_without_a_key_the_signer_is_not_checked(log, tmp_path):
    status, said = verified(export(log, tmp_path / "whole"))
    assert status == 0
    assert "signer not checked" in said
    assert "No head was given" in said


def test_with_another_key_the_signer_is_named(log, tmp_path):
    found = wrong(export(log, tmp_path / "whole"), "--key", "0" * 64)
    assert found[0] == f"the manifest is signed with the key {key()}, for which no key that was given vouches."


def test_with_another_head_it_says_that_seals_were_cut_off(log, tmp_path):
    assert wrong(export(log, tmp_path / "whole"), "--head", "1" * 64) == [
        f"no seal has the hash {'1' * 64}: seals were cut off, or it is another chain's."
    ]


def test_an_earlier_head_is_found_among_its_seals(log, tmp_path):
    noted = Seal.objects.get(partner=log, number=1).head
    assert verified(export(log, tmp_path / "late", start=DAY + timedelta(days=2)), "--head", noted)[0] == 0


def test_a_row_of_which_a_byte_was_changed_is_named(log, tmp_path):
    folder = export(log, tmp_path / "whole")
    lines = lines_of(folder, "rows")
    lines[4]["row"]["actor_name"] = "x" + lines[4]["row"]["actor_name"][1:]
    rewrite(folder, "rows", lines)
    assert wrong(folder) == [f"chain {log.public_id}: row 5 was changed."]


def test_another_address_is_named(log, tmp_path):
    folder = export(log, tmp_path / "whole")
    lines = lines_of(folder, "rows")
    lines[4]["address"] = "203.0.113.8"
    rewrite(folder, "rows", lines)
    assert wrong(folder) == [f"chain {log.public_id}: row 5 has another address than it was written with."]


def test_a_row_whose_hash_was_changed_with_it_is_found_by_its_seal(log, tmp_path):
    folder = export(log, tmp_path / "whole")
    lines = lines_of(folder, "rows")
    lines[4] = {**lines[4], "hash": "0" * 64}
    del lines[4]["row"]
    rewrite(folder, "rows", lines)
    assert "row 5 is left out, though the export says that it is complete." in wrong(folder)[0]


def test_a_row_that_was_dropped_is_named(log, tmp_path):
    folder = export(log, tmp_path / "whole")
    lines = lines_of(folder, "rows")
    rewrite(folder, "rows", lines[:4] + lines[5:])
    assert wrong(folder) == [f"chain {log.public_id}: row 5 is not in its place: it was dropped or moved."]


def test_the_last_row_that_was_dropped_is_named(log, tmp_path):
    folder = export(log, tmp_path / "whole")
    rewrite(folder, "rows", lines_of(folder, "rows")[:-1])
    assert wrong(folder) == [f"chain {log.public_id}: row 9 is not in its place: it was dropped or moved."]


def test_a_row_that_was_added_is_named(log, tmp_path):
    folder = export(log, tmp_path / "whole")
    lines = lines_of(folder, "rows")
    rewrite(folder, "rows", [*lines, {**lines[-1], "position": 10}])
    assert wrong(folder) == [f"chain {log.public_id}: row 10 is under no seal of the export: it was added."]


def test_two_rows_that_were_swapped_are_named(log, tmp_path):
    folder = export(log, tmp_path / "whole")
    lines = lines_of(folder, "rows")
    lines[3], lines[4] = lines[4], lines[3]
    rewrite(folder, "rows", lines)
    assert wrong(folder) == [
        f"chain {log.public_id}: row 4 is not in its place: it was dropped or moved.",
        f"chain {log.public_id}: row 4 stands behind row 5: it was added or moved.",
    ]


def test_two_rows_that_changed_places_and_positions_are_both_named(log, tmp_path):
    folder = export(log, tmp_path / "whole")
    lines = lines_of(folder, "rows")
    for field in ("row", "salt", "hash"):
        lines[3][field], lines[4][field] = lines[4][field], lines[3][field]
    rewrite(folder, "rows", lines)
    found = wrong(folder)
    assert found[0].endswith(f"row 4 is row 5 of the chain {log.public_id}.")
    assert found[1].endswith(f"row 5 is row 4 of the chain {log.public_id}.")


def test_a_seal_that_was_removed_is_named(log, tmp_path):
    folder = export(log, tmp_path / "whole")
    seals = lines_of(folder, "seals")
    rewrite(folder, "seals", [seals[0], seals[2]])
    assert any("seal 2 is missing: seal 3 stands in its place" in finding for finding in wrong(folder))


def test_the_last_seal_that_was_removed_with_its_rows_is_named(log, tmp_path):
    folder = export(log, tmp_path / "whole")
    rewrite(folder, "seals", lines_of(folder, "seals")[:-1])
    rewrite(folder, "rows", lines_of(folder, "rows")[:-3])
    assert wrong(folder) == [
        f"chain {log.public_id}: the seals end with number 2, and not with 3 as the manifest says."
    ]


def test_a_seal_that_was_changed_has_no_signature_that_holds(log, tmp_path):
    folder = export(log, tmp_path / "whole")
    seals = lines_of(folder, "seals")
    seals[1]["content"]["sealed_at"] = "2020-01-25T00:00:00.000000Z"
    rewrite(folder, "seals", seals)
    found = wrong(folder)
    assert f"chain {log.public_id}: seal 2 has a signature that does not hold." in found
    assert f"chain {log.public_id}: seal 3 does not follow the one before it: one of the two was changed." in found


def test_a_filtered_export_vouches_for_what_it_leaves_out(log, tmp_path):
    wanted = Event.objects.of_partner(log.pk).filter(action=Action.KEY_REVEALED)
    folder = export(log, tmp_path / "filtered", events=wanted, query={"action": "key_revealed"})
    status, said = verified(folder, "--key", key())
    assert (status, "6 rows, 3 left out" in said) == (0, True)
    left_out = [line for line in lines_of(folder, "rows") if "row" not in line]
    assert [sorted(line) for line in left_out] == [["hash", "position"]] * 3


def test_of_a_filtered_export_too_nothing_can_be_dropped(log, tmp_path):
    wanted = Event.objects.of_partner(log.pk).filter(action=Action.KEY_REVEALED)
    folder = export(log, tmp_path / "filtered", events=wanted)
    lines = lines_of(folder, "rows")
    rewrite(folder, "rows", [*lines[:4], *lines[5:]])
    assert wrong(folder) == [f"chain {log.public_id}: row 5 is not in its place: it was dropped or moved."]


def test_a_redacted_address_breaks_nothing(log, tmp_path, superuser_connection):
    with superuser_connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM activity_address")
    assert not Address.objects.exists()
    folder = export(log, tmp_path / "whole")
    assert verified(folder)[0] == 0
    assert not any("address" in line for line in lines_of(folder, "rows"))


def test_an_address_that_was_gone_before_its_time_is_named(log, agent, clock, tmp_path, tamper):
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        (now,) = cursor.fetchone()
    clock.set(now.isoformat())
    token = client_address.set("203.0.113.9")
    recent = record(Action.SIGNED_IN, actor=agent)
    client_address.reset(token)
    seal_everything()
    assert tamper("DELETE FROM activity_address WHERE event_id = %s", recent.pk) == 1
    folder = export(log, tmp_path / "recent", start=now - timedelta(days=1), days=2)
    assert wrong(folder) == [f"chain {log.public_id}: row 10 has lost its address."]


@pytest.mark.parametrize(
    ("statement", "was"),
    [
        ("UPDATE activity_event SET action = 'signed_in' WHERE id = %s", "changed"),
        ("DELETE FROM activity_event WHERE id = %s", "removed"),
    ],
    ids=["changed", "removed"],
)
def test_a_row_that_was_changed_so_that_a_filter_leaves_it_out_is_named(log, tmp_path, tamper, statement, was):
    hidden = SealedRow.objects.get(partner=log, position=5)
    assert tamper(statement, hidden.event_id) == 1
    wanted = Event.objects.of_partner(log.pk).filter(action=Action.KEY_REVEALED)
    folder = export(log, tmp_path / "filtered", events=wanted)
    said = f"row 5 was {was} before the export was made, which leaves it out"
    assert wrong(folder) == [f"chain {log.public_id}: {said}."]


def test_an_export_that_is_signed_with_a_key_that_was_replaced_is_named(log, tmp_path, settings):
    old = settings.ACTIVITY_SIGNING_KEYS
    settings.ACTIVITY_SIGNING_KEYS = [base64.urlsafe_b64encode(bytes(32)).decode(), *old]
    folder = export(log, tmp_path / "whole")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest |= {"key": SigningKey(old[0]).fingerprint, "made_at": "2020-01-26T12:00:01.000000Z"}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "manifest.sig").write_text(SigningKey(old[0]).sign(manifest_message(manifest)).hex())
    assert wrong(folder) == [
        f"the manifest is signed with the key {manifest['key']}, which another had replaced before."
    ]


def test_a_key_that_was_replaced_vouches_for_one_other_only(log, tmp_path, settings):
    """Whoever has stolen the old key makes a key of their own, which it introduces, and signs an export with that."""
    old = settings.ACTIVITY_SIGNING_KEYS
    stolen, new, own = SigningKey(old[0]), *(base64.urlsafe_b64encode(bytes([n]) * 32).decode() for n in (1, 2))
    settings.ACTIVITY_SIGNING_KEYS = [new, *old]
    folder = export(log, tmp_path / "whole")
    keys, manifest = (json.loads((folder / f"{name}.json").read_text()) for name in ("keys", "manifest"))
    forged = {"key": SigningKey(own).fingerprint, "previous": stolen.fingerprint, "introduced_at": manifest["made_at"]}
    by = {
        name: by.sign(key_message(forged)).hex() for name, by in (("by_key", SigningKey(own)), ("by_previous", stolen))
    }
    keys.append({**forged, **by, "public_key": SigningKey(own).public_bytes.hex()})
    (folder / "keys.json").write_text(json.dumps(keys))
    manifest["key"] = forged["key"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "manifest.sig").write_text(SigningKey(own).sign(manifest_message(manifest)).hex())
    (found,) = wrong(folder, "--key", SigningKey(new).fingerprint)
    assert "for which no key that was given vouches" in found


def test_days_without_a_row_are_an_export_too(log, tmp_path):
    folder = export(log, tmp_path / "none", start=DAY + timedelta(days=400))
    assert verified(folder)[0] == 0
    assert lines_of(folder, "rows") == []


def test_the_command_checks_the_file_too(log, tmp_path, capsys):
    folder = export(log, tmp_path / "whole")
    call_command("verify_activity", str(folder.parent / "export.zip"), key=[key()])
    assert "none was changed" in capsys.readouterr().out
    lines = lines_of(folder, "rows")
    lines[0]["row"]["action"] = "signed_out"
    rewrite(folder, "rows", lines)
    with pytest.raises(CommandError, match="row 1 was changed"):
        call_command("verify_activity", str(folder))


def test_what_is_no_export_is_told_in_a_sentence(tmp_path):
    (tmp_path / "letter.zip").write_text("no zip file")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("verify_activity", str(tmp_path / "letter.zip"))
    shutil.copy("activity/verify.py", tmp_path)
    command = [sys.executable, "-I", "-S", "verify.py", "letter.zip"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert "letter.zip cannot be read" in done.stderr


def test_a_row_that_is_hidden_behind_its_hash_is_found(log, tmp_path):
    wanted = Event.objects.of_partner(log.pk).filter(action=Action.KEY_REVEALED)
    folder = export(log, tmp_path / "filtered", events=wanted)
    lines = lines_of(folder, "rows")
    shown = next(number for number, line in enumerate(lines) if "row" in line)
    lines[shown] = {name: lines[shown][name] for name in ("position", "hash")}
    rewrite(folder, "rows", lines)
    assert wrong(folder, "--key", key()) == [f"chain {log.public_id}: {HIDDEN}."]


def test_an_address_that_is_taken_out_is_found(log, tmp_path):
    folder = export(log, tmp_path / "whole")
    lines = lines_of(folder, "rows")
    del lines[0]["address"]
    rewrite(folder, "rows", lines)
    assert wrong(folder) == [f"chain {log.public_id}: {HIDDEN}."]


def test_a_row_told_twice_in_one_line_is_found(log, tmp_path):
    """A reader that takes the first of two members of one name would read another row than was checked."""
    folder = export(log, tmp_path / "whole")
    file = chain_file(folder, "rows")
    file.write_text(file.read_text().replace('{"address"', '{"row":{"actor_name":"nobody"},"address"', 1))
    assert wrong(folder) == [f"chain {log.public_id}: {HIDDEN}."]


def test_rows_that_were_not_sealed_yet_are_told(log, agent, tmp_path):
    with held_open(lambda: record(Action.SIGNED_IN, actor=agent)):
        record(Action.SIGNED_IN, actor=agent)
        folder = export(log, tmp_path / "whole")
    status, said = verified(folder)
    assert (status, "1 rows of these days were not sealed yet" in said) == (0, True)


@pytest.mark.parametrize(
    "broken",
    ["[]", '{"format": 1}', "[" * 100_000, '{"format": 1, "chains": 7, "key": "x"}', "\xff"],
    ids=["a list", "nothing in it", "deep", "no chains", "no text"],
)
def test_a_manifest_that_is_broken_is_told_in_a_sentence(log, tmp_path, broken):
    folder = export(log, tmp_path / "whole")
    (folder / "manifest.json").write_text(broken, encoding="latin-1")
    command = [sys.executable, "-I", "-S", "verify.py", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    with pytest.raises(CommandError):
        call_command("verify_activity", str(folder))


def test_a_zip_file_that_is_broken_anywhere_makes_no_stack_trace(log, tmp_path):
    export(log, tmp_path / "whole")
    whole = (tmp_path / "whole" / "export.zip").read_bytes()
    for place in range(40, len(whole), len(whole) // 25):
        broken = bytearray(whole)
        broken[place] ^= 1
        (tmp_path / "broken.zip").write_bytes(broken)
        with suppress(Unreadable):
            check(tmp_path / "broken.zip")
