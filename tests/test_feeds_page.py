"""The page of feeds: tokens and webhooks made, seen, tested, replayed and ended, without scripts (A6, P2)."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings as project
from django.test import Client
from django.utils import timezone

from activity.feeds.models import DeliveryState, FeedToken, Wanted, Webhook, WebhookDelivery
from activity.feeds.secret_keys import written_secret
from activity.feeds.services.webhooks import change_webhook, make_webhook
from activity.models import Action, Event
from csp_portal.accounts.permissions import Role
from tests.factories import UserFactory
from tests.feeds import ADDRESS
from tests.helpers import MOST_QUERIES, queries_of, source_of, words_of
from tests.receiver import receiver_running

pytestmark = pytest.mark.django_db

PAGE = "/activity/feeds/"


@pytest.fixture
def browser(client_of, global_admin):
    return client_of(global_admin)


@pytest.fixture
def receiver(settings):
    settings.WEBHOOK_PRIVATE_TARGETS = True
    with receiver_running() as receiver:
        yield receiver


@pytest.fixture
def webhook(clock, receiver, global_admin):
    return make_webhook(receiver.url, Wanted.ALL, actor=global_admin)


def delivery(webhook, sequence, state=DeliveryState.DELIVERED):
    """A delivery of ten rows."""
    delivered_at = timezone.now() if state == DeliveryState.DELIVERED else None
    return WebhookDelivery.objects.create(
        webhook=webhook,
        sequence=sequence,
        wanted=webhook.wanted,
        first=10 * sequence - 9,
        last=10 * sequence,
        state=state,
        attempts=8,
        last_answer="The receiver answered 503.",
        made_at=timezone.now(),
        tried_at=timezone.now(),
        delivered_at=delivered_at,
    )


def as_sent(page, **typed):
    """What the browser sends back: the version that the page shows, and what was typed."""
    return {"wanted": "all", **typed, "seen": re.search(r'name="seen" value="(\w+)"', source_of(page))[1]}


def test_a_token_is_shown_once_and_opens_the_log(browser):
    made = browser.post(f"{PAGE}tokens/", {"name": "보안관제 SIEM"})
    token = re.search(r"csp_[\w-]{43}", made.content.decode())[0]
    assert "no-store" in made.headers["Cache-Control"]
    assert "This is the only time that the token is shown" in words_of(made)
    assert Client().get(ADDRESS, headers={"Authorization": f"Bearer {token}"}).status_code == 200
    page = browser.get(PAGE)
    assert token not in page.content.decode()
    assert "보안관제 SIEM" in words_of(page)
    assert browser.get(f"{PAGE}tokens/").status_code == 302  # back to the page, after a reload


def test_a_form_that_cannot_be_taken_says_why_and_keeps_what_was_written(browser):
    browser.post(f"{PAGE}tokens/", {"name": "SIEM"})
    refused = browser.post(f"{PAGE}tokens/", {"name": "siem"})
    assert "A token with the name siem stands already." in words_of(refused)
    assert 'value="siem"' in refused.content.decode()
    assert "Name the program that will read with it." in words_of(browser.post(f"{PAGE}tokens/", {}))
    assert FeedToken.objects.count() == 1


def test_a_token_is_revoked_on_the_page(browser):
    browser.post(f"{PAGE}tokens/", {"name": "SIEM"})
    feed = FeedToken.objects.get()
    told = words_of(browser.post(f"{PAGE}tokens/{feed.public_id}/revoke/", follow=True))
    assert "The token SIEM opens nothing any more." in told
    again = words_of(browser.post(f"{PAGE}tokens/{feed.public_id}/revoke/", follow=True))
    assert "The token is revoked already" in again


def test_a_webhook_is_made_with_its_secret_shown_once(browser, receiver):
    made = browser.post(f"{PAGE}webhooks/", {"url": receiver.url, "wanted": "keys_and_downloads"})
    secret = written_secret(Webhook.objects.get().secret)
    assert secret in made.content.decode()
    assert "no-store" in made.headers["Cache-Control"]
    page = browser.get(Webhook.objects.get().get_absolute_url())
    assert secret not in page.content.decode()
    assert "Keys and downloads only" in words_of(browser.get(PAGE))


def test_a_private_address_is_refused_in_words(browser):
    refused = browser.post(f"{PAGE}webhooks/", {"url": "https://localhost/hook", "wanted": "all"})
    told = words_of(refused)
    assert re.search(
        r"The name localhost leads to (127\.0\.0\.1|::1), which is no address on the public internet", told
    )
    assert "webhook_target_private" in told
    assert not Webhook.objects.exists()


def test_a_test_tells_what_the_receiver_answered(browser, webhook, receiver):
    told = words_of(browser.post(f"{webhook.get_absolute_url()}ping/", follow=True))
    assert "The receiver answered 204." in told
    assert receiver.messages[0].content["ping"] is True


def test_it_is_switched_off_and_on(browser, webhook):
    switch = f"{webhook.get_absolute_url()}switch/"
    assert "The webhook is off." in words_of(browser.post(switch, {"on": "no"}, follow=True))
    assert not Webhook.objects.get().is_on
    assert "It goes on where it stopped." in words_of(browser.post(switch, {"on": "yes"}, follow=True))
    browser.post(switch, {"on": "perhaps"})
    assert Webhook.objects.get().is_on


def test_its_address_is_changed_and_a_wrong_one_refused(browser, webhook, receiver):
    here = webhook.get_absolute_url()
    refused = browser.post(here, as_sent(browser.get(here), url="no address"))
    assert "A webhook is sent to an address such as" in words_of(refused)
    other = f"{receiver.url}/other"
    changed = as_sent(refused, url=other, wanted="keys_and_downloads")
    for _time in range(2):  # the button may be pressed twice
        assert "The webhook is changed." in words_of(browser.post(here, changed, follow=True))
    assert (Webhook.objects.get().url, Webhook.objects.get().wanted) == (other, "keys_and_downloads")
    assert Event.objects.filter(action=Action.FEED_CHANGED, details__change="webhook_changed").count() == 1


@pytest.mark.parametrize("meanwhile", [{"url": "http://localhost/new"}, {"is_on": False}])
def test_a_page_that_somebody_overtook_changes_nothing_and_may_be_sent_again_then(
    browser, webhook, receiver, global_admin, meanwhile
):
    here = webhook.get_absolute_url()
    opened = as_sent(browser.get(here), url=receiver.url, wanted="keys_and_downloads")
    change_webhook(webhook.public_id, **meanwhile, actor=global_admin)
    before, rows = Webhook.objects.values().get(), Event.objects.filter(action=Action.FEED_CHANGED).count()
    for stale in (opened, {**opened, "seen": ""}):
        refused = browser.post(here, stale)
        assert "webhook_changed_meanwhile" in words_of(refused)
        assert "was changed after you opened it, so nothing was saved." in words_of(refused)
        assert "Now: All actions" in words_of(refused)
        assert ("Now: http://localhost/new" in words_of(refused)) == ("url" in meanwhile)
        assert f'value="{receiver.url}"' in source_of(refused)  # what was typed stays
    assert Webhook.objects.values().get() == before
    assert Event.objects.filter(action=Action.FEED_CHANGED).count() == rows
    told = browser.post(here, as_sent(refused, url=receiver.url, wanted="keys_and_downloads"), follow=True)
    assert "The webhook is changed." in words_of(told)
    assert Webhook.objects.get().url == receiver.url


def test_a_page_that_was_overtaken_stays_so_while_its_address_is_refused(browser, webhook, receiver, global_admin):
    here = webhook.get_absolute_url()
    opened = as_sent(browser.get(here), url="no address")
    change_webhook(webhook.public_id, wanted=Wanted.KEYS_AND_DOWNLOADS, actor=global_admin)
    corrected = as_sent(browser.post(here, opened), url=receiver.url)
    assert "webhook_changed_meanwhile" in words_of(browser.post(here, corrected))
    assert Webhook.objects.get().wanted == "keys_and_downloads"


def test_another_secret_is_shown_once(browser, webhook):
    made = browser.post(f"{webhook.get_absolute_url()}secret/")
    new = written_secret(Webhook.objects.get().secret)
    assert new in made.content.decode()
    assert new != written_secret(webhook.secret)
    assert browser.get(f"{webhook.get_absolute_url()}secret/").status_code == 302


def test_what_was_given_up_is_shown_and_sent_again(browser, webhook):
    delivery(webhook, 1), delivery(webhook, 2, DeliveryState.DEAD)
    page = browser.get(webhook.get_absolute_url())
    assert "The receiver answered 503." in words_of(page)
    assert words_of(page).count("Send again") == 2  # the head of the column, and the button of the dead one
    told = words_of(browser.post(f"{webhook.get_absolute_url()}replay/", {"sequence": "2"}, follow=True))
    assert "Delivery 2 is sent again." in told
    assert WebhookDelivery.objects.get(sequence=2).state == DeliveryState.WAITING
    refused = words_of(browser.post(f"{webhook.get_absolute_url()}replay/", {"sequence": "1"}, follow=True))
    assert "Delivery 1 of this webhook was not given up" in refused


def test_a_number_of_a_delivery_is_sent_as_a_program_writes_it(browser, webhook):
    delivery(webhook, 1234, DeliveryState.DEAD)
    assert 'name="sequence" value="1234"' in browser.get(webhook.get_absolute_url()).content.decode()


@pytest.mark.parametrize("count", [1, 10])
def test_the_pages_ask_few_questions_however_much_they_show(browser, clock, webhook, global_admin, count):
    for number in range(count):
        browser.post(f"{PAGE}tokens/", {"name": str(number)})
        delivery(webhook, number + 1)
    assert len(queries_of(browser, PAGE)) <= MOST_QUERIES
    assert len(queries_of(browser, webhook.get_absolute_url())) <= MOST_QUERIES


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN_AGENT])
def test_who_may_not_manage_feeds_meets_the_reason(client_of, partner, role):
    page = client_of(UserFactory(partner=partner, roles=[role])).get(PAGE)
    assert page.status_code == 403
    assert "manage feeds of the activity log" in words_of(page)


def test_the_example_of_the_docs_checks_a_signature(webhook, browser, receiver):
    docs = (Path(project.BASE_DIR) / "docs" / "activity-feeds.md").read_text(encoding="utf-8")
    example = docs.split("in Python:\n\n")[1].split("\n\nThe secret")[0]
    names = {}
    exec("\n".join(line[4:] for line in example.splitlines()), names)
    browser.post(f"{webhook.get_absolute_url()}ping/")
    (message,) = receiver.messages
    secret = written_secret(webhook.secret)
    assert names["is_genuine"](message.headers, message.body, secret)
    assert not names["is_genuine"](message.headers, message.body + b" ", secret)
    assert not names["is_genuine"](message.headers, message.body, written_secret(b"another"))
    assert urlsplit(receiver.url).path == message.path


def test_the_log_leads_to_the_feeds_and_says_who_may_go_there(browser, client_of, partner):
    assert 'href="/activity/feeds/"' in browser.get("/activity/").content.decode()
    auditor = client_of(UserFactory(partner=partner, roles=[Role.AUDITOR])).get("/activity/")
    assert 'href="/activity/feeds/"' not in auditor.content.decode()
    assert "Only these roles may manage feeds of the activity log: Global admin." in words_of(auditor)
