"""Files of requests: judged by content, kept by our own names, given out as attachments, each time logged (S3)."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, transaction

from activity.models import Action, Event
from cancellations.support.models import Attachment, Draft, SupportRequest
from cancellations.support.services.files import FOLDER, add_file, remove_file
from cancellations.support.services.filing import file_request
from cancellations.support.services.talking import reply_as_partner
from cancellations.support.tasks import remove_nameless_files, remove_old_drafts
from csp_portal.accounts.permissions import Role
from csp_portal.errors import Refusal
from tests.attachments import PDF, PNG, office, uploaded
from tests.factories import PartnerFactory, UserFactory, buy_line, make_sku
from tests.helpers import in_threads, source_of, words_of
from tests.support import refund_fields

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_storage(settings, tmp_path):
    """A storage in which no test that runs beside this one keeps anything."""
    disk = {**settings.STORAGES["default"], "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "default": disk}


def stored():
    """The names of the files that the storage holds for support."""
    try:
        return set(default_storage.listdir(FOLDER)[1])
    except FileNotFoundError:
        return set()


@pytest.fixture
def line(clock, agent, customer):
    return buy_line(agent, customer, make_sku(keys=1))


@pytest.fixture
def sent(agent, line):
    """A file that came with a request."""
    draft_id = uuid4()
    add_file(draft_id, uploaded("견적서 2020.pdf", PDF), actor=agent)
    return file_request(refund_fields(line, agent), draft_id=draft_id, actor=agent).attachments.get()


def refusal_of(name, content, actor, draft_id=None):
    """The reason for which a file was not taken, with nothing left behind."""
    before = Attachment.objects.count(), stored()
    with pytest.raises(Refusal) as refused:
        add_file(draft_id or uuid4(), uploaded(name, content), actor=actor)
    assert (Attachment.objects.count(), stored()) == before
    assert Event.objects.filter(action=Action.FILE_REFUSED).latest("pk").details["reason"] == refused.value.code
    return refused.value


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("a.pdf", PDF, "application/pdf"),
        ("屏幕截图.PNG", PNG, "image/png"),
        ("a.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x00" * 40, "image/jpeg"),
        ("a.gif", b"GIF89a" + b"\x00" * 40, "image/gif"),
        ("a.webp", b"RIFF\x24\x00\x00\x00WEBPVP8 " + b"\x00" * 40, "image/webp"),
        ("a.docx", office("word"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.xlsx", office("xl"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("a.eml", b"Received: from a\r\nFrom: x@y.example\r\nSubject: y\r\n\r\nbody", "message/rfc822"),
        ("a.txt", "설치 오류 0x80070005".encode(), "text/plain; charset=utf-8"),
        ("a.csv", "주문,수량\n1,2".encode("utf-8-sig"), "text/csv; charset=utf-8"),
    ],
)
def test_what_support_can_read_is_taken_and_typed_by_its_content(agent, name, content, content_type):
    attachment = add_file(uuid4(), uploaded(name, content), actor=agent)
    assert (attachment.name, attachment.content_type, attachment.size) == (name, content_type, len(content))
    with default_storage.open(attachment.storage_name) as file:
        assert file.read() == content


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.pdf", b"", "attachment_empty"),
        ("setup.exe", b"MZ\x90\x00" + b"\x00" * 100, "attachment_type_not_taken"),
        ("invoice.pdf", b"MZ\x90\x00" + b"\x00" * 100, "attachment_not_what_it_says"),
        ("readme.txt", b"MZ\x90\x00" + b"\x00" * 100, "attachment_not_what_it_says"),
        ("picture.png", PDF, "attachment_not_what_it_says"),
        ("picture.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "attachment_type_not_taken"),
        ("picture.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "attachment_not_what_it_says"),
        ("page.html", b"<!doctype html><script>alert(1)</script>", "attachment_type_not_taken"),
        ("page.txt", b" \n<!DOCTYPE html><script>alert(1)</script>", "attachment_not_what_it_says"),
        ("page.csv", b"<script>alert(1)</script>", "attachment_not_what_it_says"),
        ("korean.txt", "한국어".encode("euc-kr"), "attachment_not_what_it_says"),
        ("cut.txt", "한국어".encode()[:-1], "attachment_not_what_it_says"),
        ("a.docx", office("xl"), "attachment_not_what_it_says"),
        ("a.xlsx", office("xl", "xl/vbaProject.bin"), "attachment_not_what_it_says"),
        ("a.docx", b"PK\x03\x04 no archive", "attachment_not_what_it_says"),
        ("page.docx", b"<script>alert(1)</script>" + office("word"), "attachment_not_what_it_says"),
        ("archive.pdf", PDF.ljust(257) + b"ustar\x0000" + b"\x00" * 200, "attachment_not_what_it_says"),
        ("no ending", PDF, "attachment_type_not_taken"),
    ],
)
def test_anything_else_is_refused_with_the_reason(agent, name, content, code):
    refusal = refusal_of(name, content, agent)
    assert refusal.code == code
    assert name in refusal.message


def test_a_file_has_at_most_the_size_of_the_settings(agent, settings):
    settings.SUPPORT_LARGEST_FILE = len(PDF)
    assert add_file(uuid4(), uploaded("a.pdf", PDF), actor=agent).size == len(PDF)
    assert refusal_of("a.pdf", PDF + b" ", agent).code == "attachment_too_large"


def test_a_request_has_at_most_as_many_files_as_the_settings_say(agent, settings):
    settings.SUPPORT_MOST_FILES, draft_id = 2, uuid4()
    for number in range(2):
        add_file(draft_id, uploaded(f"{number}.pdf", PDF), actor=agent)
    assert refusal_of("3.pdf", PDF, agent, draft_id).code == "too_many_files"


def test_a_reply_brings_no_more_files_than_the_request_may_have(agent, sent, settings):
    settings.SUPPORT_MOST_FILES, draft_id, request = 2, uuid4(), sent.request
    added = [add_file(draft_id, uploaded(f"{number}.pdf", PDF), actor=agent) for number in range(2)]
    with pytest.raises(Refusal) as refused:
        reply_as_partner(request.number, "첨부합니다.", draft_id=draft_id, actor=agent)
    assert refused.value.code == "too_many_files"
    assert (request.events.count(), request.attachments.count()) == (1, 1)
    remove_file(added[0].public_id, actor=agent)
    reply_as_partner(request.number, "첨부합니다.", draft_id=draft_id, actor=agent)
    assert (request.events.count(), request.attachments.count()) == (2, 2)


@pytest.mark.django_db(transaction=True)
def test_of_many_files_at_once_no_more_are_taken(agent, settings):
    settings.SUPPORT_MOST_FILES, draft_id, before = 2, uuid4(), stored()
    works = [lambda: add_file(draft_id, uploaded("a.pdf", PDF), actor=agent)] * 5
    assert in_threads(*works).count("too_many_files") == 3
    assert Attachment.objects.count() == len(stored() - before) == 2


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        (r"C:\Users\김민준\로그.txt", "로그.txt"),
        ("a\x00b\u202etxt.exe.txt", "a b txt.exe.txt"),
        ("名" * 300 + ".txt", "名" * 251 + ".txt"),
    ],
)
def test_a_name_is_kept_and_never_used_as_a_path(agent, given, kept):
    upload = uploaded("x.txt", b"text")
    upload._name = given  # as another client than Django's might send it
    attachment = add_file(uuid4(), upload, actor=agent)
    assert attachment.name == kept
    folder, _slash, name = attachment.storage_name.partition("/")
    assert (folder, len(name), int(name, 16) > 0) == (FOLDER, 32, True)


def test_an_upload_that_breaks_leaves_nothing_behind(agent, settings):
    """The row fails after the file is stored: it would be larger than its column takes."""
    settings.SUPPORT_LARGEST_FILE = 2**80
    before, upload = stored(), uploaded("a.pdf", PDF)
    upload.size = 2**70
    with pytest.raises(DatabaseError), transaction.atomic():
        add_file(uuid4(), upload, actor=agent)
    assert stored() == before
    assert not Attachment.objects.exists()


# Getting them


def test_a_file_is_sent_as_an_attachment_and_each_time_logged(client_of, agent, sent):
    browser = client_of(agent)
    for times in (1, 2):
        response = browser.get(sent.get_absolute_url())
        assert response.getvalue() == PDF
        assert Event.objects.filter(action=Action.FILE_DOWNLOADED, actor_name=agent.email).count() == times
    headers = response.headers
    assert headers["Content-Disposition"].startswith("attachment; filename*=utf-8''%EA%B2%AC%EC%A0%81%EC%84%9C")
    assert headers["Content-Type"] == "application/pdf"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["Cache-Control"] == "private, no-store"
    event = Event.objects.filter(action=Action.FILE_DOWNLOADED).latest("pk")
    assert (event.partner, event.details["file"]) == (agent.partner, "견적서 2020.pdf")
    assert event.details["request"] == sent.request.number


@pytest.mark.parametrize(
    ("who", "status"),
    [("colleague", 200), ("support", 200), ("another partner", 404), ("auditor", 403), ("keeper", 403)],
)
def test_who_may_have_a_file_of_a_request(client_of, agent, support_agent, keeper, sent, who, status):
    users = {
        "colleague": lambda: UserFactory(partner=agent.partner, roles=[Role.GLOBAL_ADMIN]),
        "support": lambda: support_agent,
        "another partner": lambda: UserFactory(partner=PartnerFactory(), roles=[Role.ADMIN_AGENT]),
        "auditor": lambda: UserFactory(partner=agent.partner, roles=[Role.AUDITOR]),
        "keeper": lambda: keeper,
    }
    response = client_of(users[who]()).get(sent.get_absolute_url())
    assert response.status_code == status
    assert (response.getvalue() == PDF) == (status == 200)
    assert Event.objects.filter(action=Action.FILE_DOWNLOADED).exists() == (status == 200)


def test_a_file_of_a_draft_is_its_authors_alone(client_of, agent, support_agent):
    attachment = add_file(uuid4(), uploaded("a.pdf", PDF), actor=agent)
    colleague = UserFactory(partner=agent.partner, roles=[Role.ADMIN_AGENT])
    statuses = [client_of(user).get(attachment.get_absolute_url()).status_code for user in (colleague, support_agent)]
    assert statuses == [404, 404]
    response = client_of(agent).get(attachment.get_absolute_url())
    assert response.getvalue() == PDF


# With the form


def test_files_survive_a_submit_that_fails_and_go_with_the_one_that_does_not(client_of, agent, line):
    browser = client_of(agent)
    page = browser.get("/support/new/", {"purchase": line.purchase.public_id})
    data = {field.name: field.value() or "" for field in page.context["form"] if field.name != "notice_accepted"}
    data |= {"files": [uploaded("a.pdf", PDF), uploaded("截图.png", PNG)]}
    failed = browser.post("/support/new/", data)
    assert "a.pdf" in words_of(failed)
    assert "截图.png" in words_of(failed)
    del data["files"]
    removed = browser.post("/support/new/", {**data, "remove": str(Attachment.objects.get(name="a.pdf").public_id)})
    assert "a.pdf" not in words_of(removed)
    filled = {"description": "주문 실수", "refund_reason": "by_mistake", "notice_accepted": "on"}
    assert browser.post("/support/new/", {**data, **filled}).status_code == 302
    request = SupportRequest.objects.get()
    assert [file.name for file in request.attachments.all()] == ["截图.png"]
    assert request.attachments.get().event == request.events.get()


def test_a_file_that_is_refused_says_why_and_files_nothing(client_of, agent, line):
    browser = client_of(agent)
    page = browser.get("/support/new/", {"purchase": line.purchase.public_id})
    data = {field.name: field.value() or "" for field in page.context["form"]}
    data |= {"description": "주문 실수", "refund_reason": "by_mistake", "notice_accepted": "on"}
    response = browser.post("/support/new/", {**data, "files": [uploaded("a.png", PDF)]})
    assert "The content of a.png is not what its name says." in words_of(response)
    assert not SupportRequest.objects.exists()


def test_with_scripts_each_file_comes_alone(client_of, agent):
    browser, draft_id = client_of(agent), str(uuid4())
    taken = browser.post("/support/drafts/files/", {"draft": draft_id, "files": uploaded("a.pdf", PDF)})
    refused = browser.post("/support/drafts/files/", {"draft": draft_id, "files": uploaded("b.pdf", PNG)})
    assert (taken.status_code, refused.status_code) == (200, 400)
    assert 'id="file-list"' in source_of(taken)
    assert "a.pdf" in words_of(refused)
    assert "The content of b.pdf is not what its name says." in words_of(refused)


def test_nobody_adds_files_to_somebody_elses_draft(client_of, agent):
    draft = add_file(uuid4(), uploaded("a.pdf", PDF), actor=agent).draft
    before, colleague = stored(), UserFactory(partner=agent.partner, roles=[Role.ADMIN_AGENT])
    data = {"draft": str(draft.public_id), "files": uploaded("b.pdf", PDF)}
    assert client_of(colleague).post("/support/drafts/files/", data).status_code == 404
    assert (draft.attachments.count(), stored()) == (1, before)


@pytest.mark.django_db(transaction=True)
def test_nobody_removes_files_of_somebody_else_or_of_a_request(agent, sent):
    draft = add_file(uuid4(), uploaded("a.pdf", PDF), actor=agent)
    colleague = UserFactory(partner=agent.partner, roles=[Role.ADMIN_AGENT])
    remove_file(draft.public_id, actor=colleague)
    remove_file(sent.public_id, actor=agent)
    assert Attachment.objects.count() == 2
    remove_file(draft.public_id, actor=agent)
    assert list(Attachment.objects.all()) == [sent]
    assert not default_storage.exists(draft.storage_name)


# What is left behind


@pytest.mark.django_db(transaction=True)
def test_a_draft_of_a_week_ago_goes_with_its_files(clock, agent):
    clock.set("2020-01-17T12:00:01Z")
    kept = add_file(uuid4(), uploaded("a.pdf", PDF), actor=agent)
    clock.set("2020-01-17T12:00:00Z")
    old = add_file(uuid4(), uploaded("b.pdf", PDF), actor=agent)
    clock.set("2020-01-24T12:00:00Z")
    assert (remove_old_drafts(), remove_old_drafts()) == (1, 0)
    assert list(Draft.objects.all()) == [kept.draft]
    assert default_storage.exists(kept.storage_name)
    assert not default_storage.exists(old.storage_name)


def test_stored_files_that_no_row_names_go_after_a_day(agent):
    named = add_file(uuid4(), uploaded("a.pdf", PDF), actor=agent)
    nameless = default_storage.save(f"{FOLDER}/{uuid4().hex}", ContentFile(b"killed"))
    remove_nameless_files()
    assert default_storage.exists(nameless)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1, minutes=1)):
        remove_nameless_files()
    assert not default_storage.exists(nameless)
    assert default_storage.exists(named.storage_name)
