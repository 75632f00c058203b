"""Showing a key: K2, P1."""

from uuid import uuid4

import pytest
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from activity.models import Action, Event
from software.models import KeyIssue, ProductKey
from software.services import reveal_key
from software.services.revoking import revoke_purchase
from tests.factories import add_keys, buy_line, make_link, make_sku

pytestmark = pytest.mark.django_db


@pytest.fixture
def sku(db):
    return make_sku(key_issue=KeyIssue.PER_UNIT)


@pytest.fixture
def clear(sku):
    """The keys of the pool, in clear."""
    return add_keys(sku, 3)


@pytest.fixture
def purchase(agent, customer, sku, clear):
    return buy_line(agent, customer, sku, 2).purchase


def address_of(key, tenant_id=None):
    purchase = key.purchase
    tenant_id = tenant_id or purchase.customer.tenant_id
    return reverse("software:show_key", args=[tenant_id, purchase.public_id, key.public_id])


def shown_events():
    return Event.objects.filter(action=Action.KEY_REVEALED)


def test_no_page_holds_a_full_key_before_it_is_asked_for(agent, client_of, purchase, clear):
    make_link(agent, purchase)
    client, sku = client_of(agent), purchase.sku.public_id
    software = reverse("cancellations:software", args=[purchase.customer.tenant_id])
    pages = [
        software,
        f"{software}?sku={sku}",
        f"{software}?sku={sku}&purchase={purchase.public_id}&version=2022&language=en-US&file_type=ISO+x64",
        f"{software}{sku}/cancel/",
        reverse("orders:detail", args=[purchase.order_number]),
    ]
    for page in pages:
        text = client.get(page).content.decode()
        assert not any(key in text for key in clear), page
    text = client.get(pages[1]).content.decode()
    assert text.count("•••••-•••••-•••••-•••••-") == 2
    assert not shown_events().exists()


def test_a_key_is_shown_by_post_and_the_log_says_so(agent, client_of, purchase, clear):
    key = purchase.keys.first()
    response = client_of(agent).post(address_of(key))
    assert response.status_code == 200
    assert clear[0] in response.content.decode()
    assert clear[1] not in response.content.decode()
    event = shown_events().get()
    assert (event.actor_name, event.key_last_five, event.key_hash) == (agent.email, clear[0][-5:], key.hash)
    assert event.order_number == purchase.order_number
    assert clear[0] not in str(event.__dict__)


def test_without_scripts_the_page_is_not_kept_and_goes_back_after_60_seconds(agent, client_of, purchase):
    response = client_of(agent).post(address_of(purchase.keys.first()))
    assert "no-store" in response.headers["Cache-Control"]
    software = reverse("cancellations:software", args=[purchase.customer.tenant_id])
    masked = f"{software}?sku={purchase.sku.public_id}&purchase={purchase.public_id}#keys"
    assert response.headers["Refresh"] == f"60; url={masked}"


def test_with_scripts_a_part_is_answered_that_hides_itself_after_60_seconds(agent, client_of, purchase, clear):
    address = address_of(purchase.keys.first())
    response = client_of(agent).post(address, headers={"HX-Request": "true"})
    part = response.content.decode()
    assert clear[0] in part
    assert "<html" not in part
    assert f'hx-get="{address}" hx-trigger="load delay:60s' in part
    assert "no-store" in response.headers["Cache-Control"]


def test_hiding_answers_the_masked_key(agent, client_of, purchase, clear):
    part = client_of(agent).get(address_of(purchase.keys.first()), headers={"HX-Request": "true"}).content.decode()
    assert f"•••••-•••••-•••••-•••••-{clear[0][-5:]}" in part
    assert clear[0] not in part
    assert not shown_events().exists()


def test_the_address_opened_by_hand_leads_back_to_the_masked_key(agent, client_of, purchase):
    response = client_of(agent).get(address_of(purchase.keys.first()))
    assert response.status_code == 302
    assert response.headers["Location"].endswith("#keys")
    assert not shown_events().exists()


@pytest.mark.django_db(transaction=True)
def test_if_the_event_cannot_be_written_no_key_is_shown(agent, client_of, purchase, clear, superuser_connection):
    client = client_of(agent)
    client.raise_request_exception = False
    role = settings.DATABASES["default"]["USER"]
    with superuser_connection.cursor() as cursor:
        cursor.execute(f'REVOKE INSERT ON activity_event FROM "{role}"')
        try:
            response = client.post(address_of(purchase.keys.first()))
        finally:
            cursor.execute(f'GRANT INSERT ON activity_event TO "{role}"')
    assert response.status_code == 500
    assert clear[0] not in response.content.decode()
    assert not shown_events().exists()


@pytest.mark.django_db(transaction=True)
def test_the_event_is_committed_before_the_key_leaves(agent, client_of, purchase, superuser_connection):
    """Another connection sees the event although what shows the key fails after it."""
    key = purchase.keys.first()
    ProductKey.objects.filter(pk=key.pk).update(secret="not to be decrypted")
    client = client_of(agent)
    client.raise_request_exception = False
    assert client.post(address_of(key)).status_code == 500
    with superuser_connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM activity_event WHERE action = 'key_revealed'")
        assert cursor.fetchone() == (1,)


@pytest.mark.django_db(transaction=True)
def test_a_key_is_never_shown_inside_a_transaction_that_could_still_undo_its_event(agent, purchase):
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        reveal_key(purchase.keys.first().public_id, actor=agent)
    assert not shown_events().exists()


def test_a_revoked_key_is_refused(agent, client_of, purchase, clear):
    key = purchase.keys.first()
    revoke_purchase(purchase, now=timezone.now())
    response = client_of(agent).post(address_of(key))
    assert response.status_code == 409
    assert "key_revoked" in response.content.decode()
    assert clear[0] not in response.content.decode()
    assert not shown_events().exists()
    assert Event.objects.filter(action=Action.KEY_REFUSED, details__reason="key_revoked").count() == 1


def test_a_global_admin_is_refused_with_the_reason(global_admin, client_of, purchase, clear):
    response = client_of(global_admin).post(address_of(purchase.keys.first()))
    assert response.status_code == 403
    assert "Yours: Global admin" in response.content.decode()
    assert clear[0] not in response.content.decode()
    assert not shown_events().exists()


def test_another_partners_key_is_not_found(agent, stranger, client_of, purchase):
    key = purchase.keys.first()
    assert client_of(stranger).post(address_of(key)).status_code == 404
    assert client_of(agent).post(address_of(key, tenant_id=uuid4())).status_code == 404
    assert not shown_events().exists()


def test_a_key_in_the_pool_is_nobodys(agent, client_of, purchase):
    key = ProductKey.objects.get(purchase=None)
    address = reverse("software:show_key", args=[purchase.customer.tenant_id, purchase.public_id, key.public_id])
    assert client_of(agent).post(address).status_code == 404
