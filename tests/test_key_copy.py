"""Copying a key is an event of its own, committed before the key leaves (K2, P1)."""

from uuid import uuid4

import pytest
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from activity.models import Action, Event
from software.models import ProductKey
from software.services import copy_key
from software.services.revoking import revoke_purchase
from tests.factories import add_keys, buy_line, make_sku

pytestmark = pytest.mark.django_db


@pytest.fixture
def sku(db):
    return make_sku()


@pytest.fixture
def clear(sku):
    """The pool's one key, in clear."""
    (key,) = add_keys(sku, 1)
    return key


@pytest.fixture
def purchase(agent, customer, sku, clear):
    return buy_line(agent, customer, sku).purchase


@pytest.fixture
def address(purchase):
    key = purchase.keys.get()
    return reverse("software:copy_key", args=[purchase.customer.tenant_id, purchase.public_id, key.public_id])


def events(action=Action.KEY_COPIED):
    return Event.objects.filter(action=action)


def test_a_copied_key_is_answered_as_text_that_is_kept_nowhere_and_logged(agent, client_of, address, clear, purchase):
    response = client_of(agent).post(address)
    assert response.content.decode() == clear
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "no-store" in response.headers["Cache-Control"]
    event = events().get()
    assert (event.actor_name, event.key_last_five) == (agent.email, clear[-5:])
    assert (event.order_number, event.saw_the_key) == (purchase.order_number, agent.email)
    assert clear not in str(event.__dict__)
    assert not events(Action.KEY_REVEALED).exists()


def test_copying_is_listed_among_keys_and_downloads(agent, global_admin, client_of, address):
    client_of(agent).post(address)
    page = client_of(global_admin).get("/activity/")
    assert [row.event.action for row in page.context["rows"]] == [Action.KEY_COPIED]
    assert "Key copied" in page.content.decode()


def test_a_key_is_not_copied_by_opening_the_address(agent, client_of, address, clear):
    response = client_of(agent).get(address)
    assert response.status_code == 405
    assert clear not in response.content.decode()
    assert not events().exists()


@pytest.mark.django_db(transaction=True)
def test_if_the_event_cannot_be_written_no_key_leaves(agent, client_of, address, clear, superuser_connection):
    client = client_of(agent)
    client.raise_request_exception = False
    role = settings.DATABASES["default"]["USER"]
    with superuser_connection.cursor() as cursor:
        cursor.execute(f'REVOKE INSERT ON activity_event FROM "{role}"')
        try:
            response = client.post(address)
        finally:
            cursor.execute(f'GRANT INSERT ON activity_event TO "{role}"')
    assert response.status_code == 500
    assert clear not in response.content.decode()
    assert not events().exists()


@pytest.mark.django_db(transaction=True)
def test_a_key_is_never_copied_inside_a_transaction_that_could_still_undo_its_event(agent, purchase):
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        copy_key(purchase.keys.get().public_id, actor=agent)
    assert not events().exists()


def test_a_revoked_key_is_refused(agent, client_of, purchase, address, clear):
    revoke_purchase(purchase, now=timezone.now())
    response = client_of(agent).post(address)
    assert response.status_code == 409
    assert "key_revoked" in response.content.decode()
    assert clear not in response.content.decode()
    assert not events().exists()
    assert events(Action.KEY_REFUSED).get().details["reason"] == "key_revoked"


def test_a_global_admin_is_refused_with_the_reason(global_admin, client_of, address, clear):
    response = client_of(global_admin).post(address)
    assert response.status_code == 403
    assert "Yours: Global admin" in response.content.decode()
    assert clear not in response.content.decode()
    assert not events().exists()
    assert events(Action.KEY_REFUSED).exists()


def test_another_partners_key_is_not_found(agent, stranger, client_of, purchase, address):
    assert client_of(stranger).post(address).status_code == 404
    elsewhere = address.replace(str(purchase.customer.tenant_id), str(uuid4()))
    assert client_of(agent).post(elsewhere).status_code == 404
    with pytest.raises(ProductKey.DoesNotExist):
        copy_key(purchase.keys.get().public_id, actor=stranger)
    assert not events().exists()
