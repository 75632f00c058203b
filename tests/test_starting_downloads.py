"""Starting downloads and the landing page they are started from: K5, K6."""

from datetime import timedelta
from itertools import chain

import pytest
from django.test import Client

from activity.models import Action, Event
from software.models import LINK_DOWNLOADS, DownloadLink, DownloadSession
from tests.downloads import CONTENT, link_to, session_of, used
from tests.factories import UserFactory
from tests.helpers import in_threads

pytestmark = pytest.mark.django_db


@pytest.fixture
def link(clock, agent, customer):
    """A link made at 2020-01-24 12:00 UTC."""
    return link_to(agent, customer)


def secrets_of(link):
    """What would tell the holder of a link whose it is."""
    purchase, customer = link.purchase, link.purchase.customer
    named = (customer.company_name, customer.primary_domain, customer.address_line, customer.city)
    return (*named, str(customer.tenant_id), purchase.order_number, str(purchase.public_id), link.granted_by.email)


# Counting


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_a_link_never_counts_and_sends_no_file(link, client, method):
    for _visit in range(3):
        response = getattr(client, method)(link.get_absolute_url())
        assert response.status_code == 200
        assert CONTENT not in response.content
    assert used(link) == 0
    assert not DownloadSession.objects.exists()


def test_a_post_counts_one_and_leads_to_a_session(link, client):
    response = client.post(link.get_absolute_url())
    assert response.status_code == 303
    assert used(link) == 1
    session = DownloadSession.objects.get()
    assert response.headers["Location"] == session.get_absolute_url()
    assert session.grant_number == link.grant_number
    assert session.expires_at - session.started_at == timedelta(hours=24)


def test_every_post_counts(link):
    for _post in range(3):
        session_of(link)
    assert used(link) == DownloadSession.objects.count() == 3


def test_a_post_from_elsewhere_without_a_csrf_token_is_a_download(link):
    assert Client(enforce_csrf_checks=True).post(link.get_absolute_url()).status_code == 303


def test_the_fiftieth_download_starts_and_the_fifty_first_is_gone(link, client, partner):
    DownloadLink.objects.filter(pk=link.pk).update(used=LINK_DOWNLOADS - 1)
    assert client.post(link.get_absolute_url()).status_code == 303
    response = client.post(link.get_absolute_url())
    assert response.status_code == 410
    assert "has been used 50 times" in response.content.decode()
    assert partner.support_email in response.content.decode()
    assert used(link) == LINK_DOWNLOADS
    assert DownloadSession.objects.count() == 1
    assert Event.objects.filter(action=Action.DOWNLOAD_REFUSED, details__reason="link_used_up").count() == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_dead_link_tells_whom_to_ask_and_names_no_customer(clock, link, client, partner, method):
    clock.set("2020-02-07T12:00:00Z")
    response = getattr(client, method)(link.get_absolute_url())
    page = response.content.decode()
    assert response.status_code == 410
    assert "expired on 7 Feb 2020, 12:00 UTC" in page
    assert partner.support_email in page
    for secret in secrets_of(link):
        assert secret not in page
    assert used(link) == 0


@pytest.mark.parametrize("token", ["x", "A" * 48, "-" * 48])
def test_a_token_that_is_not_ours_is_not_found(db, client, token):
    for response in (client.get(f"/d/{token}"), client.post(f"/d/{token}"), client.get(f"/d/session/{token}/x")):
        assert response.status_code == 404
        assert "not known" in response.content.decode()


def test_a_genuine_id_with_another_mac_is_not_found(link, client):
    forged = link.token[:-1] + ("A" if link.token[-1] != "A" else "B")
    assert client.post(f"/d/{forged}").status_code == 404
    assert used(link) == 0


def test_a_link_is_no_session_and_a_session_no_link(link, client):
    token = DownloadSession.objects.get(pk=_started(link).pk).token
    assert client.get(f"/d/session/{link.token}/setup.iso").status_code == 404
    assert client.post(f"/d/{token}").status_code == 404


def _started(link):
    session_of(link)
    return DownloadSession.objects.get()


def test_the_holder_of_a_link_is_named_only_if_they_may_see_the_purchase(link, agent, stranger, client_of):
    for user in (agent, stranger, UserFactory(roles=[])):
        session_of(link, client_of(user))
    session_of(link)
    actors = Event.objects.filter(action=Action.DOWNLOAD_STARTED).order_by("pk").values_list("actor_kind", "actor_name")
    assert list(actors) == [("user", agent.email), *[("link_holder", "")] * 3]


# The landing page


def test_the_landing_page_says_what_there_is_to_download(link, client, partner):
    DownloadLink.objects.filter(pk=link.pk).update(used=13)
    response = client.get(link.get_absolute_url())
    page = response.content.decode()
    for words in (partner.legal_name, partner.support_email, "setup.iso", link.build.sha256, "37 of 50", "7 Feb 2020"):
        assert words in page
    assert f"curl -fOJL --data '' http://testserver{link.get_absolute_url()}" in page.replace("&#x27;", "'")
    for secret in secrets_of(link):
        assert secret not in page


@pytest.mark.parametrize("lived", [timedelta(0), timedelta(days=14)])
def test_the_address_is_kept_to_whoever_has_it(clock, link, client, lived):
    clock.set((link.granted_at + lived).isoformat())
    for response in (client.get(link.get_absolute_url()), client.post(link.get_absolute_url())):
        kept = response.status_code == 200  # by the browser alone, so that going back repeats the attempt (K5)
        assert response.headers["Cache-Control"] == ("private, no-cache" if kept else "no-store")
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["X-Robots-Tag"] == "noindex"


def test_the_landing_page_is_small_and_needs_no_script(link, client):
    page = client.get(link.get_absolute_url()).content.decode()
    assert len(page) < 10_000  # its style sheet and theme script come to less than 10 KB more
    assert "htmx" not in page
    assert '<form method="post"' in page


def test_other_methods_are_not_allowed(link, client):
    assert client.put(link.get_absolute_url()).status_code == 405
    response = Client(enforce_csrf_checks=True).post(session_of(link))
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD")
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "This cannot be opened like this" in response.content.decode()


# Real threads


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("left", [1, LINK_DOWNLOADS])
def test_of_200_posts_at_once_exactly_as_many_as_are_left_are_accepted(agent, customer, left):
    link = link_to(agent, customer)
    DownloadLink.objects.filter(pk=link.pk).update(used=LINK_DOWNLOADS - left)

    def post_ten_times():
        client = Client()
        return [client.post(link.get_absolute_url()).status_code for _post in range(10)]

    answers = in_threads(*[post_ten_times] * 20)
    assert sorted(chain.from_iterable(answers)) == [303] * left + [410] * (200 - left)
    assert used(link) == LINK_DOWNLOADS
    assert DownloadSession.objects.count() == left
    assert Event.objects.filter(action=Action.DOWNLOAD_STARTED).count() == left
    assert Event.objects.filter(action=Action.DOWNLOAD_REFUSED).count() == 200 - left
