"""One press of **Download** is one download, however often its form is sent (K5)."""

import re

import pytest
from django.test import Client

from activity.models import Action, Event
from software.models import LINK_DOWNLOADS, DownloadLink, DownloadSession
from software.services import renew_link, revoke_link
from tests.factories import buy_line, make_build, make_link, make_sku
from tests.helpers import in_threads

pytestmark = pytest.mark.django_db

SOMEBODY_ELSES = "attempt_unknown"


@pytest.fixture
def purchase(clock, agent, customer):
    return buy_line(agent, customer, make_sku(keys=1)).purchase


@pytest.fixture
def link(agent, purchase):
    return make_link(agent, purchase)


def attempt_on(response):
    """The attempt id in the form of a page."""
    return re.search(r'name="attempt" value="([^"]+)"', response.content.decode())[1]


def attempt_of(link):
    return attempt_on(Client().get(link.get_absolute_url()))


def post(link, **fields):
    return Client().post(link.get_absolute_url(), fields)


def used(link):
    return DownloadLink.objects.get(pk=link.pk).used


def assert_started_once(link, *answers):
    session = DownloadSession.objects.get()
    assert [(answer.status_code, answer.headers["Location"]) for answer in answers] == [
        (303, session.get_absolute_url())
    ] * len(answers)
    assert used(link) == 1
    assert Event.objects.filter(action=Action.DOWNLOAD_STARTED).count() == 1


def test_the_same_form_again_leads_to_the_same_session_and_does_not_count(link):
    attempt = attempt_of(link)
    assert_started_once(link, *[post(link, attempt=attempt) for _time in range(3)])


def test_each_page_is_an_attempt_of_its_own(link):
    for _page in range(2):
        post(link, attempt=attempt_of(link))
    assert used(link) == DownloadSession.objects.count() == 2


@pytest.mark.parametrize("fields", [{}, {"attempt": ""}, {"other": "x"}])
def test_every_post_without_an_attempt_counts(link, fields):
    addresses = {post(link, **fields).headers["Location"] for _time in range(2)}
    assert len(addresses) == used(link) == 2


def test_the_portals_own_button_is_the_same_form(link, agent, client_of, customer):
    page = client_of(agent).get(
        f"/customers/{customer.tenant_id}/software/?sku={link.purchase.sku.public_id}&purchase={link.purchase.public_id}"
    )
    attempt = attempt_on(page)
    assert f'action="{link.get_absolute_url()}"' in page.content.decode()
    assert_started_once(link, post(link, attempt=attempt), post(link, attempt=attempt))


def test_the_last_download_clicked_twice_is_one_download(link):
    DownloadLink.objects.update(used=LINK_DOWNLOADS - 1)
    attempt = attempt_of(link)
    first, second = post(link, attempt=attempt), post(link, attempt=attempt)
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"]
    assert used(link) == LINK_DOWNLOADS
    assert post(link).status_code == 410


def test_an_attempt_is_answered_past_the_links_expiry_while_its_session_lives(clock, link):
    clock.set("2020-02-07T11:59:59Z")
    attempt = attempt_of(link)
    post(link, attempt=attempt)
    clock.set("2020-02-07T12:00:00Z")
    again = post(link, attempt=attempt)
    assert again.status_code == 303
    assert Client().head(again.headers["Location"]).status_code == 200


def test_an_attempt_of_an_earlier_grant_starts_nothing_twice(agent, link):
    attempt = attempt_of(link)
    post(link, attempt=attempt)
    renew_link(link.public_id, grant_seen=1, actor=agent)
    assert post(link, attempt=attempt).status_code == 303
    assert used(link) == 0
    assert DownloadSession.objects.get().grant_number == 1


def test_a_page_opened_before_a_renewal_starts_its_download_under_the_new_grant(agent, link):
    attempt = attempt_of(link)
    renew_link(link.public_id, grant_seen=1, actor=agent)
    assert post(link, attempt=attempt).status_code == 303
    assert used(link) == 1
    assert DownloadSession.objects.get().grant_number == 2


@pytest.mark.parametrize(("end", "status"), [("over", 410), ("revoked", 410), ("over_budget", 429)])
def test_an_attempt_whose_session_has_ended_says_so_and_counts_nothing(clock, link, end, status):
    attempt = attempt_of(link)
    post(link, attempt=attempt)
    DownloadSession.objects.update(closed_at=link.granted_at, end=end)
    again = post(link, attempt=attempt)
    assert Client().get(again.headers["Location"]).status_code == status
    assert used(link) == DownloadSession.objects.count() == 1


def test_after_a_revocation_an_attempt_leads_nowhere(agent, link):
    attempt = attempt_of(link)
    session = post(link, attempt=attempt).headers["Location"]
    revoke_link(link.public_id, actor=agent)
    assert Client().get(post(link, attempt=attempt).headers["Location"]).status_code == 410
    assert Client().get(session).status_code == 410


# What is not ours


@pytest.mark.parametrize(
    "attempt", ["x", "A" * 48, "-" * 48, "A" * 2_000_000, "\0" * 48, "설" * 48, "7f3a2c1e-0000-4000-8000-000000000000"]
)
def test_an_attempt_that_we_did_not_make_counts_nothing_and_is_told(link, partner, attempt):
    response = post(link, attempt=attempt)
    assert response.status_code == 400
    page = response.content.decode()
    assert "Nothing was counted" in page
    assert partner.support_email in page
    assert used(link) == DownloadSession.objects.count() == 0
    assert Event.objects.filter(action=Action.DOWNLOAD_REFUSED, details__reason=SOMEBODY_ELSES).count() == 1


def test_a_changed_attempt_counts_nothing(link):
    attempt = attempt_of(link)
    changed = attempt[:-1] + ("A" if attempt[-1] != "A" else "B")
    assert post(link, attempt=changed).status_code == 400
    assert used(link) == 0


def test_an_attempt_of_another_link_counts_on_neither(agent, link, purchase):
    other = make_link(agent, purchase, make_build(purchase.sku.product, version="2019"))
    assert post(link, attempt=attempt_of(other)).status_code == 400
    assert (used(link), used(other)) == (0, 0)


def test_a_links_own_token_is_no_attempt(link):
    assert post(link, attempt=link.token).status_code == 400


def test_a_body_larger_than_a_form_is_refused_in_a_sentence(link):
    response = Client().post(
        link.get_absolute_url(), b"x" * 3_000_000, content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code == 400
    assert used(link) == 0


# Two at once


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("left", [1, LINK_DOWNLOADS])
def test_of_ten_clicks_at_once_one_counts_and_all_lead_to_its_session(agent, customer, left):
    link = make_link(agent, buy_line(agent, customer, make_sku(keys=1)).purchase)
    DownloadLink.objects.update(used=LINK_DOWNLOADS - left)
    attempt = attempt_of(link)
    answers = in_threads(*[lambda: post(link, attempt=attempt)] * 10)
    session = DownloadSession.objects.get()
    assert [(answer.status_code, answer.headers["Location"]) for answer in answers] == [
        (303, session.get_absolute_url())
    ] * 10
    assert used(link) == LINK_DOWNLOADS - left + 1
    assert Event.objects.filter(action=Action.DOWNLOAD_STARTED).count() == 1
    assert not Event.objects.filter(action=Action.DOWNLOAD_REFUSED).exists()
