"""Landing, downloading and seeing a key ask the database at most 12 things, with few rows as with 300."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from activity.models import Action, Event
from software.models import SESSION_LIFETIME, DownloadSession, KeyIssue
from software.services import start_download
from tests.factories import buy_line, make_link, make_sku
from tests.helpers import MOST_QUERIES, queries_of

pytestmark = pytest.mark.django_db

MANY = 300


@pytest.fixture
def sku(clock):
    return make_sku(key_issue=KeyIssue.PER_UNIT, keys=2 + MANY)


@pytest.fixture
def link(agent, customer, sku):
    return make_link(agent, buy_line(agent, customer, sku, 2).purchase)


def costs_of_a_link(link, browser):
    """How much each address of a link costs: looking, starting, and the file."""
    session = start_download(link.token, user=None).get_absolute_url()
    counted = [queries_of(browser, link.get_absolute_url(), method) for method in ("get", "post")]
    counted += [queries_of(browser, session, method) for method in ("get", "head")]
    return [len(queries) for queries in counted]


@pytest.mark.parametrize("signed_in", [False, True])
def test_a_link_costs_the_same_with_few_and_many_downloads(client_of, agent, customer, sku, link, signed_in):
    browser = client_of(agent) if signed_in else Client()
    few = costs_of_a_link(link, browser)
    now = timezone.now()
    fields = {"link": link, "grant_number": 1, "started_at": now, "expires_at": now + SESSION_LIFETIME}
    DownloadSession.objects.bulk_create(
        DownloadSession(build_sha256=link.build.sha256, **fields) for _session in range(MANY)
    )
    buy_line(agent, customer, sku, MANY)
    assert costs_of_a_link(link, browser) == few
    assert max(few) <= MOST_QUERIES


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "part"])
def test_showing_a_key_costs_the_same_with_few_and_many_keys(client_of, agent, customer, sku, headers):
    browser, costs = client_of(agent), []
    for quantity in (2, MANY):
        purchase = buy_line(agent, customer, sku, quantity).purchase
        key = purchase.keys.last()
        address = reverse("software:show_key", args=[customer.tenant_id, purchase.public_id, key.public_id])
        costs.append([len(queries_of(browser, address, method, headers=headers)) for method in ("post", "get")])
    assert Event.objects.filter(action=Action.KEY_REVEALED).count() == 2
    assert costs[0] == costs[1]
    assert max(costs[0]) <= MOST_QUERIES
