"""The cursor: each sealed row once and in the order of its position, however late it was committed (A6)."""

import threading

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from activity.feeds.cursors import cursor_of, place_of, read_cursor
from activity.models import Action, DroppedMonth, Event, Seal, SealedRow
from activity.seals.sealing import seal_log
from activity.services import Actor, client_address, record, record_each
from csp_portal.accounts.permissions import Role
from tests.factories import PartnerFactory, UserFactory
from tests.feeds import Collector
from tests.held_open import held_open
from tests.helpers import in_threads
from tests.sealing import seal_everything

pytestmark = pytest.mark.django_db(transaction=True)
NOBODY = Actor.visitor()
CHAIN = "0c8ac4b6-5f5a-4f5c-9d53-5b0b8a2d7f10"


@pytest.fixture
def collector(global_admin):
    return Collector(global_admin)


def write(partner, action=Action.SIGNED_IN, **details):
    return record(action, actor=NOBODY, partner=partner, details=details)


def positions(items):
    return [item["position"] for item in items]


def test_rows_come_in_the_order_of_their_positions_and_each_once(collector, partner):
    record_each(Action.LINK_EXPIRED, actor=NOBODY, on=[partner] * 7)
    seal_everything()
    count = SealedRow.objects.filter(partner=partner).count()
    first, second = collector.poll(size=3), collector.poll(size=3)
    assert positions(first + second) == [1, 2, 3, 4, 5, 6]
    assert positions(first + second + collector.read_on(size=3)) == list(range(1, count + 1))


def test_a_row_tells_what_is_hashed_of_it_and_its_address(collector, partner, global_admin):
    token = client_address.set("203.0.113.7")
    record(Action.KEY_REVEALED, actor=global_admin, details={"customer": "上海晨星科技有限公司"})
    client_address.reset(token)
    seal_everything()
    item = next(item for item in collector.read_on() if item["action"] == "key_revealed")
    assert (item["actor_name"], item["address"]) == (global_admin.email, "203.0.113.7")
    assert item["chain"] == str(partner.public_id)
    assert item["details"] == {"customer": "上海晨星科技有限公司"}
    assert item["occurred_at"].endswith("Z")
    assert not {"origin", "salt", "id", "xid"} & item.keys()


def test_at_the_end_the_cursor_waits_for_what_comes(collector, partner):
    seal_everything()
    collector.read_on()
    assert collector.poll() == []
    write(partner, late=True)
    assert collector.poll() == []  # not sealed yet
    seal_everything()
    assert [item["details"] for item in collector.poll()][-1] == {"late": True}


def test_an_empty_log_has_a_cursor_too(collector):
    answer = collector.ask()
    assert answer.json()["items"] == []
    assert answer.json()["nextCursor"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_row_that_is_committed_late_is_not_skipped(collector, partner):
    with held_open(lambda: write(partner, slow=True)) as slow:
        write(partner, quick=True)
        seal_log()
        seen = collector.read_on()
        slow.commit()
    seal_everything()
    told = [item["details"] for item in seen + collector.read_on() if item["action"] == "signed_in"]
    assert told == [{"slow": True}, {"quick": True}]


def test_eight_writers_a_sealer_and_a_collector_at_once_end_with_every_row_once(collector, partner):
    over, seen, rows = threading.Event(), [], 30

    def writer(number):
        for turn in range(rows):
            with transaction.atomic():
                write(partner, writer=number, turn=turn)
                if turn % 7 == 0:
                    write(partner, writer=number, again=turn)

    def until_over(work):
        while not over.is_set():
            work()
        connection.close()

    beside = [
        threading.Thread(target=until_over, args=[seal_log]),
        threading.Thread(target=until_over, args=[lambda: seen.extend(collector.poll(size=20))]),
    ]
    for thread in beside:
        thread.start()
    in_threads(*[lambda number=number: writer(number) for number in range(8)])
    over.set()
    for thread in beside:
        thread.join()
    seal_everything()
    seen += collector.read_on()
    assert positions(seen) == list(range(1, Event.objects.of_partner(partner.pk).count() + 1))
    told = [item["details"] for item in seen if item["action"] == "signed_in"]
    assert len(told) == len({tuple(details.items()) for details in told}) == 8 * (rows + 5)


def test_the_rows_of_others_are_in_no_feed(collector, partner):
    other = PartnerFactory()
    record_each(Action.LINK_EXPIRED, actor=NOBODY, on=[other] * 5)
    record(Action.SIGNED_IN, actor=NOBODY)  # the operator's chain
    write(partner)
    seal_everything()
    assert {item["chain"] for item in collector.read_on()} == {str(partner.public_id)}


def drop(partner, month):
    """What retention leaves: the rows are gone, their seals and a record stand (unsigned here; nobody verifies it)."""
    seal = Seal.objects.of_chain(partner.pk).filter(month=month).first()
    DroppedMonth.objects.create(
        partner=partner, month=month, rows=1, digest=b"", dropped_at=seal.sealed_at, dropped_by="system:keeping",
        key_id=seal.key_id, signature=b"",
    )  # fmt: skip


def written_in_three_months(partner, clock):
    """Three rows in each of three months; answers the positions of the middle one's."""
    for day in ("2020-02-10", "2020-03-10", "2020-04-10"):
        clock.set(f"{day}T12:00:00Z")
        record_each(Action.LINK_EXPIRED, actor=NOBODY, on=[partner] * 3)
        seal_everything()
    seals = {f"{seal.month:%Y-%m}": (seal.first, seal.last) for seal in Seal.objects.of_chain(partner.pk)}
    return seals["2020-02"], seals["2020-03"], seals["2020-04"]


def test_a_cursor_behind_what_was_dropped_goes_on_with_the_first_row_kept_and_says_so(clock, collector, partner):
    february, march, april = written_in_three_months(partner, clock)
    collector.poll(size=february[0])
    for month in ("2020-02-01", "2020-03-01"):
        drop(partner, month)
    answer = collector.ask(cursor=collector.cursor, size=2).json()
    assert answer["dropped"] == {"from": february[0] + 1, "to": march[1]}
    assert positions(answer["items"]) == [april[0], april[0] + 1]
    rest = collector.ask(cursor=answer["nextCursor"]).json()
    assert "dropped" not in rest
    assert positions(rest["items"])[0] == april[0] + 2


def test_without_a_cursor_it_begins_with_the_first_row_kept(clock, collector, partner):
    (january, *_rest), seals = (1,), written_in_three_months(partner, clock)
    for month in ("2020-01-01", "2020-02-01"):
        drop(partner, month)
    answer = collector.ask().json()
    assert positions(answer["items"])[0] == seals[1][0]
    assert answer["dropped"] == {"from": january, "to": seals[0][1]}


def test_a_page_ends_before_what_was_dropped_in_its_middle(clock, collector, partner):
    february, march, april = written_in_three_months(partner, clock)
    drop(partner, "2020-03-01")
    first = collector.ask().json()
    assert positions(first["items"])[-1] == february[1]
    second = collector.ask(cursor=first["nextCursor"]).json()
    assert second["dropped"] == {"from": march[0], "to": march[1]}
    assert positions(second["items"])[0] == april[0]


def test_where_all_is_dropped_the_cursor_stands_at_the_end(clock, collector, partner):
    seal_everything()
    drop(partner, "2020-01-01")
    answer = collector.ask().json()
    assert answer["items"] == []
    assert answer["dropped"]["from"] == 1
    assert collector.ask(cursor=answer["nextCursor"]).json()["items"] == []


@pytest.mark.parametrize("size", ["0", "2001", "-1", "many", "1.5", "٣", "1e3", "99999999999999999999"])
def test_a_wrong_size_is_refused(collector, size):
    answer = collector.ask(size=size)
    assert answer.status_code == 400
    assert answer.json()["description"].startswith("The size must be a whole number from 1 to 2,000.")
    assert {"key": "reason", "value": "size_wrong"} in answer.json()["data"]


@pytest.mark.parametrize("cursor", ["x", "AQ", "%00", "키", cursor_of(CHAIN, place_of(1, b""))])
def test_a_garbled_cursor_or_one_of_another_log_is_refused(collector, partner, cursor):
    write(partner)
    seal_everything()
    answer = collector.ask(cursor=cursor)
    assert answer.status_code == 400
    assert {"key": "reason", "value": "cursor_unreadable"} in answer.json()["data"]
    assert "items" not in answer.json()


def test_a_cursor_ahead_of_the_log_is_refused_for_it_would_miss_rows(collector, partner):
    seal_everything()
    answer = collector.ask(cursor=cursor_of(str(partner.public_id), place_of(1000, b"hash")))
    assert answer.status_code == 400
    assert {"key": "reason", "value": "cursor_ahead"} in answer.json()["data"]


def test_a_cursor_behind_a_row_that_is_another_now_is_refused(collector, partner):
    """The log was restored from an earlier copy, and has grown again beyond the cursor."""
    write(partner)
    seal_everything()
    head = SealedRow.objects.filter(partner=partner).latest("position")
    cursor = cursor_of(str(partner.public_id), place_of(head.position, b"the row before the log was restored"))
    answer = collector.ask(cursor=cursor)
    assert answer.status_code == 400
    assert {"key": "reason", "value": "cursor_stale"} in answer.json()["data"]
    assert "items" not in answer.json()


def test_names_of_parameters_are_read_in_any_case_and_with_a_slash_at_the_end(collector, partner, client):
    seal_everything()
    answer = client.get("/v1/activity/?SIZE=1", headers={"Authorization": f"bearer {collector.token}"})
    assert positions(answer.json()["items"]) == [1]


@given(st.integers(min_value=0, max_value=2**63 - 1), st.binary(max_size=32), st.text(max_size=30))
def test_a_cursor_holds_its_place_and_no_other_text_is_one(position, row, text):
    cursor = cursor_of(CHAIN, place_of(position, row))
    assert read_cursor(CHAIN, cursor) == place_of(position, row)
    assert read_cursor(CHAIN, text) is None
    for place in range(len(cursor)):
        garbled = cursor[:place] + ("a" if cursor[place] != "a" else "b") + cursor[place + 1 :]
        assert read_cursor(CHAIN, garbled) is None
    assert read_cursor("operator", cursor) is None


def test_a_feed_is_read_with_few_questions_however_many_rows(collector, partner, django_assert_max_num_queries):
    record_each(Action.LINK_EXPIRED, actor=NOBODY, on=[partner] * 900)
    seal_everything()
    with django_assert_max_num_queries(12):
        assert len(collector.poll(size=800)) == 800


def test_each_partner_reads_its_own_log(collector, partner):
    other = UserFactory(roles=[Role.GLOBAL_ADMIN])
    its = Collector(other)
    write(partner)
    seal_everything()
    assert {item["chain"] for item in its.read_on()} == {str(other.partner.public_id)}
