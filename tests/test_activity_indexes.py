"""The log is read by indexes, whatever it is narrowed to: it must not slow down with its rows (A1, A2)."""

import re
from datetime import UTC, datetime
from importlib import import_module

import pytest
from django.db import connection

from activity.models import KEYS_AND_DOWNLOADS, Action, Address, Event
from activity.services import Actor, client_address, record

pytestmark = pytest.mark.django_db

LINK = "7560b0fc-1f00-4e7a-8157-21de25f08c01"
JOB = Actor.system("filling")


@pytest.fixture
def by_indexes():
    """Without this a few rows would be read from the table itself, or sorted."""
    with connection.cursor() as cursor:
        for way in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"SET LOCAL enable_{way} = off")


def test_the_index_of_keys_and_downloads_holds_what_the_page_lists_first():
    held = import_module("activity.migrations.0015_key_read").KEYS_AND_DOWNLOADS
    assert set(held) == KEYS_AND_DOWNLOADS


def test_what_is_listed_first_is_read_in_its_order_from_an_index_of_its_own(by_indexes, partner):
    listed = Event.objects.of_partner(partner.pk).keys_and_downloads().newest_first()
    assert_read_in_order(listed, r"Index Cond: \(partner_id = \d+\)")
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'activity_event'::regclass")
        assert "activity_event_keys_and_downloads" in [name for (name,) in cursor.fetchall()]


@pytest.mark.parametrize(
    ("narrow", "named", "condition"),
    [
        ("by_user", "eve@partner.example", r"upper\(actor_name\) = "),
        ("of_customer", "서울무역 주식회사", r"upper\(customer_name\) = "),
        ("of_customer", LINK, r"customer_id = "),
        ("of_product", "Windows Server 2022", r"upper\(product_name\) = "),
        ("of_product", "DG7GMGF0D5RK:0001", r"upper\(split_part\(product_id, ':'::text, 1\)\) = "),
        ("of_product", "DG7GMGF0D5RK", r"upper\(split_part\(product_id, ':'::text, 1\)\) = "),
        ("of_order", "7KM0Q1X9AB", r"order_number = "),
        ("with_action", Action.PURCHASE_CANCELLED, r"action\)::text = "),
        ("of_link", LINK, r"link_id = "),
    ],
)
def test_each_filter_is_read_in_order_from_an_index(by_indexes, partner, narrow, named, condition):
    narrowed = getattr(Event.objects.of_partner(partner.pk), narrow)(named).newest_first()
    assert_read_in_order(narrowed, rf"Index Cond: .*{condition}")


def test_the_start_of_a_links_id_is_looked_up_in_the_index_of_links(by_indexes, partner):
    plan = Event.objects.of_partner(partner.pk).of_link(LINK[:8]).explain()
    assert re.search(r"Index Cond: .*link_id >= .*link_id <= ", plan)


def test_an_address_is_looked_up_in_the_order_of_the_log(by_indexes, partner):
    found = Event.objects.of_partner(partner.pk).from_address("203.0.113.9").newest_first()
    assert_read_in_order(found, r"activity_address_of_partner.*\n\s*Index Cond: .*address = '203.0.113.9'::inet")


def test_of_an_address_only_what_lies_within_the_days_is_read(by_indexes, partner):
    found = Event.objects.of_partner(partner.pk).from_address("203.0.113.9")
    begin, end = datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 2, 1, tzinfo=UTC)
    condition = r"activity_address_(?:of_partner|by_age).*\n\s*Index Cond: .*occurred_at {} '2020"
    assert_read_in_order(found.between(begin, end).newest_first(), condition.format(">="))
    assert_read_in_order(found.older_than(begin, 7).newest_first(), condition.format("<="))
    assert_read_in_order(found.newer_than(begin, 7).oldest_first(), condition.format(">="))


def test_a_page_begins_at_its_place_without_reading_those_before_it(by_indexes, partner):
    row = record(Action.KEY_REVEALED, actor=JOB, partner=partner)
    listed = Event.objects.of_partner(partner.pk).keys_and_downloads()
    place = (row.occurred_at, row.pk)
    assert_read_in_order(listed.older_than(*place).newest_first(), r"Index Cond: .*ROW\(occurred_at, id\) < ROW")
    assert_read_in_order(listed.newer_than(*place).oldest_first(), r"Index Cond: .*ROW\(occurred_at, id\) > ROW")


def test_an_address_knows_the_partner_of_its_event(partner):
    token = client_address.set("2001:db8::7")
    record(Action.KEY_REVEALED, actor=JOB, partner=partner)
    record(Action.SIGN_IN_REFUSED, actor=JOB)
    client_address.reset(token)
    assert list(Address.objects.order_by("event_id").values_list("partner_id", flat=True)) == [partner.pk, None]


def assert_read_in_order(events, condition):
    plan = events[:26].explain()
    assert re.search(condition, plan), plan
    assert not re.search(r"Sort  \(cost", plan), plan


def test_no_query_has_helpers():
    """However little PostgreSQL supposes that helpers cost."""
    with connection.cursor() as cursor:
        for cost in ("parallel_setup_cost", "parallel_tuple_cost", "min_parallel_table_scan_size"):
            cursor.execute(f"SET LOCAL {cost} = 0")
    assert "Gather" not in Event.objects.order_by().explain()
