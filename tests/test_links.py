"""Granting and renewing links: K3, K4, and P1 for them."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from activity.models import Action, Event
from csp_portal.accounts.permissions import Role
from software.models import LINK_DOWNLOADS, DownloadLink, DownloadSession
from software.services import start_download
from tests.factories import UserFactory, buy_line, make_build, make_link, make_sku

pytestmark = pytest.mark.django_db


@pytest.fixture
def purchase(clock, agent, customer):
    """A purchase of 2020-01-24 12:00 UTC."""
    return buy_line(agent, customer, make_sku(keys=1)).purchase


@pytest.fixture
def build(purchase):
    return make_build(purchase.sku.product)


def get(client, purchase, build, grant=0, tenant_id=None):
    """Press *Get keys and downloads* on a page that showed a grant."""
    address = reverse("software:get", args=[tenant_id or purchase.customer.tenant_id, purchase.public_id])
    return client.post(address, {"build": build.public_id, "grant": grant})


def facts_of(link):
    link = DownloadLink.objects.get(pk=link.pk)
    return (link.grant_number, link.granted_at.isoformat(), link.expires_at.isoformat(), link.limit, link.used)


def test_a_grant_lasts_1209600_seconds_and_50_downloads(clock, agent, client_of, purchase, build):
    response = get(client_of(agent), purchase, build)
    assert response.status_code == 302
    link = DownloadLink.objects.get()
    assert (link.expires_at - link.granted_at).total_seconds() == 1_209_600
    assert facts_of(link) == (1, "2020-01-24T12:00:00+00:00", "2020-02-07T12:00:00+00:00", 50, 0)
    assert Event.objects.filter(action=Action.LINK_GRANTED, link_id=link.public_id).count() == 1


def test_getting_leads_back_to_the_purchase_and_build(agent, client_of, purchase, build):
    sku = purchase.sku.public_id
    assert get(client_of(agent), purchase, build).headers["Location"] == (
        f"/customers/{purchase.customer.tenant_id}/software/?sku={sku}&purchase={purchase.public_id}"
        "&version=2022&language=en-US&file_type=ISO+x64#link"
    )


def test_a_link_is_valid_until_before_its_last_instant(clock, agent, client, purchase, build):
    address = make_link(agent, purchase, build).get_absolute_url()
    clock.set("2020-02-07T11:59:59.999999Z")
    assert client.get(address).status_code == 200
    assert client.post(address).status_code == 303
    clock.set("2020-02-07T12:00:00Z")
    assert client.get(address).status_code == 410
    assert client.post(address).status_code == 410
    assert DownloadSession.objects.count() == 1


def test_a_live_link_is_shown_as_it_is(clock, agent, client_of, purchase, build):
    link = make_link(agent, purchase, build)
    start_download(link.token, user=None)
    before = facts_of(link)
    clock.set("2020-02-07T11:59:59.999999Z")
    get(client_of(agent), purchase, build, grant=1)
    assert facts_of(link) == before
    assert DownloadLink.objects.count() == 1
    assert not Event.objects.filter(action=Action.LINK_RENEWED).exists()


def test_an_expired_link_is_renewed_from_now_at_the_same_address(clock, agent, client_of, client, purchase, build):
    link = make_link(agent, purchase, build)
    start_download(link.token, user=None)
    clock.set("2020-02-07T12:00:00Z")
    get(client_of(agent), purchase, build, grant=1)
    assert facts_of(link) == (2, "2020-02-07T12:00:00+00:00", "2020-02-21T12:00:00+00:00", 50, 0)
    assert DownloadLink.objects.count() == 1
    assert client.post(link.get_absolute_url()).status_code == 303
    assert DownloadSession.objects.latest("pk").grant_number == 2
    assert Event.objects.filter(action=Action.LINK_RENEWED, details__grant=2).count() == 1


def test_a_used_up_link_is_renewed_and_nothing_is_added_up(clock, agent, client_of, purchase, build):
    link = make_link(agent, purchase, build)
    DownloadLink.objects.filter(pk=link.pk).update(used=LINK_DOWNLOADS)
    clock.set("2020-01-30T00:00:00Z")
    get(client_of(agent), purchase, build, grant=1)
    assert facts_of(link) == (2, "2020-01-30T00:00:00+00:00", "2020-02-13T00:00:00+00:00", 50, 0)


@pytest.mark.parametrize("seen", [0, 1])
def test_an_old_grant_number_changes_nothing(clock, agent, client_of, purchase, build, seen):
    link = make_link(agent, purchase, build)
    DownloadLink.objects.filter(pk=link.pk).update(used=LINK_DOWNLOADS)
    get(client_of(agent), purchase, build, grant=1)
    DownloadLink.objects.filter(pk=link.pk).update(used=LINK_DOWNLOADS)
    before = facts_of(link)
    assert get(client_of(agent), purchase, build, grant=seen).status_code == 302
    assert facts_of(link) == before
    assert Event.objects.filter(action=Action.LINK_RENEWED).count() == 1


def test_each_build_has_its_own_link(agent, purchase, build):
    other = make_build(purchase.sku.product, version="2019")
    first, second = make_link(agent, purchase, build), make_link(agent, purchase, other)
    assert make_link(agent, purchase, build) == first
    assert first != second
    assert DownloadLink.objects.filter(revoked_at=None).count() == 2


def test_a_build_of_another_product_is_refused(agent, client_of, purchase):
    other = make_build(make_sku().product)
    response = get(client_of(agent), purchase, other)
    assert response.status_code == 409
    assert "build_of_other_product" in response.content.decode()
    assert not DownloadLink.objects.exists()


@pytest.mark.parametrize("data", [{}, {"build": "x", "grant": "1"}, {"build": str(uuid4()), "grant": "-1"}])
def test_a_form_that_is_not_ours_is_a_bad_request(agent, client_of, purchase, data):
    address = reverse("software:get", args=[purchase.customer.tenant_id, purchase.public_id])
    assert client_of(agent).post(address, data).status_code == 400
    assert not DownloadLink.objects.exists()


def test_a_term_that_is_over_has_no_new_links(clock, agent, client_of, purchase, build):
    clock.set("2021-01-23T23:59:59Z")
    link = make_link(agent, purchase, build)
    clock.set("2021-02-24T00:00:00Z")
    response = get(client_of(agent), purchase, build, grant=1)
    assert response.status_code == 409
    assert "term_over" in response.content.decode()
    assert facts_of(link)[0] == 1


def test_only_an_admin_agent_gets_a_link(global_admin, partner, client_of, purchase, build):
    auditor = UserFactory(partner=partner, roles=[Role.AUDITOR])
    for user in (global_admin, auditor):
        response = get(client_of(user), purchase, build)
        assert response.status_code == 403
        assert "Only these roles may see keys and downloads: Admin agent" in response.content.decode()
    assert not DownloadLink.objects.exists()


def test_another_partners_purchase_is_not_found(agent, stranger, client_of, purchase, build):
    assert get(client_of(stranger), purchase, build).status_code == 404
    assert get(client_of(agent), purchase, build, tenant_id=uuid4()).status_code == 404
    assert not DownloadLink.objects.exists()


def test_getting_needs_a_post_and_a_sign_in(agent, client, client_of, purchase, build):
    address = reverse("software:get", args=[purchase.customer.tenant_id, purchase.public_id])
    assert client_of(agent).get(address).status_code == 405
    response = get(client, purchase, build)
    assert response.headers["Location"].startswith(reverse("account_login"))
    assert not DownloadLink.objects.exists()


def test_a_link_lives_no_longer_because_no_job_has_run(clock, agent, purchase, build):
    link = make_link(agent, purchase, build)
    instants = (link.expires_at - timedelta(microseconds=1), link.expires_at)
    states = [link.state(instant).value for instant in instants]
    assert states == ["active", "expired"]
