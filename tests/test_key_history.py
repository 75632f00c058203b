"""What became of one key: states and days for all who see software, names for readers of the log (K2, A3)."""

from uuid import uuid4

import pytest
from django.db import connection
from django.urls import reverse

from activity.models import Action, ActorKind, Event
from csp_portal.accounts.permissions import Role
from software.models import ProductKey
from software.services import copy_key, export_keys, reveal_key
from tests.factories import UserFactory, buy_line, make_link, make_sku
from tests.helpers import MOST_QUERIES, cancel, queries_of, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(clock, agent, customer):
    return buy_line(agent, customer, make_sku(keys=3, key_issue="per_unit"), quantity=2)


@pytest.fixture
def key(line):
    return line.purchase.keys.earliest("pk")


def address_of(key):
    return reverse("activity:key", args=[key.purchase.customer.tenant_id, key.purchase.public_id, key.public_id])


@pytest.fixture
def steps(client_of):
    """Open a key's page as somebody; answers what happened, when and by whom."""

    def open_page(user, key, **query):
        response = client_of(user).get(address_of(key), query)
        assert response.status_code == 200
        return [(str(step.what), f"{step.when:%d %H:%M}", step.who) for step in response.context["steps"]]

    return open_page


@pytest.fixture
def life(clock, agent, line, key):
    """The key is shown, copied, exported with the other one, and revoked; the other one is shown too."""
    clock.set("2020-01-25T09:00:00Z")
    reveal_key(key.public_id, actor=agent)
    reveal_key(line.purchase.keys.latest("pk").public_id, actor=agent)
    clock.set("2020-01-26T09:00:00Z")
    copy_key(key.public_id, actor=agent)
    clock.set("2020-01-27T09:00:00Z")
    export_keys(line.purchase.public_id, actor=agent)
    clock.set("2020-01-28T09:00:00Z")
    cancel(line, agent)


def test_a_reader_of_the_log_is_told_who_did_what_the_newest_first(steps, life, agent, global_admin, key):
    assert steps(global_admin, key) == [
        ("Revoked with its purchase", "28 09:00", agent.email),
        ("Key exported", "27 09:00", agent.email),
        ("Key copied", "26 09:00", agent.email),
        ("Key shown", "25 09:00", agent.email),
        ("Allotted to the purchase", "24 12:00", agent.email),
        ("Loaded into the pool", "01 00:00", "the operator"),
    ]


def test_who_may_not_read_the_log_is_told_what_and_when_and_why_no_names(steps, life, agent, customer, key, client_of):
    other = UserFactory(partner=agent.partner, roles=[Role.ADMIN_AGENT])
    told = steps(other, key)
    assert [what for what, _when, _who in told][:2] == ["Revoked with its purchase", "Key exported"]
    assert len(told) == 6
    assert {who for _what, _when, who in told} == {""}
    page = client_of(other).get(address_of(key))
    assert agent.email not in page.content.decode()
    assert "Who it was is told to readers of the activity log. Only these roles may see the activity log" in words_of(
        page
    )


def test_a_key_that_nobody_has_seen_has_only_its_own_days(steps, global_admin, agent, key):
    assert steps(global_admin, key) == [
        ("Allotted to the purchase", "24 12:00", agent.email),
        ("Loaded into the pool", "01 00:00", "the operator"),
    ]


def test_what_others_do_with_another_key_of_the_purchase_is_not_its_history(steps, life, global_admin, line):
    other = line.purchase.keys.latest("pk")
    assert [what for what, _when, _who in steps(global_admin, other)] == [
        "Revoked with its purchase",
        "Key exported",
        "Key shown",
        "Allotted to the purchase",
        "Loaded into the pool",
    ]


def test_the_history_stays_when_the_key_is_hashed_anew(steps, life, global_admin, key):
    before = steps(global_admin, key)
    ProductKey.objects.filter(pk=key.pk).update(hash="0" * 64, hash_key_id="other")
    assert steps(global_admin, key) == before


def seen_before_ids(key, **changed):
    """A row as the log wrote it before it named keys by their ids."""
    subject = {**key.log_subject(), "details": {}, **changed}
    Event.objects.create(action=Action.KEY_REVEALED, actor_kind=ActorKind.USER, actor_name="earlier@x.test", **subject)


def test_rows_from_before_keys_had_ids_in_the_log_are_found_by_the_hash(steps, global_admin, line, key):
    seen_before_ids(key)
    assert steps(global_admin, key)[0] == ("Key shown", "24 12:00", "earlier@x.test")
    assert len(steps(global_admin, line.purchase.keys.latest("pk"))) == 2


def test_such_rows_of_another_hash_key_are_shown_as_what_they_may_be(steps, global_admin, line, key):
    seen_before_ids(key, key_hash="0" * 64, key_hash_key_id="older")
    seen_before_ids(key, key_hash="1" * 64)  # under the same hash key: certainly another key
    what, *_when_and_who = steps(global_admin, key)[0]
    assert what == "Key shown – this key, or another of the purchase that ends in the same five characters"
    assert len(steps(global_admin, key)) == 3
    assert len(steps(global_admin, line.purchase.keys.latest("pk"))) == 2


def test_a_long_history_is_turned_over_page_by_page(clock, steps, agent, global_admin, line, key):
    for minute in range(30):
        clock.set(f"2020-01-25T09:{minute:02d}:00Z")
        reveal_key(key.public_id, actor=agent)
    clock.set("2020-01-25T10:00:00Z")
    cancel(line, agent)
    first, second = steps(global_admin, key), steps(global_admin, key, page=2)
    assert (first[0][0], len(first)) == ("Revoked with its purchase", 26)
    assert [what for what, _when, _who in second] == ["Key shown"] * 5 + [
        "Allotted to the purchase",
        "Loaded into the pool",
    ]
    assert (first[-1][1], second[0][1]) == ("25 09:05", "25 09:04")


def test_the_page_never_holds_the_key(agent, client_of, key):
    page = client_of(agent).get(address_of(key)).content.decode()
    assert key.reveal() not in page
    assert key.last_five in page


def test_each_masked_key_leads_to_its_history(agent, global_admin, client_of, line, key):
    make_link(agent, line.purchase)
    software = reverse("cancellations:software", args=[key.purchase.customer.tenant_id])
    for reader in (agent, global_admin):
        page = client_of(reader).get(software, {"sku": key.sku.public_id}).content.decode()
        assert f'href="{address_of(key)}"' in page


def test_the_history_of_a_cancelled_purchases_keys_is_found_where_the_keys_were(agent, client_of, life, key):
    software = reverse("cancellations:software", args=[key.purchase.customer.tenant_id])
    page = client_of(agent).get(software, {"sku": key.sku.public_id}).content.decode()
    assert f'href="{address_of(key)}"' in page
    assert "•••••" not in page
    assert "/show/" not in page
    assert key.reveal() not in page


def test_reading_the_names_is_logged_once_an_hour_and_reading_days_is_not(steps, agent, global_admin, key):
    steps(agent, key)
    assert not Event.objects.filter(action=Action.LOG_READ).exists()
    steps(global_admin, key)
    steps(global_admin, key)
    event = Event.objects.get(action=Action.LOG_READ)
    assert (event.actor_name, event.details) == (global_admin.email, {"key": str(key.public_id)})


def test_another_partners_key_and_one_of_the_pool_are_not_found(stranger, agent, client_of, line, key):
    assert client_of(stranger).get(address_of(key)).status_code == 404
    for values in (
        {"tenant_id": uuid4()},
        {"purchase_id": uuid4()},
        {"key_id": ProductKey.objects.get(purchase=None).public_id},
    ):
        ids = {
            "tenant_id": key.purchase.customer.tenant_id,
            "purchase_id": key.purchase.public_id,
            "key_id": key.public_id,
        }
        assert client_of(agent).get(reverse("activity:key", kwargs={**ids, **values})).status_code == 404


def test_the_page_asks_few_questions(life, global_admin, agent, client_of, key):
    for reader in (global_admin, agent):
        client = client_of(reader)
        assert len(queries_of(client, address_of(key))) <= MOST_QUERIES


def test_the_log_has_an_index_on_the_purchase(life):
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'activity_event_purchase'")
        (definition,) = cursor.fetchone()
    assert "(partner_id, purchase_id, occurred_at DESC, id DESC)" in definition
