"""Webhooks: sealed rows in order, signed, tried again until they are taken or given up, and then replayable (A6)."""

from datetime import UTC, datetime, timedelta

import pytest

from activity.feeds.delivering import queue_due_webhooks, send_webhook
from activity.feeds.models import MOST_ITEMS, WAITS, DeliveryState, Wanted, Webhook
from activity.feeds.secret_keys import written_secret
from activity.feeds.services.webhooks import (
    change_webhook,
    make_webhook,
    ping_webhook,
    replace_secret,
    replay_delivery,
)
from activity.models import Action, Event
from activity.services import Actor, record, record_each
from csp_portal.accounts.permissions import Role
from csp_portal.errors import Refusal
from csp_portal.mail.models import Mail
from tests.factories import PartnerFactory, UserFactory
from tests.helpers import in_threads
from tests.receiver import receiver_running
from tests.sealing import seal_everything

pytestmark = pytest.mark.django_db(transaction=True)
NOBODY = Actor.visitor()
NOON = datetime(2020, 1, 24, 12, tzinfo=UTC)


@pytest.fixture
def receiver(settings):
    settings.WEBHOOK_PRIVATE_TARGETS = True
    with receiver_running() as receiver:
        yield receiver


@pytest.fixture
def webhook(clock, receiver, global_admin):
    """Made when all there was is sealed; nothing is sent of what was before it."""
    seal_everything()
    return make_webhook(receiver.url, Wanted.ALL, actor=global_admin)


def write(partner, count=1, action=Action.LINK_EXPIRED):
    record_each(action, actor=NOBODY, on=[partner] * count)
    seal_everything()


def send(webhook, at=NOON, clock=None):
    if clock:
        clock.set(at.isoformat())
    return send_webhook(webhook.pk)


def deliveries(webhook):
    found = webhook.deliveries.order_by("sequence")
    return [(delivery.sequence, delivery.state, delivery.attempts) for delivery in found]


def test_rows_come_in_order_signed_and_numbered_without_a_gap(webhook, receiver, partner):
    write(partner, 250)
    assert send(webhook) == 3
    assert receiver.sequences == [1, 2, 3]
    secret = written_secret(webhook.secret)
    assert all(message.is_signed_with(secret) for message in receiver.messages)
    assert [len(message.content["items"]) for message in receiver.messages] == [MOST_ITEMS, MOST_ITEMS, 51]
    assert receiver.positions == list(range(1, 252))  # the making of the webhook is its first row
    covered = [(message.content["first"], message.content["last"]) for message in receiver.messages]
    assert covered == [(1, 100), (101, 200), (201, 251)]
    first = receiver.messages[0]
    assert first.content["webhook"] == str(webhook.public_id)
    assert first.content["chain"] == str(partner.public_id)
    assert int(first.headers["webhook-timestamp"]) == int(NOON.timestamp())
    assert first.headers["content-type"] == "application/json; charset=utf-8"
    assert send(webhook) == 0


def test_a_changed_body_id_or_secret_shows_in_the_signature(webhook, receiver, partner):
    write(partner)
    send(webhook)
    (message,) = receiver.messages
    secret = written_secret(webhook.secret)
    assert secret.startswith("whsec_")
    changed = type(message)(message.path, message.headers, message.body.replace(b"link_expired", b"link_revoked"))
    assert message.is_signed_with(secret)
    assert not changed.is_signed_with(secret)
    assert not message.is_signed_with(written_secret(b"another"))


def test_what_was_before_it_and_rows_of_others_are_not_sent(receiver, clock, global_admin, partner):
    write(partner, 5)
    webhook = make_webhook(receiver.url, Wanted.ALL, actor=global_admin)
    record_each(Action.LINK_EXPIRED, actor=NOBODY, on=[PartnerFactory()] * 5)
    record(Action.SIGNED_IN, actor=NOBODY)
    write(partner)
    send(webhook)
    assert receiver.positions == [6, 7]
    assert {item["chain"] for item in receiver.messages[0].content["items"]} == {str(partner.public_id)}


def test_only_keys_and_downloads_leave_no_gap_in_the_positions(receiver, clock, global_admin, partner):
    webhook = make_webhook(receiver.url, Wanted.KEYS_AND_DOWNLOADS, actor=global_admin)
    write(partner, 120)
    assert send(webhook) == 0  # nothing of it is wanted
    assert not receiver.messages
    record(Action.KEY_REVEALED, actor=global_admin)
    write(partner, 3)
    record(Action.DOWNLOAD_STARTED, actor=NOBODY, partner=partner)
    write(partner, 2)
    assert send(webhook) == 1
    (message,) = receiver.messages
    assert [item["action"] for item in message.content["items"]] == ["key_revealed", "download_started"]
    last = Event.objects.of_partner(partner.pk).count()
    assert (message.content["sequence"], message.content["first"], message.content["last"]) == (1, 1, last)


def test_a_row_without_a_position_is_not_sent(webhook, receiver, partner):
    record_each(Action.LINK_EXPIRED, actor=NOBODY, on=[partner])
    assert send(webhook) == 0
    assert queue_due_webhooks() == 0


def test_it_is_tried_again_after_each_wait_and_not_a_second_before(webhook, receiver, partner, clock):
    write(partner)
    receiver.answers = [500]
    at = NOON
    send(webhook, at, clock)
    for wait in WAITS:
        at += wait
        send(webhook, at - timedelta(microseconds=1), clock)
        tried = len(receiver.messages)
        send(webhook, at, clock)
        assert len(receiver.messages) == tried + 1
    assert len({message.id for message in receiver.messages}) == 1
    assert deliveries(webhook) == [(1, DeliveryState.DEAD, 1 + len(WAITS))]
    assert Webhook.objects.get().failures == 1 + len(WAITS)
    assert webhook.deliveries.get().last_answer == "The receiver answered 500."


def die(webhook, clock):
    """Let its delivery be tried until it is given up; answers when that was."""
    at = NOON
    send(webhook, at, clock)
    for wait in WAITS:
        at += wait
        send(webhook, at, clock)
    return at


def test_one_that_is_given_up_is_mailed_once_and_the_next_has_its_turn(webhook, receiver, partner, clock, global_admin):
    second = UserFactory(partner=partner, roles=[Role.GLOBAL_ADMIN])
    UserFactory(partner=partner, roles=[Role.ADMIN_AGENT])
    write(partner)
    receiver.answers = [*[503] * (1 + len(WAITS)), 200]
    at = die(webhook, clock)
    mails = Mail.objects.order_by("to")
    assert sorted(mail.to for mail in mails) == sorted([global_admin.email, second.email])
    assert mails[0].subject == "Webhook not delivered: localhost"
    assert "503" in mails[0].text
    write(partner)
    send(webhook, at, clock)
    assert [state for _sequence, state, _attempts in deliveries(webhook)] == ["dead", "delivered"]
    assert Webhook.objects.get().failures == 0


def test_a_replay_sends_the_same_delivery_before_those_behind_it(webhook, receiver, partner, clock, global_admin):
    write(partner)
    receiver.answers = [503]
    at = die(webhook, clock)
    write(partner)
    receiver.answers = [200]
    replay_delivery(webhook.public_id, 1, actor=global_admin)
    first, tried = receiver.messages[0], len(receiver.messages)
    send(webhook, at, clock)
    seal_everything()
    send(webhook, at, clock)
    again, *later = receiver.messages[tried:]
    assert (again.id, again.body) == (first.id, first.body)
    assert [message.content["sequence"] for message in later] == list(range(2, 2 + len(later)))
    assert deliveries(webhook)[0] == (1, DeliveryState.DELIVERED, 1)
    replayed = Event.objects.get(action=Action.WEBHOOK_REPLAYED)
    assert (replayed.actor_name, replayed.details["sequence"]) == (global_admin.email, 1)


def test_given_up_again_after_a_replay_it_is_not_mailed_again(webhook, receiver, partner, clock, global_admin):
    write(partner)
    receiver.answers = [503]
    at = die(webhook, clock)
    replay_delivery(webhook.public_id, 1, actor=global_admin)
    for wait in (timedelta(0), *WAITS):
        at += wait
        send(webhook, at, clock)
    assert webhook.deliveries.order_by("sequence").first().is_dead
    assert Mail.objects.count() == 1


def test_a_later_batch_waits_for_the_one_before_it(webhook, receiver, partner, clock):
    write(partner, 150)
    receiver.answers = [500, 200]
    send(webhook, NOON, clock)
    assert receiver.sequences == [1]
    write(partner, 10)
    send(webhook, NOON + timedelta(minutes=1), clock)
    assert receiver.sequences == [1, 1, 2]
    assert receiver.messages[0].body == receiver.messages[1].body
    assert receiver.positions[100:] == list(range(1, 162))


def test_two_senders_at_once_send_each_delivery_once(webhook, receiver, partner):
    write(partner, 350)
    in_threads(*[lambda: send_webhook(webhook.pk)] * 4)
    while send_webhook(webhook.pk):
        pass
    assert receiver.sequences == [1, 2, 3, 4]
    assert receiver.positions == list(range(1, 352))


def test_a_redirect_is_not_followed(webhook, receiver, partner):
    write(partner)
    with receiver_running() as elsewhere:
        receiver.answers, receiver.headers = [307], {"Location": elsewhere.url}
        send(webhook)
        assert not elsewhere.messages
    assert webhook.deliveries.get().last_answer == "The receiver answered 307: redirects are not followed."
    assert webhook.deliveries.get().state == DeliveryState.WAITING


def test_switched_off_nothing_is_sent_and_switched_on_it_goes_on_where_it_was(webhook, receiver, partner, global_admin):
    write(partner)
    send(webhook)
    change_webhook(webhook.public_id, is_on=False, actor=global_admin)
    write(partner, 3)
    assert (send(webhook), queue_due_webhooks()) == (0, 0)
    change_webhook(webhook.public_id, is_on=True, actor=global_admin)
    seal_everything()
    assert send(webhook) == 1
    assert receiver.positions == list(range(1, Event.objects.of_partner(partner.pk).count() + 1))


def test_another_address_and_another_choice_count_from_the_next_delivery(webhook, receiver, partner, global_admin):
    receiver.answers = [500]
    write(partner, 2)
    send(webhook)
    with receiver_running() as elsewhere:
        change_webhook(webhook.public_id, url=elsewhere.url, wanted=Wanted.KEYS_AND_DOWNLOADS, actor=global_admin)
        record(Action.KEY_COPIED, actor=global_admin)
        seal_everything()
        assert send(webhook) == 2
        first, second = elsewhere.messages
    assert first.body == receiver.messages[0].body  # made before, with all it was to hold
    assert [item["action"] for item in second.content["items"]] == ["key_copied"]
    assert second.content["first"] == first.content["last"] + 1
    details = Event.objects.filter(action=Action.FEED_CHANGED).latest("pk").details
    assert details["was"] == {"host": "localhost", "wanted": "all"}
    assert "/hook" not in str(details)  # an address may hold a secret


def test_a_new_secret_signs_what_is_sent_from_then_on(webhook, receiver, partner, global_admin):
    old = written_secret(webhook.secret)
    new = written_secret(replace_secret(webhook.public_id, actor=global_admin).secret)
    seal_everything()
    send(webhook)
    (message,) = receiver.messages
    assert message.is_signed_with(new)
    assert not message.is_signed_with(old)


def test_with_its_key_retired_nothing_is_sent_unsigned(webhook, receiver, partner, settings, global_admin, clock):
    write(partner)
    settings.LINK_TOKEN_KEYS = ["another key"]
    assert send(webhook) == 0
    assert not receiver.messages
    assert webhook.deliveries.get().last_answer.startswith("The key behind the webhook's secret was retired.")
    replace_secret(webhook.public_id, actor=global_admin)
    assert send(webhook, NOON + WAITS[0], clock) == 1


def test_a_ping_is_signed_and_holds_no_rows(webhook, receiver, global_admin):
    answer = ping_webhook(webhook.public_id, actor=global_admin)
    assert (answer.is_taken, answer.words) == (True, "The receiver answered 204.")
    (message,) = receiver.messages
    assert message.is_signed_with(written_secret(webhook.secret))
    assert message.content["ping"] is True
    assert "items" not in message.content
    receiver.answers = [404]
    assert ping_webhook(webhook.public_id, actor=global_admin).words == "The receiver answered 404."
    assert not webhook.deliveries.exists()


@pytest.mark.parametrize("role", [Role.ADMIN_AGENT, Role.AUDITOR, None])
def test_only_a_global_admin_changes_anything(webhook, receiver, partner, role):
    user, of_it = UserFactory(partner=partner, roles=[role] if role else []), webhook.public_id
    before = Webhook.objects.values().get()
    for change in (
        lambda: make_webhook(receiver.url, Wanted.ALL, actor=user),
        lambda: change_webhook(of_it, wanted=Wanted.KEYS_AND_DOWNLOADS, actor=user),
        lambda: change_webhook(of_it, is_on=False, actor=user),
        lambda: replace_secret(of_it, actor=user),
        lambda: ping_webhook(of_it, actor=user),
        lambda: replay_delivery(of_it, 1, actor=user),
    ):
        with pytest.raises(Refusal) as refused:
            change()
        assert refused.value.code == "role_required"
    assert Webhook.objects.values().get() == before
    assert Event.objects.filter(action=Action.FEED_REFUSED, actor_name=user.email).count() == 6
    assert not receiver.messages


def test_another_partners_webhook_is_none(webhook, receiver, stranger):
    for change in (
        lambda: change_webhook(webhook.public_id, is_on=False, actor=stranger),
        lambda: ping_webhook(webhook.public_id, actor=stranger),
        lambda: replay_delivery(webhook.public_id, 1, actor=stranger),
    ):
        with pytest.raises(Refusal) as refused:
            change()
        assert refused.value.code == "webhook_gone"
    assert Webhook.objects.get().is_on


@pytest.mark.parametrize("sequence", [1, 2])
def test_only_what_was_given_up_is_sent_again(webhook, partner, global_admin, sequence):
    write(partner)
    send(webhook)
    with pytest.raises(Refusal) as refused:
        replay_delivery(webhook.public_id, sequence, actor=global_admin)
    assert refused.value.code == "delivery_not_dead"
    assert deliveries(webhook) == [(1, DeliveryState.DELIVERED, 1)]


def test_ten_and_no_more(webhook, receiver, global_admin):
    for _number in range(9):
        make_webhook(receiver.url, Wanted.ALL, actor=global_admin)
    with pytest.raises(Refusal) as refused:
        make_webhook(receiver.url, Wanted.ALL, actor=global_admin)
    assert refused.value.code == "too_many_webhooks"
    assert Webhook.objects.count() == 10
