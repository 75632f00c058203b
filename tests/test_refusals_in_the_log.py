"""Who is refused stands in the log: downloads, sign-ins, and what a role may not (A3, P1)."""

import pytest
from django.test import Client
from django.utils import timezone

from activity.models import Action, Event
from software.services.revoking import revoke_purchase
from tests.factories import buy_line, make_link, make_sku

pytestmark = pytest.mark.django_db


@pytest.fixture
def link(clock, agent, customer):
    line = buy_line(agent, customer, make_sku(keys=1))
    return make_link(agent, line.purchase)


def test_bytes_that_are_refused_after_a_cancellation(link):
    session = Client().post(link.get_absolute_url()).headers["Location"]
    revoke_purchase(link.purchase, now=timezone.now())
    assert Client().get(session).status_code == 410
    event = Event.objects.get(action=Action.DOWNLOAD_REFUSED)
    assert (event.link_id, event.details["reason"]) == (link.public_id, "link_revoked")


def test_a_key_that_a_role_may_not_see(link, global_admin, client_of):
    purchase = link.purchase
    key = purchase.keys.get()
    path = f"/customers/{purchase.customer.tenant_id}/software/{purchase.public_id}/keys/{key.public_id}/show/"
    assert client_of(global_admin).post(path).status_code == 403
    event = Event.objects.get(action=Action.KEY_REFUSED)
    assert (event.actor_name, event.details["path"]) == (global_admin.email, path)
    assert not Event.objects.filter(action=Action.KEY_REVEALED).exists()


def test_sign_ins_beyond_the_limit(agent):
    for _attempt in range(8):
        Client().post("/accounts/sign-in/", {"login": agent.email, "password": "wrong"})
    assert Event.objects.filter(action=Action.SIGN_IN_REFUSED, partner=agent.partner).count() == 8


def test_an_address_with_a_nul_byte_is_not_found(agent, client_of):
    assert client_of(agent).get("/orders/%00/").status_code == 404
