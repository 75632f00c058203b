"""`manage.py export_activity`: a file that is there whole or not at all, recorded in every chain of it (A2, A3, A5)."""

import os
import subprocess
import sys
import zipfile

import pytest
from django.core.management import CommandError, call_command

from activity.export import streaming
from activity.models import Action, Event, Seal
from activity.seals.keys import signing_keys
from activity.services import Actor, record
from activity.verify import check, report
from tests.exports import read_csv, read_json_lines, write_rows
from tests.factories import PartnerFactory
from tests.processes import CHECKOUT
from tests.sealing import wait_for_others

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def chains(clock, agent):
    """A row of two partners and of the operator on 24 January, and one of the day after."""
    record(Action.SIGNED_IN, actor=agent)
    record(Action.SIGNED_IN, actor=Actor.visitor(), partner=PartnerFactory(), details={"of": "another"})
    record(Action.PARTNER_CREATED, actor=Actor.system("create_partner"))
    clock.set("2020-01-25T00:00:00Z")
    record(Action.SIGNED_IN, actor=agent, details={"day": "25"})
    clock.set("2020-02-10T00:00:00Z")
    return agent.partner


def export(path, file_format="jsonl", first="2020-01-24", last="2020-01-24", partner=""):
    days = [f"--from={first}", f"--to={last}"]
    call_command("export_activity", str(path), *days, f"--format={file_format}", f"--partner={partner}")
    return path.read_bytes()


def test_it_writes_every_chain_of_the_days(chains, tmp_path, capsys):
    rows = read_json_lines(export(tmp_path / "log.jsonl"))
    assert [row["action"] for row in rows] == ["partner_created", "signed_in", "signed_in"]
    assert rows[0]["chain"] == "operator"
    assert {row["chain"] for row in rows[1:]} >= {str(chains.public_id)}
    assert capsys.readouterr().out == f"{tmp_path / 'log.jsonl'}: 3 rows.\n"


def test_both_days_are_included_in_utc(chains, tmp_path):
    assert len(read_csv(export(tmp_path / "log.csv", "csv", last="2020-01-25"))) == 4
    assert read_csv(export(tmp_path / "none.csv", "csv", first="2020-01-26", last="2020-01-26")) == []


def test_one_partners_rows_say_nothing_of_the_others(chains, tmp_path):
    rows = read_json_lines(export(tmp_path / "log.jsonl", partner=str(chains.public_id)))
    assert [row["chain"] for row in rows] == [str(chains.public_id)]


def test_a_sealed_export_seals_first_and_proves_itself(chains, tmp_path):
    path = tmp_path / "log.zip"
    wait_for_others()
    export(path, "bundle")
    with zipfile.ZipFile(path) as archive:
        assert len([name for name in archive.namelist() if name.endswith("rows.jsonl")]) == 3
    keys = [signing_keys()[0].fingerprint]
    result = check(path, keys, Seal.objects.head_of(chains.pk).head)
    assert result.findings == []
    assert any("none was changed" in line for line in report(result, keys))


def test_it_is_recorded_in_every_chain_of_it(chains, tmp_path):
    export(tmp_path / "log.csv", "csv")
    rows = Event.objects.filter(action=Action.LOG_EXPORTED)
    assert {row.actor_name for row in rows} == {"system:export_activity"}
    assert len({row.partner_id for row in rows}) == 3
    told = {"from": "2020-01-24", "to": "2020-01-24", "zone": "UTC", "show": "all", "format": "csv"}
    assert all(row.details == told for row in rows)


def test_what_cannot_be_recorded_is_not_written(chains, tmp_path, refusing_inserts):
    with refusing_inserts("activity_event"), pytest.raises(Exception, match="denied for table activity_event"):
        export(tmp_path / "log.csv", "csv")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_left_alone(chains, tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("mine")
    with pytest.raises(CommandError, match="is there already"):
        export(path, "csv")
    assert path.read_text() == "mine"
    assert not Event.objects.filter(action=Action.LOG_EXPORTED).exists()


def test_ctrl_c_leaves_nothing_half(chains, tmp_path, monkeypatch):
    def interrupted(self):
        yield b"half"
        raise KeyboardInterrupt

    monkeypatch.setattr(streaming.CopyStream, "__iter__", interrupted)
    with pytest.raises(CommandError, match="Stopped; no file was written"):
        export(tmp_path / "log.csv", "csv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"first": "2020-02-01"}, "2020-02-01 is after 2020-01-24: give the earlier day with --from"),
        ({"partner": "nobody"}, "No partner has the id nobody"),
    ],
)
def test_what_is_asked_for_wrongly_is_told_in_a_sentence(chains, tmp_path, options, told):
    with pytest.raises(CommandError, match=told):
        export(tmp_path / "log.csv", "csv", **options)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told_in_a_sentence(chains, tmp_path):
    with pytest.raises(CommandError, match="cannot be written: No such file or directory"):
        export(tmp_path / "nowhere" / "log.csv", "csv")


def test_a_day_that_is_none_is_told_how_to_write_it(tmp_path):
    with pytest.raises(CommandError, match=r"'31\.1\.2020' is no day\. Write year, month and day, like 2020-01-31\."):
        call_command("export_activity", str(tmp_path / "x"), "--from=31.1.2020", "--to=2020-01-31", "--format=csv")


def peak_of(path, file_format):
    """The most memory that the command ever had, in KiB, when it exports all rows in a process of its own."""
    words = ["manage.py", "export_activity", "--from", "2020-01-01", "--to", "2020-01-31", "--format", file_format]
    process = subprocess.Popen([sys.executable, "-W", "ignore", *words, str(path)], cwd=CHECKOUT, stdout=-3)
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = status
    assert status == 0
    return used.ru_maxrss


@pytest.mark.parametrize("file_format", ["csv", "jsonl"])
def test_memory_does_not_grow_with_the_rows(partner, tmp_path, file_format):
    write_rows(partner, 2_000)
    few = peak_of(tmp_path / "few", file_format)
    write_rows(partner, 58_000)
    many = peak_of(tmp_path / "many", file_format)
    assert (tmp_path / "many").stat().st_size > 16 * 1024 * 1024
    assert many < few + 6 * 1024
