"""Exports of the log, saved views, tokens of collectors and webhooks by API, as on their pages (A2, A6)."""

from threading import Thread

import pytest
from django.db import connection, transaction
from django.test import Client

from activity.export.making import make_export
from activity.feeds.models import FeedToken, Webhook
from activity.models import Action, Event, LogExport, SavedView
from csp_portal.accounts.models import Partner
from csp_portal.accounts.permissions import Role
from tests.api import Caller, refusal_of
from tests.factories import buy_line, make_sku
from tests.feeds import Collector
from tests.helpers import in_threads, until_somebody_waits
from tests.sealing import seal_everything

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(clock, global_admin):
    return Caller(global_admin, Role.GLOBAL_ADMIN)


@pytest.fixture
def anywhere(settings):
    """Webhooks may go anywhere."""
    settings.WEBHOOK_PRIVATE_TARGETS = True


@pytest.mark.django_db(transaction=True)
def test_an_export_is_asked_for_made_and_fetched(caller, agent, customer):
    buy_line(agent, customer, make_sku())
    answer = caller.post("/activity/exports", {"format": "JSONL", "startDate": "2020-01-24", "action": "order_placed"})
    assert answer.status_code == 201, answer.content
    export = answer.json()
    assert (export["state"], export["query"]["from"], export["query"]["zone"]) == ("waiting", "2020-01-24", "UTC")
    file = f"/activity/exports/{export['id']}/file"
    assert refusal_of(caller.get(file))[2] == "export_not_ready"
    make_export(LogExport.objects.get().public_id)
    made = caller.get(f"/activity/exports/{export['id']}").json()
    assert (made["state"], made["rowsDone"]) == ("ready", 1)
    assert caller.items("/activity/exports") == [made]
    fetched = caller.get(file)
    assert b"order_placed" in fetched.getvalue()
    assert fetched.headers["Content-Disposition"].startswith("attachment")
    assert Event.objects.get(action=Action.LOG_EXPORT_DOWNLOADED).actor_id == caller.user.public_id


def test_what_is_wrong_with_an_export_is_named(caller):
    for body, member in (({}, "format"), ({"format": "xls"}, "format"), ({"format": "csv", "endDate": "x"}, "endDate")):
        answer = caller.post("/activity/exports", body)
        assert refusal_of(answer) == (400, "800002", "input_wrong")
        assert member in {fact["key"] for fact in answer.json()["data"]}
    assert not LogExport.objects.exists()


def test_others_see_no_export_and_who_may_not_asks_for_none(caller, global_admin, stranger):
    export = caller.post("/activity/exports", {"format": "csv"}).json()["id"]
    other, agent = Caller(stranger, Role.GLOBAL_ADMIN), Caller(global_admin, Role.ADMIN_AGENT, name="agent")
    for path in (f"/activity/exports/{export}", f"/activity/exports/{export}/file", "/activity/exports/x"):
        assert refusal_of(other.get(path)) == (404, "1000", "export_not_found")
        assert refusal_of(agent.get(path)) == (403, "900150", "role_required")
    assert refusal_of(agent.post("/activity/exports", {"format": "csv"})) == (403, "900150", "role_required")
    assert other.items("/activity/exports") == []
    assert LogExport.objects.count() == 1


def test_a_view_is_saved_renamed_and_deleted(caller):
    answer = caller.post("/activity/views", {"name": "열쇠", "action": "key_revealed"})
    assert answer.status_code == 201, answer.content
    view = answer.json()
    assert view["query"] == {"show": "all", "action": "key_revealed"}
    assert refusal_of(caller.post("/activity/views", {"name": "열쇠"}))[2] == "view_name_taken"
    path = f"/activity/views/{view['id']}"
    assert caller.patch(path, {"name": "Keys"}).json()["name"] == "Keys"
    assert [each["name"] for each in caller.items("/activity/views")] == ["Keys"]
    assert caller.delete(path).status_code == 204
    assert refusal_of(caller.delete(path))[::2] == (404, "view_gone")
    assert not SavedView.objects.exists()


def test_a_view_is_its_clients_own(caller, global_admin):
    view = caller.post("/activity/views", {"name": "Mine"}).json()
    other = Caller(global_admin, Role.GLOBAL_ADMIN, name="other")
    assert other.items("/activity/views") == []
    assert refusal_of(other.patch(f"/activity/views/{view['id']}", {"name": "Yours"}))[::2] == (404, "view_gone")
    assert SavedView.objects.get().name == "Mine"


def test_a_token_is_shown_once_and_revoked(caller):
    request_id = "7e7a6a5e-93a7-4d3a-8b34-5d8c5c8d1a11"
    made = caller.post("/activity/feedtokens", {"name": "SIEM 首尔"}, MS_RequestId=request_id).json()
    again = caller.post("/activity/feedtokens", {"name": "SIEM 首尔"}, MS_RequestId=request_id)
    assert again.status_code == 201
    assert again.json() == {name: value for name, value in made.items() if name != "token"}
    (listed,) = caller.items("/activity/feedtokens")
    assert "token" not in listed
    read = Client().get("/v1/activity", headers={"Authorization": f"Bearer {made['token']}"})
    assert read.status_code == 200
    assert caller.delete(f"/activity/feedtokens/{made['id']}").status_code == 204
    assert refusal_of(caller.delete(f"/activity/feedtokens/{made['id']}"))[::2] == (404, "feed_gone")
    assert not FeedToken.objects.live().exists()


def test_a_webhook_is_made_changed_and_switched_off(caller, anywhere):
    answer = caller.post("/activity/webhooks", {"url": "https://127.0.0.1:1/hook", "wanted": "keys_and_downloads"})
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert made["secret"].startswith("whsec_")
    path = f"/activity/webhooks/{made['id']}"
    assert "secret" not in caller.get(path).json()
    assert caller.patch(path, {"isOn": False}).json()["isOn"] is False
    assert caller.patch(path, {"wanted": "all"}).json()["wanted"] == "all"
    renewed = caller.post(f"{path}/secret").json()["secret"]
    assert renewed != made["secret"]
    assert caller.post(f"{path}/ping").json()["accepted"] is False
    assert caller.items(f"{path}/deliveries") == []
    assert refusal_of(caller.post(f"{path}/deliveries/1/replay"))[2] == "delivery_not_dead"
    assert len(caller.items("/activity/webhooks")) == 1


def webhook_made(caller):
    """The path of a webhook, and its etag."""
    made = caller.post("/activity/webhooks", {"url": "https://127.0.0.1:1/hook"}).json()
    return f"/activity/webhooks/{made['id']}", made["attributes"]["etag"]


def as_stored():
    return Webhook.objects.values().get(), Event.objects.filter(action=Action.FEED_CHANGED).count()


def test_a_webhook_has_another_etag_after_each_change_and_is_changed_only_as_it_was_read(caller, anywhere):
    path, etag = webhook_made(caller)
    etags = [etag]
    for body in ({"url": "https://127.0.0.1:1/new"}, {"wanted": "keys_and_downloads"}, {"isOn": False}):
        etags.append(caller.patch(path, body, If_Match=f'"{etags[-1]}"').json()["attributes"]["etag"])
        assert caller.get(path).json()["attributes"]["etag"] == etags[-1]
    assert len({*etags}) == 4
    before = as_stored()
    for stale in etags[:-1]:
        answer = caller.patch(path, {"url": "https://127.0.0.1:1/old", "isOn": True}, If_Match=f'"{stale}"')
        assert refusal_of(answer) == (412, "2055", "etag_stale")
    assert as_stored() == before
    assert caller.patch(path, {"isOn": True}, If_Match="*").json()["isOn"] is True


def test_what_is_refused_of_a_webhook_leaves_the_rest_undone_too(caller, settings, anywhere):
    path, _etag = webhook_made(caller)
    before = as_stored()
    settings.WEBHOOK_PRIVATE_TARGETS = False
    for body, reason in (
        ({"isOn": False, "wanted": "keys_and_downloads", "url": "https://localhost/new"}, "webhook_target_private"),
        ({"isOn": False, "url": "no address"}, "webhook_address_wrong"),
        ({"isOn": False, "wanted": "nothing"}, "input_wrong"),
    ):
        assert refusal_of(caller.patch(path, body))[::2] == (400, reason)
    assert as_stored() == before


@pytest.mark.django_db(transaction=True)
def test_all_that_one_call_changes_of_a_webhook_is_one_transaction(caller, anywhere):
    path, _etag = webhook_made(caller)
    body = caller.patch(path, {"url": "https://127.0.0.1:1/new", "isOn": False}).json()
    assert (body["url"], body["wanted"], body["isOn"]) == ("https://127.0.0.1:1/new", "all", False)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT xid::text, details->>'change' FROM activity_event WHERE action = 'feed_changed' ORDER BY id DESC"
        )
        (second, switched), (first, changed), *_made = cursor.fetchall()
    assert (changed, switched) == ("webhook_changed", "webhook_switched_off")
    assert first == second


def patch_while_held(caller, path, body, change, **headers):
    """The answer to a call that read the webhook before `change`, and had its lock after it."""
    answers = []

    def patch():
        answers.append(Caller.of(caller.client).patch(path, body, **headers))
        connection.close()

    thread = Thread(target=patch)
    with transaction.atomic():
        Partner.objects.select_for_update().get(pk=caller.user.partner_id)
        thread.start()
        until_somebody_waits()
        Webhook.objects.update(**change)
    thread.join()
    return answers[0]


@pytest.mark.django_db(transaction=True)
def test_a_change_of_the_rows_does_not_put_the_old_address_back(caller, anywhere):
    path, _etag = webhook_made(caller)
    new = {"url": "https://127.0.0.1:1/new", "is_on": False}
    answer = patch_while_held(caller, path, {"wanted": "keys_and_downloads"}, new)
    assert (answer.status_code, answer.json()["url"]) == (200, new["url"])
    assert list(Webhook.objects.values_list("url", "wanted", "is_on")) == [(new["url"], "keys_and_downloads", False)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(5))
def test_changes_at_once_of_different_fields_all_stand(caller, anywhere, turn):
    path, _etag = webhook_made(caller)
    bodies = ({"url": "https://127.0.0.1:1/new"}, {"wanted": "keys_and_downloads"}, {"isOn": False})
    answers = in_threads(*(lambda body=body: Caller.of(caller.client).patch(path, body) for body in bodies))
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    webhook = Webhook.objects.get()
    assert (webhook.url, webhook.wanted, webhook.is_on) == (bodies[0]["url"], "keys_and_downloads", False)


@pytest.mark.django_db(transaction=True)
def test_an_etag_that_is_overtaken_before_the_lock_is_refused_and_any_is_not(caller, anywhere):
    path, etag = webhook_made(caller)
    body, new = {"wanted": "keys_and_downloads"}, {"url": "https://127.0.0.1:1/new"}
    answer = patch_while_held(caller, path, body, new, If_Match=f'"{etag}"')
    assert refusal_of(answer) == (412, "2055", "webhook_changed_meanwhile")
    assert (Webhook.objects.get().url, Webhook.objects.get().wanted) == (new["url"], "all")
    assert patch_while_held(caller, path, body, {"is_on": False}, If_Match="*").status_code == 200


def test_feeds_are_the_global_admins_and_the_partners(caller, global_admin, stranger, customer, anywhere):
    made = caller.post("/activity/webhooks", {"url": "https://127.0.0.1:1/hook"}).json()
    path = f"/activity/webhooks/{made['id']}"
    other = Caller(stranger, Role.GLOBAL_ADMIN)
    for answer in (other.get(path), other.patch(path, {"isOn": False}), other.post(f"{path}/secret")):
        assert refusal_of(answer)[::2] == (404, "webhook_gone")
    auditor = Caller(global_admin, Role.AUDITOR, name="auditor")
    limited = Caller(global_admin, Role.GLOBAL_ADMIN, limited_to=[customer.tenant_id], name="limited")
    for client, reason in ((auditor, "role_required"), (limited, "limited_to_customers")):
        assert refusal_of(client.get(path))[2] == reason
        assert refusal_of(client.post("/activity/feedtokens", {"name": "x"}))[2] == reason
    assert Webhook.objects.get().is_on


@pytest.mark.django_db(transaction=True)
def test_the_log_is_read_in_sealing_order_with_an_access_token_too(caller, global_admin, customer, agent):
    buy_line(agent, customer, make_sku())
    seal_everything()
    answer = caller.get("/activity")
    assert answer.status_code == 200, answer.content
    collector = Collector(global_admin)
    assert answer.json()["items"]
    assert collector.ask(size=len(answer.json()["items"])).json()["items"] == answer.json()["items"]
    (read,) = Event.objects.filter(action=Action.LOG_READ, actor_id=caller.user.public_id)
    assert read.details == {"feed": "activity"}
    assert refusal_of(caller.get("/activity?size=0")) == (400, "800002", "size_wrong")


def test_who_may_not_read_the_whole_log_reads_no_feed(clock, global_admin, customer):
    agent = Caller(global_admin, Role.ADMIN_AGENT, name="agent")
    limited = Caller(global_admin, Role.AUDITOR, limited_to=[customer.tenant_id], name="limited")
    assert refusal_of(agent.get("/activity")) == (403, "900150", "role_required")
    assert refusal_of(limited.get("/activity")) == (403, "2032", "limited_to_customers")
    agent.token = "a.b.c"
    assert refusal_of(agent.get("/activity")) == (401, "800001", "feed_token_wrong")
    assert Event.objects.filter(action=Action.ACCESS_REFUSED).count() == 2
