"""Retiring a key of the link tokens ends the links made with it, and breaks no page (K5)."""

import pytest
from django.test import Client

from software.models import DownloadLink
from software.services import grant_link
from tests.factories import buy_line, make_link, make_sku

pytestmark = pytest.mark.django_db


def test_a_link_whose_key_was_retired_is_dead_until_it_is_granted_anew(settings, agent, customer, client_of):
    line = buy_line(agent, customer, make_sku(keys=1))
    link = make_link(agent, line.purchase)
    old = link.get_absolute_url()
    settings.LINK_TOKEN_KEYS = ["another key"]
    page = client_of(agent).get(f"/customers/{customer.tenant_id}/software/?sku={line.purchase.sku.public_id}")
    assert page.status_code == 200
    assert Client().post(old).status_code == 404
    anew = grant_link(line.purchase.public_id, link.build.public_id, grant_seen=1, actor=agent).link
    assert (anew.grant_number, anew.used) == (2, 0)
    assert anew.get_absolute_url() != old
    assert Client().post(anew.get_absolute_url()).status_code == 303
    assert DownloadLink.objects.get().used == 1
