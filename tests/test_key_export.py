"""Exporting a purchase's keys: a file, with an event for each key committed before any of them leaves (K2, P1)."""

import csv
import io
from functools import partial
from uuid import uuid4

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from activity.models import SAW_THE_KEY, Action, Event
from csp_portal.errors import Refusal
from software.models import KeyStatus, ProductKey, SoftwarePurchase
from software.services import export_keys
from software.services.revoking import revoke_purchase
from tests.factories import add_keys, buy_line, make_link, make_sku
from tests.helpers import MOST_QUERIES, cancel, in_threads, queries_of, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def sku(db):
    return make_sku(key_issue="per_unit")


@pytest.fixture
def clear(sku):
    """The keys of the pool, in clear."""
    return add_keys(sku, 4)


@pytest.fixture
def line(agent, customer, sku, clear):
    return buy_line(agent, customer, sku, quantity=3)


@pytest.fixture
def purchase(line):
    return line.purchase


@pytest.fixture
def address(purchase):
    return reverse("software:export_keys", args=[purchase.customer.tenant_id, purchase.public_id])


@pytest.fixture
def page(client_of, purchase):
    """The Software page opened at the purchase, as somebody reads it."""

    def open_page(user):
        url = reverse("cancellations:software", args=[purchase.customer.tenant_id])
        return client_of(user).get(url, {"sku": purchase.sku.public_id})

    return open_page


def events(action=Action.KEY_EXPORTED):
    return Event.objects.filter(action=action).order_by("id")


def test_the_file_holds_every_key_of_the_purchase_and_opens_in_a_spreadsheet(
    agent, client_of, address, clear, purchase
):
    response = client_of(agent).post(address)
    number = purchase.order_number
    assert response.headers["Content-Disposition"] == f'attachment; filename="keys-{number}.csv"'
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    sent = response.getvalue()
    assert sent.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(sent.decode("utf-8-sig"))))
    assert rows[0] == ["order_number", "purchase_id", "sku_id", "sku", "product_key"]
    about = [number, str(purchase.public_id), purchase.sku.catalogue_id, purchase.sku.title]
    assert rows[1:] == [[*about, key] for key in clear[:3]]


def test_nobody_keeps_the_file_on_its_way(agent, client_of, address):
    assert "no-store" in client_of(agent).post(address).headers["Cache-Control"]


def test_the_log_says_of_each_key_that_it_was_exported_by_whom(agent, client_of, address, clear, purchase):
    client_of(agent).post(address)
    keys = list(purchase.keys.order_by("pk"))
    assert [(event.actor_name, event.key_last_five, event.key_hash, event.details) for event in events()] == [
        (agent.email, key.last_five, key.hash, {"key": str(key.public_id)}) for key in keys
    ]
    assert {event.order_number for event in events()} == {purchase.order_number}
    assert not any(key in str(event.__dict__) for key in clear for event in events())
    assert not events(Action.KEY_REVEALED).exists()


def test_exporting_is_listed_among_keys_and_downloads_as_having_seen_the_key(agent, global_admin, client_of, address):
    client_of(agent).post(address)
    page = client_of(global_admin).get("/activity/")
    assert [(row.event.action, row.event.saw_the_key) for row in page.context["rows"]] == [
        (Action.KEY_EXPORTED, agent.email)
    ] * 3
    assert "Key exported" in words_of(page)


def test_opening_the_address_exports_nothing(agent, client_of, address, clear):
    response = client_of(agent).get(address)
    assert response.status_code == 405
    assert not events().exists()


def test_the_export_costs_few_questions_however_many_keys_there_are(agent, client_of, address):
    assert len(queries_of(client_of(agent), address, "post")) <= MOST_QUERIES


@pytest.mark.django_db(transaction=True)
def test_if_one_event_of_several_cannot_be_written_no_key_leaves(
    agent, client_of, address, clear, purchase, superuser_connection
):
    """A fault of the database itself, at the last of the rows."""
    last = purchase.keys.latest("pk")
    client = client_of(agent)
    client.raise_request_exception = False
    with superuser_connection.cursor() as cursor:
        cursor.execute(
            f"ALTER TABLE activity_event ADD CONSTRAINT planted CHECK (key_last_five <> '{last.last_five}') NOT VALID"
        )
        try:
            response = client.post(address)
        finally:
            cursor.execute("ALTER TABLE activity_event DROP CONSTRAINT planted")
    assert response.status_code == 500
    assert not any(key in response.content.decode() for key in clear)
    assert not events().exists()
    assert client.post(address).status_code == 200
    assert events().count() == 3


@pytest.mark.django_db(transaction=True)
def test_the_events_are_committed_before_a_key_leaves(agent, client_of, address, clear, purchase, superuser_connection):
    """Another connection sees them although the last key cannot be read, and then none of the keys leaves."""
    ProductKey.objects.filter(pk=purchase.keys.latest("pk").pk).update(secret="not to be decrypted")
    client = client_of(agent)
    client.raise_request_exception = False
    response = client.post(address)
    assert response.status_code == 500
    assert not any(key in response.content.decode() for key in clear)
    with superuser_connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM activity_event WHERE action = 'key_exported'")
        assert cursor.fetchone() == (3,)


@pytest.mark.django_db(transaction=True)
def test_keys_are_never_exported_inside_a_transaction_that_could_still_undo_their_events(agent, purchase):
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        export_keys(purchase.public_id, actor=agent)
    assert not events().exists()


@pytest.mark.django_db(transaction=True)
def test_who_exports_while_the_purchase_is_cancelled_gets_all_keys_or_none(agent, line, purchase):
    exported, _cancelled = in_threads(
        partial(export_keys, purchase.public_id, actor=agent), partial(cancel, line, agent)
    )
    assert exported == "no_keys_to_export" or len(exported.keys) == 3
    assert events().count() == (0 if exported == "no_keys_to_export" else 3)
    assert set(purchase.keys.values_list("status", flat=True)) == {KeyStatus.REVOKED}


def test_a_cancelled_purchase_has_no_keys_to_export(agent, client_of, purchase, address, clear):
    revoke_purchase(purchase, now=timezone.now())
    response = client_of(agent).post(address)
    assert response.status_code == 409
    assert "its status is: keys revoked" in words_of(response)
    assert "no_keys_to_export" in response.content.decode()
    assert not any(key in response.content.decode() for key in clear)
    assert not events().exists()
    refused = events(Action.KEY_REFUSED).get()
    assert (refused.details["reason"], refused.purchase_id) == ("no_keys_to_export", purchase.public_id)


def test_a_purchase_that_waits_for_its_keys_has_none_to_export(agent, client_of, customer):
    waiting = buy_line(agent, customer, make_sku()).purchase
    address = reverse("software:export_keys", args=[customer.tenant_id, waiting.public_id])
    response = client_of(agent).post(address)
    assert response.status_code == 409
    assert "its status is: keys pending" in words_of(response)
    assert not events().exists()


def test_a_global_admin_is_refused_with_the_reason(global_admin, client_of, purchase, address, clear):
    response = client_of(global_admin).post(address)
    assert response.status_code == 403
    assert "Yours: Global admin" in response.content.decode()
    assert not any(key in response.content.decode() for key in clear)
    assert not events().exists()
    assert events(Action.KEY_REFUSED).exists()


def test_the_service_itself_asks_for_the_role(global_admin, purchase):
    with pytest.raises(Refusal, match="Only these roles may see keys and downloads"):
        export_keys(purchase.public_id, actor=global_admin)
    assert not events().exists()
    assert events(Action.KEY_REFUSED).get().purchase_id == purchase.public_id


def test_another_partners_keys_are_not_found(agent, stranger, client_of, purchase, address):
    assert client_of(stranger).post(address).status_code == 404
    elsewhere = address.replace(str(purchase.customer.tenant_id), str(uuid4()))
    assert client_of(agent).post(elsewhere).status_code == 404
    with pytest.raises(SoftwarePurchase.DoesNotExist):
        export_keys(purchase.public_id, actor=stranger)
    assert not events().exists()


def test_the_button_stands_where_there_are_several_keys(agent, page, purchase, address):
    make_link(agent, purchase)
    text = page(agent).content.decode()
    assert f'method="post" action="{address}"' in text
    assert "Export keys" in text


def test_one_key_needs_no_button(agent, customer, client_of):
    line = buy_line(agent, customer, make_sku(keys=1))
    url = reverse("cancellations:software", args=[customer.tenant_id])
    text = client_of(agent).get(url, {"sku": line.purchase.sku.public_id}).content.decode()
    assert f"-{line.purchase.keys.get().last_five}" in text
    assert "Export keys" not in text


def test_a_global_admin_finds_the_button_disabled_with_the_reason(global_admin, page, address):
    response = page(global_admin)
    assert "Export keys" in words_of(response)
    assert address not in response.content.decode()


@pytest.mark.parametrize("give_out", ["show", "copy", "export"])
def test_once_the_term_is_over_no_key_is_given_out(clock, client_of, agent, purchase, clear, address, give_out):
    """Bought at 2020-01-24 12:00 UTC for a year."""
    key = purchase.keys.first()
    ids = [purchase.customer.tenant_id, purchase.public_id, key.public_id]
    url = address if give_out == "export" else reverse(f"software:{give_out}_key", args=ids)
    clock.set("2021-01-23T23:59:59Z")
    assert client_of(agent).post(url).status_code == 200
    clock.set("2021-01-24T00:00:00Z")
    before = Event.objects.filter(action__in=SAW_THE_KEY).count()
    response = client_of(agent).post(url)
    assert response.status_code == 409
    assert "it has no keys and no downloads any more" in words_of(response)
    assert not any(each in response.content.decode() for each in clear)
    assert Event.objects.filter(action__in=SAW_THE_KEY).count() == before
