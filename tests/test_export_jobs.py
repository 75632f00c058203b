"""Files that a job makes: once, whatever is killed or comes twice; for who may have them, and for seven days (A2)."""

import zipfile
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from activity import tasks
from activity.export import making
from activity.export.asking import ask_for_export, give_out_export
from activity.export.keeping import remove_old_exports
from activity.export.making import make_export, queue_lost_exports
from activity.models import Action, Event, ExportFormat, LogExport
from activity.seals.keys import signing_keys
from activity.services import record
from activity.verify import check
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Role
from csp_portal.errors import Refusal
from csp_portal.mail.models import Mail
from tests.exports import read_csv, write_rows
from tests.factories import PartnerFactory, UserFactory
from tests.helpers import in_threads, until, words_of
from tests.sealing import wait_for_others

pytestmark = pytest.mark.django_db(transaction=True)
QUERY = {"from": "2020-01-24", "to": "2020-01-24", "zone": "Asia/Seoul", "show": "all"}


@pytest.fixture
def auditor(clock, partner, settings, tmp_path):
    """Who exports, on a storage of the test's own."""
    default = settings.STORAGES["default"]
    own = {**default, "OPTIONS": {**default["OPTIONS"], "location": str(tmp_path / "storage")}}
    settings.STORAGES = {**settings.STORAGES, "default": own}
    return UserFactory(partner=partner, roles=[Role.AUDITOR], email="auditor@partner.example")


@pytest.fixture
def export(auditor):
    """An export of 40 rows that was asked for."""
    write_rows(auditor.partner, 40)
    return ask_for_export(QUERY, ExportFormat.CSV, actor=auditor)


def read(export):
    with default_storage.open(export.storage_name) as file:
        return file.read()


def stored():
    return default_storage.listdir(making.FOLDER)[1] if default_storage.exists(making.FOLDER) else []


def lose_the_role(user):
    user.role_assignments.all().delete()


def test_a_job_makes_the_file_and_mails_who_asked(export, auditor):
    assert make_export(export.public_id)
    export.refresh_from_db()
    rows = read_csv(read(export))
    assert len(rows) == export.rows_done == 41
    assert (export.state, export.size) == ("ready", len(read(export)))
    mail = Mail.objects.get()
    assert mail.to == auditor.email
    assert "2020-01-24 to 2020-01-24" in mail.subject
    assert export.get_absolute_url() in mail.text
    assert export.sha256 in mail.text


def test_its_days_are_those_of_who_asked(auditor):
    """24 January in Seoul begins at 15:00 UTC of the day before."""
    write_rows(auditor.partner, 16 * 3600)  # to 16:00 UTC
    export = ask_for_export({**QUERY, "to": "2020-01-24"}, ExportFormat.JSON_LINES, actor=auditor)
    make_export(export.public_id)
    export.refresh_from_db()
    assert export.rows_done == 15 * 3600 - 1 + 1  # before 15:00 UTC, and the row of the export itself


def test_a_worker_makes_what_was_asked_for(export, worker):
    with worker():
        tasks.make_export.delay(str(export.public_id))
        until(lambda: LogExport.objects.get().is_ready)


def test_a_second_run_finds_nothing_to_do(export):
    assert make_export(export.public_id)
    assert not make_export(export.public_id)
    assert len(stored()) == Mail.objects.count() == 1


def test_two_at_once_make_it_once(export):
    made = in_threads(*[lambda: make_export(export.public_id)] * 3)
    assert sorted(made) == [False, False, True]
    assert len(stored()) == Mail.objects.count() == 1


def test_a_job_that_fails_leaves_nothing_and_the_next_begins_anew(export, monkeypatch):
    def fails(*_given):
        raise OSError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(making, "_finish", fails)
        with pytest.raises(OSError, match="no room"):
            make_export(export.public_id)
    assert stored() == []
    assert LogExport.objects.get().state == "running"
    assert make_export(export.public_id)


def test_a_job_that_was_killed_is_found_again(export, clock, monkeypatch):
    queued = []
    monkeypatch.setattr(making, "queue_making", queued.append)
    assert queue_lost_exports() == 0
    clock.set("2020-01-24T12:02:00Z")
    assert queue_lost_exports() == 1
    assert queue_lost_exports() == 0
    assert queued == [export]


def test_one_that_is_tried_for_ever_is_given_up(export, auditor):
    LogExport.objects.update(attempts=5)
    assert not make_export(export.public_id)
    export.refresh_from_db()
    assert export.state == "failed"
    assert "could not be made" in Mail.objects.get().subject
    with pytest.raises(Refusal) as refused:
        give_out_export(export.public_id, actor=auditor)
    assert refused.value.code == "export_not_made"


def test_who_lost_the_role_meanwhile_gets_no_file(export, auditor, client_of):
    lose_the_role(auditor)
    assert not make_export(export.public_id)
    export.refresh_from_db()
    assert (export.state, stored(), Mail.objects.count()) == ("failed", [], 0)
    row = Event.objects.get(action=Action.LOG_EXPORT_REFUSED)
    assert row.details == {"reason": "role_required", "export": str(export.public_id)}


def test_who_lost_the_role_since_gets_neither_page_nor_file(export, auditor, client_of):
    make_export(export.public_id)
    browser = client_of(auditor)
    lose_the_role(auditor)
    for address in (export.get_absolute_url(), f"{export.get_absolute_url()}file/"):
        assert browser.get(address).status_code == 403
    assert not Event.objects.filter(action=Action.LOG_EXPORT_DOWNLOADED).exists()


def test_another_partners_export_is_not_found(export, client_of):
    make_export(export.public_id)
    stranger = client_of(UserFactory(partner=PartnerFactory(), roles=[Role.AUDITOR]))
    for address in (export.get_absolute_url(), f"{export.get_absolute_url()}file/"):
        assert stranger.get(address).status_code == 404
    assert "2020" not in words_of(stranger.get("/activity/export/")).partition("Exports made")[2]


def test_the_file_is_an_attachment_and_who_takes_it_is_logged(export, auditor, client_of):
    make_export(export.public_id)
    answer = client_of(auditor).get(f"{export.get_absolute_url()}file/")
    export.refresh_from_db()
    assert answer.getvalue() == read(export)
    name = "activity-2020-01-24-to-2020-01-24-auditor@partner.example.csv"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    row = Event.objects.get(action=Action.LOG_EXPORT_DOWNLOADED)
    assert (row.actor_name, row.details["export"]) == (auditor.email, str(export.public_id))


def test_no_byte_goes_that_cannot_be_logged(export, auditor, client_of, refusing_inserts):
    make_export(export.public_id)
    browser = client_of(auditor)
    browser.raise_request_exception = False
    with refusing_inserts("activity_event"):
        answer = browser.get(f"{export.get_absolute_url()}file/")
    assert (answer.status_code, answer.streaming) == (500, False)


def test_nginx_is_told_which_file_to_send(export, auditor, client_of, settings):
    make_export(export.public_id)
    settings.X_ACCEL_PREFIX = "/_files/"
    answer = client_of(auditor).get(f"{export.get_absolute_url()}file/")
    export.refresh_from_db()
    assert answer.headers["X-Accel-Redirect"] == f"/_files/whole/{export.storage_name}"
    assert answer.content == b""


@pytest.mark.parametrize(("now", "status"), [("2020-01-31T11:59:59Z", 200), ("2020-01-31T12:00:00Z", 410)])
def test_the_file_is_there_for_seven_days_and_not_a_second_longer(export, auditor, client_of, clock, now, status):
    make_export(export.public_id)
    clock.set(now)
    browser = client_of(auditor)
    answer = browser.get(f"{export.get_absolute_url()}file/")
    answer.getvalue()
    assert answer.status_code == status
    refused = Event.objects.filter(action=Action.LOG_EXPORT_REFUSED)
    assert [row.details["reason"] for row in refused] == ([] if status == 200 else ["export_expired"])
    assert ("was there until" in words_of(browser.get(export.get_absolute_url()))) == (status == 410)


def test_before_it_is_made_there_is_a_page_and_no_file(export, auditor, client_of):
    browser = client_of(auditor)
    assert browser.get(f"{export.get_absolute_url()}file/").status_code == 409
    part = browser.get(export.get_absolute_url(), headers={"HX-Request": "true"})
    assert 'hx-trigger="every 2s"' in part.content.decode()
    assert "<html" not in part.content.decode()
    make_export(export.public_id)
    part = browser.get(export.get_absolute_url(), headers={"HX-Request": "true"})
    assert "hx-trigger" not in part.content.decode()
    assert f"{export.get_absolute_url()}file/" in part.content.decode()
    export.refresh_from_db()
    assert f"Its SHA-256 is {export.sha256} ." in words_of(part)


def test_expired_files_are_removed_and_that_is_logged(export, clock):
    make_export(export.public_id)
    assert remove_old_exports() == 0
    clock.set("2020-01-31T12:00:00Z")
    assert remove_old_exports() == 1
    assert remove_old_exports() == 0
    assert stored() == []
    assert LogExport.objects.get().state == "expired"
    assert Event.objects.filter(action=Action.LOG_EXPORT_REMOVED).count() == 1


def test_a_file_that_no_export_names_is_removed_after_a_day(auditor, clock, monkeypatch):
    default_storage.save(f"{making.FOLDER}/left-behind", ContentFile(b"half"))
    assert remove_old_exports() == 0
    clock.set("2100-01-01T00:00:00Z")
    assert remove_old_exports() == 1
    assert stored() == []


def test_a_sealed_file_names_who_made_it_and_proves_itself(export, auditor, tmp_path):
    sealed = ask_for_export({**QUERY, "zone": "UTC"}, ExportFormat.BUNDLE, actor=auditor)
    wait_for_others()
    make_export(sealed.public_id)
    sealed.refresh_from_db()
    (tmp_path / "export.zip").write_bytes(read(sealed))
    with zipfile.ZipFile(BytesIO(read(sealed))) as archive:
        manifest = archive.read("manifest.json").decode()
    assert '"made_by": "auditor@partner.example"' in manifest
    assert '"complete": true' in manifest
    assert check(tmp_path / "export.zip", [signing_keys()[0].fingerprint], "").findings == []


def test_a_sealed_file_of_less_than_all_does_not_claim_to_be_complete(export, auditor):
    for query in ({**QUERY, "show": "keys"}, {**QUERY, "user": "자전거7@partner.example"}):
        sealed = ask_for_export(query, ExportFormat.BUNDLE, actor=auditor)
        wait_for_others()
        make_export(sealed.public_id)
        sealed.refresh_from_db()
        with zipfile.ZipFile(BytesIO(read(sealed))) as archive:
            assert '"complete": false' in archive.read("manifest.json").decode()


def limit_to(auditor, customer):
    auditor.role_assignments.update(log_customers=[customer.tenant_id])


def test_a_file_reaches_as_far_as_the_scope_of_who_asked_does_when_it_is_made(auditor, customer):
    record(Action.CUSTOMER_CHANGED, actor=auditor, on=customer)
    record(Action.SIGNED_IN, actor=auditor)
    for file_format in (ExportFormat.CSV, ExportFormat.BUNDLE):
        ask_for_export(QUERY, file_format, actor=auditor)
    limit_to(auditor, customer)
    wait_for_others()
    for export in LogExport.objects.all():
        assert make_export(export.public_id)
    sheet, sealed = LogExport.objects.order_by("pk")
    assert [row["Action"] for row in read_csv(read(sheet))] == ["customer_changed"]
    with zipfile.ZipFile(BytesIO(read(sealed))) as archive:
        assert '"complete": false' in archive.read("manifest.json").decode()
        lines = archive.read(f"chains/{auditor.partner.public_id}/rows.jsonl").decode()
    assert lines.count('"row":') == lines.count('"customer_changed"') == 1


def test_who_sees_a_part_of_the_log_does_not_find_the_exports_of_who_sees_more(export, customer, client_of, partner):
    make_export(export.public_id)
    limited = UserFactory(partner=partner, roles=[Role.AUDITOR])
    browser = client_of(limited)
    assert browser.get(export.get_absolute_url()).status_code == 200
    limit_to(limited, customer)
    assert browser.get(export.get_absolute_url()).status_code == 404
    assert browser.get(f"{export.get_absolute_url()}file/").status_code == 404
    own = ask_for_export(QUERY, ExportFormat.CSV, actor=type(limited).objects.get(pk=limited.pk))
    assert browser.get(own.get_absolute_url()).status_code == 200


def test_a_file_of_a_wider_scope_is_not_given_out_once_it_is_narrowed(export, auditor, customer):
    make_export(export.public_id)
    give_out_export(export.public_id, actor=auditor)
    limit_to(auditor, customer)
    narrowed = User.objects.get(pk=auditor.pk)
    assert not LogExport.objects.visible_to(narrowed).exists()
    with pytest.raises(LogExport.DoesNotExist):
        give_out_export(export.public_id, actor=narrowed)
    again = ask_for_export(QUERY, ExportFormat.CSV, actor=narrowed)
    make_export(again.public_id)
    assert give_out_export(again.public_id, actor=narrowed).storage_name
