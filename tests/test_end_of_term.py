"""A link lives no longer than the paid term (K3, B6)."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from software.models import DownloadLink
from tests.factories import buy_line, make_link, make_sku

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("now", "status"), [("2020-02-23T23:59:59Z", 303), ("2020-02-24T00:00:00Z", 410)])
def test_a_link_ends_with_the_term(clock, agent, customer, now, status):
    line = buy_line(agent, customer, make_sku(term="P1M", keys=1))
    clock.set("2020-02-20T12:00:00Z")
    link = make_link(agent, line.purchase)
    assert link.expires_at == datetime(2020, 2, 24, tzinfo=UTC)
    clock.set(now)
    assert Client().post(link.get_absolute_url()).status_code == status
    assert DownloadLink.objects.get().used == (status == 303)
