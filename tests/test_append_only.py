"""No row of the log is changed or taken away, in whatever partition, by whomever, on whatever way (A4)."""

import psycopg2
import pytest
from django.apps import apps
from django.contrib import admin
from django.db import DatabaseError, connection, transaction

from activity.models import Action, Address, Event
from activity.services import Actor, client_address, record
from activity.tasks import make_months
from csp_portal.accounts.models import Partner
from csp_portal.operator_site import site
from tests.factories import PartnerFactory

CHANGES = ["UPDATE {0} SET occurred_at = occurred_at", "DELETE FROM {0}", "TRUNCATE {0}"]
MONTHS_OF_THE_JOB = ("2041-05-31T23:30:00Z", "2041-06-01T00:00:00Z", "2041-08-31T23:59:59Z")
IN_NO_MONTH = "2060-01-01T00:00:00Z"


def partitions():
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'activity_event'::regclass")
        return {name for (name,) in cursor.fetchall()}


@pytest.fixture
def partner(db):
    """A partner on whose every row of the log an address is kept."""
    token = client_address.set("203.0.113.9")
    yield PartnerFactory()
    client_address.reset(token)


@pytest.fixture
def months_of_the_job(clock, superuser_connection):
    """The partitions that the job makes in May 2041; they are gone afterwards."""
    before = partitions()
    clock.set(MONTHS_OF_THE_JOB[0])
    make_months()
    made = partitions() - before
    assert len(made) >= 4
    yield made
    with superuser_connection.cursor() as cursor:
        for name in made:
            cursor.execute(f"DROP TABLE {name}")


def a_row_in_each(clock, partner):
    """A row in every partition: in months of the first migration, of the job, and in the default one."""
    known = sorted(partitions() - {"activity_event_default"})
    for name in known:
        year, month = name[-7:-3], name[-2:]
        clock.set(f"{year}-{month}-15T12:00:00Z")
        record(Action.SIGNED_IN, actor=Actor.visitor(), partner=partner)
    clock.set(IN_NO_MONTH)
    record(Action.SIGNED_IN, actor=Actor.visitor(), partner=partner)
    return [*known, "activity_event_default"]


def written():
    """The log and its addresses, whole."""
    return list(Event.objects.order_by("pk").values()), list(Address.objects.order_by("event_id").values())


@pytest.mark.django_db(transaction=True)
def test_neither_the_owner_nor_the_web_role_changes_a_row_of_any_partition(
    clock, partner, months_of_the_job, owner_connection
):
    tables = a_row_in_each(clock, partner)
    assert months_of_the_job < set(tables)
    before = written()
    for table in ["activity_event", "activity_address", *tables]:
        for change in CHANGES:
            with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
                cursor.execute(change.format(table))
            with owner_connection.cursor() as cursor, pytest.raises(psycopg2.Error, match="append-only"):
                cursor.execute(change.format(table))
    assert written() == before


@pytest.mark.django_db(transaction=True)
def test_nobody_moves_a_row_into_another_partition(clock, partner, owner_connection):
    a_row_in_each(clock, partner)
    move = "UPDATE activity_event SET occurred_at = '2060-01-01'"
    with owner_connection.cursor() as cursor, pytest.raises(psycopg2.Error, match="append-only"):
        cursor.execute(move)


@pytest.mark.django_db(transaction=True)
def test_the_partner_of_a_row_cannot_be_taken_away_under_it(partner):
    record(Action.SIGNED_IN, actor=Actor.visitor(), partner=partner)
    with pytest.raises(DatabaseError):
        Partner.objects.filter(pk=partner.pk).delete()
    assert Event.objects.get().partner_id == partner.pk


def renamed(row, **fields):
    for name, value in fields.items():
        setattr(row, name, value)
    return row


EVENT, ADDRESS = {"actor_name": "somebody else"}, {"address": "::1"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        lambda event, address: renamed(event, **EVENT).save(),
        lambda event, address: renamed(event, **EVENT).save(update_fields=["actor_name"]),
        lambda event, address: event.delete(),
        lambda event, address: Event.objects.update(**EVENT),
        lambda event, address: Event.objects.all().delete(),
        lambda event, address: Event.objects.bulk_update([renamed(event, **EVENT)], ["actor_name"]),
        lambda event, address: Event.objects.update_or_create(pk=event.pk, defaults=EVENT),
        lambda event, address: Event.objects.bulk_create(
            [renamed(event, **EVENT)], update_conflicts=True, update_fields=["actor_name"], unique_fields=["id"]
        ),
        lambda event, address: renamed(address, **ADDRESS).save(),
        lambda event, address: address.delete(),
        lambda event, address: Address.objects.update(**ADDRESS),
        lambda event, address: Address.objects.all().delete(),
        lambda event, address: Address.objects.bulk_update([renamed(address, **ADDRESS)], ["address"]),
    ],
    ids=[
        *("save", "save a column", "delete", "update all", "delete all", "bulk_update", "update_or_create", "upsert"),
        *(f"{way} of the address" for way in ("save", "delete", "update all", "delete all", "bulk_update")),
    ],
)
def test_no_way_of_the_orm_changes_anything(change, partner):
    record(Action.SIGNED_IN, actor=Actor.visitor(), partner=partner)
    before = written()
    with pytest.raises((DatabaseError, ValueError)), transaction.atomic():
        change(Event.objects.get(), Address.objects.get())
    assert written() == before


def test_no_admin_shows_a_form_of_the_log():
    kept = set(apps.get_app_config("activity").get_models())
    assert {Event, Address} <= kept
    for each in (site, admin.site):
        assert not kept & set(each._registry)
