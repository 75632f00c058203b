"""What nginx has sent is read from its access log, each line once (K8). `test_nginx.py` reads what a real one wrote."""

import json
import os
from datetime import timedelta

import pytest
from django.utils import timezone

from activity.models import Action, Event
from software.models import DownloadSession, Transfer, TransferLog
from software.services import end_transfer
from software.services.releasing import release_due
from software.services.transfer_logs import KEPT, read_transfer_logs
from tests.downloads import CONTENT, begun, link_to, session_of, used
from tests.helpers import in_threads

pytestmark = pytest.mark.django_db

SIZE = len(CONTENT)


@pytest.fixture
def folder(settings, tmp_path):
    settings.TRANSFER_LOGS = str(tmp_path)
    return tmp_path


@pytest.fixture
def link(clock, agent, customer, folder):
    """A link made at 2020-01-24 12:00 UTC."""
    return link_to(agent, customer)


def authorised(link):
    """A transfer that nginx was told to send, in a session of its own."""
    return begun(session_of(link))


@pytest.fixture
def transfer(link):
    return authorised(link)


def line(transfer, sent=SIZE, status=200):
    said = {"time": "2020-01-24T12:00:00+00:00", "transfer": str(transfer.public_id), "status": status, "sent": sent}
    return json.dumps(said).encode() + b"\n"


def write(folder, *lines, name="proxy-2020-01-24T12.log"):
    with (folder / name).open("ab") as log:
        log.write(b"".join(lines))
    return folder / name


def sent_of(transfer):
    transfer.refresh_from_db()
    return transfer.sent if transfer.ended_at else None


def test_without_a_folder_there_is_nothing_to_read(settings):
    settings.TRANSFER_LOGS = ""
    assert read_transfer_logs() == 0


def test_a_folder_that_is_not_there_is_told(settings, tmp_path):
    settings.TRANSFER_LOGS = str(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError):
        read_transfer_logs()


def test_a_line_ends_its_transfer(folder, link, transfer):
    write(folder, line(transfer))
    assert read_transfer_logs() == 1
    assert sent_of(transfer) == SIZE
    session = DownloadSession.objects.get()
    assert (session.bytes_sent, session.sent_at, session.completed_at) == (SIZE, link.granted_at, link.granted_at)


def test_a_line_counts_once_however_often_it_is_read(folder, link, transfer):
    write(folder, line(transfer, 10))
    assert [read_transfer_logs(), read_transfer_logs()] == [1, 0]
    TransferLog.objects.update(read_to=0)
    assert read_transfer_logs() == 0
    write(folder, line(transfer, 500))  # what was noted stands
    assert read_transfer_logs() == 0
    assert sent_of(transfer) == DownloadSession.objects.get().bytes_sent == 10


def test_what_is_added_is_read_from_where_it_was_left(folder, link, transfer):
    log = write(folder, line(transfer))
    read_transfer_logs()
    assert TransferLog.objects.get().read_to == log.stat().st_size
    later = authorised(link)
    write(folder, line(later, 7))
    assert read_transfer_logs() == 1
    assert sent_of(later) == 7
    assert TransferLog.objects.get().read_to == log.stat().st_size


def test_a_line_that_is_still_being_written_waits_for_its_end(folder, transfer):
    whole = line(transfer, 10)
    write(folder, whole[:-6])
    assert read_transfer_logs() == 0
    assert TransferLog.objects.get().read_to == 0
    write(folder, whole[-6:])
    assert read_transfer_logs() == 1
    assert sent_of(transfer) == 10


def test_every_nginx_and_every_hour_has_a_file_of_its_own(folder, link):
    transfers = [authorised(link) for _transfer in range(3)]
    for number, each in enumerate(transfers):
        write(folder, line(each, number + 1), name=f"proxy{number % 2}-2020-01-24T1{number}.log")
    (folder / "notes.txt").write_text("not a log")
    assert read_transfer_logs() == 3
    assert [sent_of(each) for each in transfers] == [1, 2, 3]


@pytest.mark.parametrize(
    "bad",
    [
        b"\n",
        b"not json\n",
        b"{}\n",
        b"[1]\n",
        b"null\n",
        b'"x"\n',
        b'{"transfer": 5, "status": 200, "sent": 1}\n',
        b'{"transfer": "x", "status": 200, "sent": 1}\n',
        b'{"transfer": "00000000-0000-4000-8000-000000000000", "status": 200, "sent": 1}\n',
        b'{"transfer": "00000000-0000-4000-8000-000000000000", "status": null, "sent": 1}\n',
        b"\xff\xfe\x00\n",
        b'{"transfer": "00000000-0000-4000-8000-000000000000", "status": 200, "sent": 1e999}\n',
        b"[" * 200_000 + b"\n",
    ],
)
def test_a_line_that_tells_of_no_transfer_holds_up_no_other(folder, transfer, bad, caplog):
    write(folder, bad, line(transfer, 10))
    assert read_transfer_logs() == 1
    assert sent_of(transfer) == 10
    assert "tells of no transfer" in caplog.text


def test_more_lines_than_one_note_of_the_position_are_read_in_one_run(folder, link, monkeypatch):
    monkeypatch.setattr("software.services.transfer_logs.LINES", 2)
    transfers = [authorised(link) for _transfer in range(5)]
    log = write(folder, *(line(each, 1) for each in transfers))
    assert read_transfer_logs() == 5
    assert TransferLog.objects.get().read_to == log.stat().st_size


@pytest.mark.parametrize(("sent", "status"), [(0, 200), (SIZE, 404), (SIZE, 416), (0, 499), (-3, 206)])
def test_what_sent_nothing_of_the_file_lets_the_download_be_given_back(clock, folder, link, transfer, sent, status):
    write(folder, line(transfer, sent, status))
    read_transfer_logs()
    assert sent_of(transfer) == 0
    assert used(link) == 1
    clock.set("2020-01-24T12:15:00Z")
    assert release_due() == 1
    assert used(link) == 0


@pytest.mark.parametrize("status", [500, 502, 507])
def test_a_fault_of_nginx_is_ours_and_gives_the_download_back_at_once(folder, link, transfer, status):
    write(folder, line(transfer, 1234, status))
    assert [read_transfer_logs(), read_transfer_logs()] == [1, 0]
    assert used(link) == 0
    session = DownloadSession.objects.get()
    assert (session.end, session.bytes_sent) == ("fault", 0)
    assert Event.objects.filter(action=Action.DOWNLOAD_RELEASED, details__reason="fault").count() == 1


def test_a_fault_whose_reader_was_killed_half_way_is_given_back_by_the_next(folder, link, transfer):
    write(folder, line(transfer, 0, 500))
    end_transfer(transfer.public_id, 0)  # and then the reader was killed
    assert read_transfer_logs() == 0
    assert used(link) == 0


def test_a_file_that_cannot_be_read_holds_up_no_other(folder, transfer):
    (folder / "a-2020.log").mkdir()
    write(folder, line(transfer, 10))
    with pytest.raises(IsADirectoryError):
        read_transfer_logs()
    assert sent_of(transfer) == 10


def test_another_file_under_the_same_name_is_read_from_its_start(folder, link, transfer):
    log = write(folder, line(transfer), line(transfer))
    read_transfer_logs()
    log.unlink()
    later = authorised(link)
    write(folder, line(later, 7))
    assert read_transfer_logs() == 1
    assert sent_of(later) == 7


def test_more_bytes_than_were_asked_for_are_told_of(folder, transfer, caplog):
    write(folder, line(transfer, SIZE + 1))
    read_transfer_logs()
    assert f"nginx sent {SIZE + 1} bytes" in caplog.text
    assert sent_of(transfer) == SIZE


def test_while_the_log_is_not_read_nothing_is_given_back(clock, folder, link, transfer):
    clock.set("2020-01-24T18:00:00Z")
    assert release_due() == 0
    write(folder, line(transfer, 1))
    read_transfer_logs()
    assert release_due() == 0
    assert used(link) == 1


def test_what_was_read_is_removed_after_a_day_and_what_was_not_is_kept(folder, link, transfer):
    log = write(folder, line(transfer), line(transfer)[:-9])
    old = (timezone.now() - KEPT - timedelta(minutes=1)).timestamp()
    read_transfer_logs()
    os.utime(log, (old, old))
    read_transfer_logs()
    assert log.exists()  # its last line is not whole
    with log.open("ab") as file:
        file.write(line(transfer)[-9:])
    read_transfer_logs()
    assert log.exists()  # written to just now
    os.utime(log, (old, old))
    read_transfer_logs()
    assert not log.exists()
    assert not TransferLog.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_readers_at_once_note_each_transfer_once(agent, customer, folder):
    link = link_to(agent, customer)
    transfers = [authorised(link) for _transfer in range(20)]
    write(folder, *(line(each, 3) for each in transfers))
    assert sum(in_threads(*[read_transfer_logs] * 3)) == 20
    assert sum(Transfer.objects.values_list("sent", flat=True)) == 60
    assert {session.bytes_sent for session in DownloadSession.objects.all()} == {3}
