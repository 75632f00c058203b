"""A reader of the log exports what it shows: at once, or by a job where it is much (A2, A3, P1)."""

import pytest
from django.urls import reverse

from activity.export.asking import ask_for_export
from activity.export.recording import begin_export
from activity.models import Action, Event, ExportFormat, LogExport
from activity.services import record
from csp_portal.accounts.permissions import Role
from csp_portal.errors import Refusal
from tests.exports import read_csv, read_json_lines, write_rows
from tests.factories import PartnerFactory, UserFactory
from tests.helpers import in_threads, words_of

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/activity/export/?from=2020-01-24&to=2020-01-24&show=all"
QUERY = {"from": "2020-01-24", "to": "2020-01-24", "zone": "UTC", "show": "all"}


@pytest.fixture
def auditor(clock, partner):
    return UserFactory(partner=partner, roles=[Role.AUDITOR], email="감사+1@partner.example")


@pytest.fixture
def browser(auditor, client_of):
    return client_of(auditor)


def exported(browser, file_format="csv", page=PAGE):
    return browser.post(page, {"format": file_format})


def recorded(action):
    return list(Event.objects.filter(action=action))


def test_the_log_leads_to_the_export_of_what_it_shows(browser, partner, agent):
    record(Action.SIGNED_IN, actor=agent)
    page = browser.get("/activity/?from=2020-01-24&to=2020-01-24&show=all&user=agent%40partner.example")
    href = "/activity/export/?from=2020-01-24&amp;to=2020-01-24&amp;show=all&amp;user=agent%40partner.example"
    assert f'href="{href}"' in page.content.decode()


def test_the_page_says_in_words_what_will_be_in_the_file(browser):
    words = words_of(browser.get(f"{PAGE}&customer=%EC%83%81%ED%95%98%EC%9D%B4&action=key_revealed"))
    days = "From the start of 24 January 2020 to the end of 24 January 2020, both days included, in the zone UTC."
    assert days in words
    assert "events are asked for" not in words
    assert "Customer: 상하이" in words
    assert "Action: Key shown" in words


def test_the_page_says_which_kinds_of_events_are_asked_for(browser):
    assert "All kinds of events are asked for." in words_of(browser.get(PAGE))
    assert "Only keys and downloads are asked for." in words_of(browser.get("/activity/export/"))


def test_a_small_file_comes_at_once_and_says_how_long_it_is(browser, partner):
    write_rows(partner, 30)
    answer = exported(browser)
    content = answer.getvalue()
    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) == len(content)
    users = [row["User"] for row in read_csv(content)]
    assert [*users[:3], len(users)] == [*["감사+1@partner.example"] * 2, "자전거30@partner.example", 32]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert "activity-2020-01-24-to-2020-01-24-" in answer.headers["Content-Disposition"]


def test_json_lines_come_with_the_same_rows(browser, partner):
    write_rows(partner, 30)
    rows = read_json_lines(exported(browser, "jsonl").getvalue())
    assert [row["action"] for row in rows[:3]] == ["log_exported", "signed_in", "key_revealed"]
    assert rows[2]["actor_name"] == "자전거30@partner.example"
    assert len(rows) == 32


def test_it_says_nothing_of_other_partners(browser, partner):
    write_rows(PartnerFactory(), 5)
    assert [row["Action"] for row in read_csv(exported(browser).getvalue())] == ["log_exported", "signed_in"]


def test_who_exported_what_is_logged_before_the_first_byte(browser, auditor):
    answer = exported(browser, page=f"{PAGE}&user=agent%40partner.example")
    (row,) = recorded(Action.LOG_EXPORTED)
    assert row.actor_name == auditor.email
    assert row.details == {**QUERY, "user": "agent@partner.example", "format": "csv"}
    answer.close()


@pytest.mark.parametrize("file_format", ["csv", "jsonl", "bundle"])
def test_what_cannot_be_logged_is_not_sent(browser, refusing_inserts, file_format):
    browser.raise_request_exception = False
    with refusing_inserts("activity_event"):
        answer = exported(browser, file_format)
    assert answer.status_code == 500
    assert not answer.streaming
    assert not LogExport.objects.exists()


def test_many_rows_are_left_to_a_job(browser, partner, settings):
    settings.ACTIVITY_EXPORT_STREAMED_ROWS = 31
    write_rows(partner, 30)  # and the one of the sign-in
    assert exported(browser).status_code == 200
    answer = exported(browser)  # now with the row of the first
    export = LogExport.objects.get()
    assert answer.url == export.get_absolute_url() == reverse("activity:exported", args=[export.public_id])
    assert "The file is being made: 0 rows are in it so far." in words_of(browser.get(answer.url))


def test_a_sealed_export_is_left_to_a_job(browser, auditor):
    assert exported(browser, "bundle").status_code == 302
    export = LogExport.objects.get()
    assert (export.user, export.format, export.query) == (auditor, "bundle", QUERY)
    (row,) = recorded(Action.LOG_EXPORTED)
    assert row.details == {**QUERY, "format": "bundle", "export": str(export.public_id)}


def test_two_clicks_ask_for_one_file(auditor):
    ask = [lambda: ask_for_export(QUERY, ExportFormat.BUNDLE, actor=auditor).pk] * 4
    assert len(set(in_threads(*ask))) == 1
    assert LogExport.objects.count() == len(recorded(Action.LOG_EXPORTED)) == 1


def test_so_many_may_be_under_way_and_no_more(auditor):
    for day in range(1, 6):
        ask_for_export({**QUERY, "from": f"2020-01-0{day}"}, ExportFormat.BUNDLE, actor=auditor)
    with pytest.raises(Refusal) as refused:
        ask_for_export(QUERY, ExportFormat.BUNDLE, actor=auditor)
    assert refused.value.code == "too_many_exports"
    assert LogExport.objects.count() == 5
    (row,) = recorded(Action.LOG_EXPORT_REFUSED)
    assert row.details["reason"] == "too_many_exports"


def test_who_may_not_export_is_refused_and_that_is_logged(agent, client_of, clock):
    answer = client_of(agent).post(PAGE, {"format": "csv"})
    assert answer.status_code == 403
    (row,) = recorded(Action.LOG_EXPORT_REFUSED)
    assert (row.actor_name, row.details["reason"]) == (agent.email, "role_required")
    with pytest.raises(Refusal):
        ask_for_export(QUERY, ExportFormat.BUNDLE, actor=agent)
    with pytest.raises(Refusal):
        begin_export(QUERY, ExportFormat.CSV, actor=agent)
    assert not LogExport.objects.exists()


def test_without_a_format_the_page_asks_for_one(browser):
    answer = browser.post(PAGE, {})
    assert "Choose a format." in words_of(answer)
    assert not recorded(Action.LOG_EXPORTED)


def test_days_that_cannot_be_read_are_told(browser):
    answer = browser.post("/activity/export/?from=2020-02-01&to=2020-01-01", {"format": "csv"})
    assert "What the log was asked for cannot be read" in words_of(answer)
    assert not recorded(Action.LOG_EXPORTED)
