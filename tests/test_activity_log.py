"""The activity log tells names as they were, and keeps the address apart (A3, A4); see also test_append_only."""

from dataclasses import replace
from uuid import uuid4

import pytest
from django.db import connection, transaction

from activity.models import Action, Address, Event
from activity.services import Actor, address_commitment, client_address, record
from activity.tasks import make_months
from csp_portal.errors import Refusal
from orders.services import add_to_cart, place_order
from software.models import DownloadLink
from software.services import reveal_key
from tests.factories import buy_line, make_build, make_link, make_sku, reviewed_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def from_an_address():
    token = client_address.set("203.0.113.9")
    yield
    client_address.reset(token)


@pytest.fixture
def row(partner, from_an_address):
    return record(Action.SIGNED_IN, actor=Actor.visitor(), partner=partner)


def sql(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def log_tables():
    """The log, each of its partitions, and the addresses."""
    partitions = sql("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'activity_event'::regclass")
    return ["activity_event", "activity_address", *sorted(name for (name,) in partitions)]


def partition_of(event):
    return sql("SELECT tableoid::regclass::text FROM activity_event WHERE id = %s", event.pk)[0][0]


def test_a_row_keeps_the_names_as_they_were(agent, customer):
    line = buy_line(agent, customer, make_sku(keys=1))
    reveal_key(line.purchase.keys.get().public_id, actor=agent)
    before = (agent.email, customer.company_name, line.purchase.sku.title)
    customer.company_name = "Renamed Ltd"
    customer.save()
    agent.email = "renamed@partner.example"
    agent.save()
    line.purchase.sku.title = "Renamed product"
    line.purchase.sku.save()
    seen = Event.objects.get(action=Action.KEY_REVEALED)
    assert (seen.actor_name, seen.customer_name, seen.product_name) == before
    assert (seen.customer_id, seen.order_number) == (customer.tenant_id, line.order.number)
    assert seen.key_last_five == line.purchase.keys.get().last_five


def test_a_row_holds_neither_a_key_nor_a_token(agent, customer):
    sku = make_sku(keys=1)
    line = buy_line(agent, customer, sku)
    key = reveal_key(line.purchase.keys.get().public_id, actor=agent)
    link = make_link(agent, line.purchase)
    rows = sql("SELECT string_agg(activity_event::text, ' ') FROM activity_event")[0][0]
    assert str(link.public_id) in rows
    assert key not in rows
    assert link.token not in rows


def test_a_refusal_is_recorded_after_what_it_refused_was_rolled_back(global_admin, agent, customer):
    line = buy_line(agent, customer, make_sku(keys=1))
    build = make_build(line.purchase.sku.product)
    with pytest.raises(Refusal):
        make_link(global_admin, line.purchase, build)
    refused = Event.objects.get(action=Action.LINK_REFUSED)
    assert (refused.actor_name, refused.details["reason"]) == (global_admin.email, "role_required")
    assert not DownloadLink.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_refused_order_leaves_only_the_row_that_says_so(agent, customer):
    add_to_cart(customer.tenant_id, make_sku().public_id, 1, actor=agent)
    events = Event.objects.count()
    with pytest.raises(Refusal):
        place_order(customer.tenant_id, reviewed=replace(reviewed_now(agent, customer), key=uuid4()), actor=agent)
    assert [event.action for event in Event.objects.order_by("pk")[events:]] == [Action.ORDER_REFUSED]


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_leaves_no_row(agent):
    with transaction.atomic():
        record(Action.SIGNED_IN, actor=agent)
        transaction.set_rollback(True)
    assert not Event.objects.exists()


def test_the_row_commits_to_the_address_that_is_kept_apart(row):
    kept = Address.objects.get(event_id=row.pk)
    committed = bytes(Event.objects.get().ip_commitment)
    assert committed == address_commitment(kept.address, bytes(kept.salt))
    assert committed != address_commitment("203.0.113.8", bytes(kept.salt))
    assert len(bytes(kept.salt)) == 16


def test_the_same_address_is_committed_to_differently_each_time(row, partner):
    again = record(Action.SIGNED_IN, actor=Actor.visitor(), partner=partner)
    assert bytes(again.ip_commitment) != bytes(row.ip_commitment)


def test_a_job_has_no_address(partner):
    event = record(Action.MONTH_CLOSED, actor=Actor.system("close_invoices"), partner=partner)
    assert bytes(Event.objects.get().ip_commitment) == b""
    assert not Address.objects.filter(event_id=event.pk).exists()


def test_postgresql_itself_writes_the_transaction_and_the_server_epoch(row):
    written = sql("SELECT xid = pg_current_xact_id(), server_epoch FROM activity_event WHERE id = %s", row.pk)
    ((is_ours, epoch),) = written
    assert is_ours
    assert epoch


def test_the_months_to_come_get_partitions_once(clock):
    clock.set("2031-05-31T23:30:00Z")
    assert make_months() == 13
    assert {f"activity_event_y2031m{month:02}" for month in range(5, 13)} <= set(log_tables())
    assert make_months() == 0


def test_a_row_falls_into_its_month_to_the_last_instant(clock, partner):
    clock.set("2031-05-01T00:00:00Z")
    make_months()
    clock.set("2031-05-31T23:59:59Z")
    last_of_may = record(Action.SIGNED_IN, actor=Actor.visitor(), partner=partner)
    clock.set("2031-06-01T00:00:00Z")
    first_of_june = record(Action.SIGNED_IN, actor=Actor.visitor(), partner=partner)
    found = (partition_of(last_of_may), partition_of(first_of_june))
    assert found == ("activity_event_y2031m05", "activity_event_y2031m06")


def test_a_row_outside_every_month_lands_in_the_default_partition(clock, partner):
    clock.set("2035-01-15T12:00:00Z")
    event = record(Action.SIGNED_IN, actor=Actor.visitor(), partner=partner)
    assert partition_of(event) == "activity_event_default"


def test_a_month_whose_rows_lie_in_the_default_partition_is_not_made(clock, partner):
    clock.set("2035-01-15T12:00:00Z")
    record(Action.SIGNED_IN, actor=Actor.visitor(), partner=partner)
    assert make_months() == 12
    assert "activity_event_y2035m01" not in log_tables()
