"""CSV and JSON Lines hold the rows of the page, in its order; a spreadsheet runs none of them (A2)."""

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activity.export.sql import copy_csv, copy_json_lines, csv_head, safe
from activity.export.streaming import CopyStream
from activity.forms import LogForm
from activity.models import Action, Address, Event
from activity.paging import LogPage
from activity.services import Actor, client_address, record
from csp_portal.csv_files import safe_text
from tests.downloads import link_to
from tests.exports import read_csv, read_json_lines, write_rows
from tests.factories import PartnerFactory
from tests.sealing import seal_everything

pytestmark = pytest.mark.django_db(transaction=True)
SIGNS = st.sampled_from("=+-@＝＋－＠ \t\r\n\u3000\xa0\u2028\x1c'\"a고上")


def as_csv(events):
    return read_csv(csv_head() + b"".join(CopyStream(copy_csv(events))))


def as_json_lines(events):
    return read_json_lines(b"".join(CopyStream(copy_json_lines(events))))


def all_pages(events):
    """The rows of every page of the log, turned over one by one."""
    page = LogPage(events, {})
    rows = page.events
    while page.older:
        page = LogPage(events, {"older": str(page.older)})
        rows += page.events
    return rows


def asked(agent, **query):
    form = LogForm({"from": "2020-01-24", "to": "2020-01-24", "show": "all", **query})
    assert form.is_valid(), form.errors
    return form.narrow(Event.objects.of_partner(agent.partner_id))


def test_they_hold_the_same_rows_in_the_same_order_as_all_pages(clock, agent):
    write_rows(agent.partner, 130)
    write_rows(agent.partner, 70)  # a second row of the same instant
    write_rows(PartnerFactory(), 10)
    events = asked(agent)
    names = [event.actor_name for event in all_pages(events)]
    assert len(names) == 200
    assert [row["User"] for row in as_csv(events)] == names
    assert [row["actor_name"] for row in as_json_lines(events)] == names


def test_a_filter_of_the_page_is_one_of_the_file(clock, agent):
    address = client_address.set("203.0.113.9")
    record(Action.SIGNED_IN, actor=agent)
    client_address.reset(address)
    record(Action.SIGNED_IN, actor=agent)
    (row,) = as_csv(asked(agent, address="203.0.113.9"))
    assert row["IP address"] == "203.0.113.9"
    assert Address.objects.count() == 1


def test_what_nobody_may_see_is_a_file_with_its_heads_only(agent):
    assert as_csv(Event.objects.none()) == []
    assert as_json_lines(Event.objects.none()) == []
    assert csv_head().startswith("\ufeffTime,Time for spreadsheets (UTC),User,What,".encode())


def test_who_saw_the_key_made_the_link_and_used_it_are_told_apart(clock, agent, customer):
    link = link_to(agent, customer)
    record(Action.DOWNLOAD_STARTED, actor=Actor.link_holder(), on=link)
    record(Action.KEY_REVEALED, actor=agent, on=link)
    told = ["Saw the key", "Made the link", "Used the link"]
    rows = {row["Action"]: [row[name] for name in told] for row in as_csv(asked(agent))}
    assert rows["link_granted"] == ["", agent.email, ""]
    assert rows["download_started"] == ["", agent.email, "holder of the link"]
    assert rows["key_revealed"] == [agent.email, agent.email, ""]
    for event, row in zip(all_pages(asked(agent)), as_json_lines(asked(agent)), strict=True):
        assert [row["saw_the_key"], row["made_the_link"], row["used_the_link"]] == [
            event.saw_the_key,
            event.made_the_link,
            event.used_the_link,
        ]
        assert row["what"] == event.what


def test_an_instant_is_told_for_programs_and_for_spreadsheets(clock, agent):
    clock.set("2020-01-24T23:59:59.000007Z")
    record(Action.SIGNED_IN, actor=agent)
    with timezone.override("Asia/Seoul"):
        (row,) = as_csv(Event.objects.of_partner(agent.partner_id))
    assert row["Time"] == "2020-01-24T23:59:59.000007Z"
    assert row["Time for spreadsheets (UTC)"] == "2020-01-24 23:59:59"


def test_a_row_that_is_sealed_has_its_place_and_another_has_none(clock, agent):
    record(Action.SIGNED_IN, actor=agent)
    seal_everything()
    record(Action.SIGNED_IN, actor=agent)
    newest, oldest = as_csv(asked(agent))
    assert (newest["Position"], oldest["Position"]) == ("", "1")
    assert newest["Chain"] == str(agent.partner.public_id)
    assert [row["position"] for row in as_json_lines(asked(agent))] == [None, 1]


NASTY = [
    '=HYPERLINK("http://evil.example","x")',
    'first line\nsecond, "quoted"\r\nthird',
    "상하이 새벽별 기술, 주식회사",
    "上海晨星科技有限公司",
    "\\.",
    "back\\slash \\n",
    "\t＝1+1",
    "\u2028+1",
]


def test_every_row_comes_whole_whatever_stands_in_it(clock, agent, customer):
    for name in NASTY:
        customer.company_name = name
        record(Action.CUSTOMER_CHANGED, actor=agent, on=customer, details={"note": name})
    events = asked(agent)
    assert [row["Customer"] for row in as_csv(events)] == [safe_text(name) for name in reversed(NASTY)]
    rows = as_json_lines(events)
    assert [row["customer_name"] for row in rows] == NASTY[::-1]
    assert [row["details"]["note"] for row in rows] == NASTY[::-1]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(SIGNS, max_size=6), st.text(st.characters(exclude_characters="\0", codec="utf-8"))))
def test_the_database_makes_a_cell_harmless_as_python_does(db, text):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce({safe('cell')}, '') FROM (SELECT %s AS cell) AS given", [text])
        assert cursor.fetchone() == (safe_text(text),)
