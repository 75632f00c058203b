"""Tokens of collectors: made by a Global admin, shown once, kept as a hash, dead once revoked (A6)."""

import pytest
from django.test import Client

from activity.feeds.models import MOST_TOKENS, FeedToken
from activity.feeds.services.tokens import make_token, revoke_token
from activity.models import Action, Event
from csp_portal.accounts.permissions import Role
from csp_portal.accounts.services import change_roles, deactivate_user
from csp_portal.errors import Refusal
from tests.api import Caller
from tests.factories import UserFactory
from tests.feeds import ADDRESS, Collector
from tests.helpers import in_threads

pytestmark = pytest.mark.django_db


@pytest.fixture
def collector(clock, global_admin):
    return Collector(global_admin, "本部の監視")


def rows(action):
    return Event.objects.filter(action=action).order_by("pk")


def test_nothing_that_is_stored_is_the_token(collector):
    (kept,) = FeedToken.objects.values()
    assert collector.token.startswith("csp_")
    assert collector.token not in str(kept)
    assert collector.token not in str(list(Event.objects.values()))


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer csp_unknown", "Basic {}", "{}", "Bearer {}x"])
def test_without_a_token_that_stands_nothing_is_told(collector, header):
    answer = Client().get(ADDRESS, headers={"Authorization": header.format(collector.token)} if header else {})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="csp-portal"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json()["code"] == "800001"
    assert "items" not in answer.json()


def test_a_revoked_token_is_answered_as_an_unknown_one_at_the_cost_of_the_same_query(
    collector, global_admin, django_assert_num_queries
):
    assert collector.ask().status_code == 200
    revoke_token(collector.feed.public_id, actor=global_admin)
    with django_assert_num_queries(1):
        revoked = collector.ask()
    with django_assert_num_queries(1):
        unknown = Client().get(ADDRESS, headers={"Authorization": "Bearer csp_unknown"})
    assert (revoked.status_code, revoked.content) == (unknown.status_code, unknown.content)
    assert revoked.status_code == 401


def test_collectors_and_clients_are_counted_each_by_itself(collector, global_admin, settings):
    settings.API_CALLS_PER_MINUTE = 2
    caller, other = Caller(global_admin, Role.GLOBAL_ADMIN), Collector(global_admin, "second")
    assert [collector.ask().status_code for _call in range(3)] == [200, 200, 429]
    assert other.ask().status_code == 200
    assert [caller.get("/activity").status_code, caller.get("/roles").status_code] == [200, 200]
    throttled = caller.get("/activity")
    assert (throttled.status_code, sorted(throttled.json())) == (429, ["message", "statusCode"])


def test_a_sign_in_opens_no_feed(client_of, global_admin):
    assert client_of(global_admin).get(ADDRESS).status_code == 401


def test_it_is_the_organisations_and_lives_on_when_its_maker_leaves(collector, global_admin):
    second = UserFactory(partner=global_admin.partner, roles=[Role.GLOBAL_ADMIN])
    change_roles(global_admin.public_id, roles=[Role.ACCOUNT_ADMIN], seen=global_admin.rights, actor=second)
    deactivate_user(global_admin.public_id, actor=second)
    assert collector.ask().status_code == 200


def test_its_last_use_is_noted_to_the_minute(clock, collector):
    def last_use():
        return f"{FeedToken.objects.get().last_used_at:%H:%M:%S}"

    collector.ask()
    assert last_use() == "12:00:00"
    clock.set("2020-01-24T12:00:59Z")
    collector.ask()
    assert last_use() == "12:00:00"
    clock.set("2020-01-24T12:01:00Z")
    collector.ask()
    assert last_use() == "12:01:00"


def test_reading_is_recorded_once_for_each_feed_and_hour(clock, collector, global_admin):
    other = Collector(global_admin, "second")
    for instant in ("12:00:00", "12:59:59", "13:00:00"):
        clock.set(f"2020-01-24T{instant}Z")
        collector.ask(), other.ask()
    read = rows(Action.LOG_READ)
    assert [(row.actor_name, row.details) for row in read] == [
        ("feed:本部の監視", {"feed": "本部の監視"}),
        ("feed:second", {"feed": "second"}),
    ] * 2
    assert {row.partner_id for row in read} == {global_admin.partner_id}


def test_what_cannot_be_recorded_is_not_told(collector, refusing_inserts):
    with refusing_inserts("activity_event"):
        answer = collector.ask()
    assert answer.status_code == 500
    assert FeedToken.objects.get().last_used_at is None


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_once_are_one_row(global_admin):
    collector = Collector(global_admin)
    assert {answer.status_code for answer in in_threads(*[collector.ask] * 4)} == {200}
    assert rows(Action.LOG_READ).count() == 1


@pytest.mark.parametrize(
    ("name", "code"),
    [("", "feed_without_name"), ("x" * 61, "feed_without_name"), ("본부", ""), ("SIEM", "feed_name_taken")],
)
def test_a_token_needs_a_name_of_its_own(global_admin, name, code):
    make_token("siem", actor=global_admin)
    if not code:
        assert make_token(name, actor=global_admin)[0].name == name
        return
    with pytest.raises(Refusal) as refused:
        make_token(name, actor=global_admin)
    assert refused.value.code == code
    assert FeedToken.objects.count() == 1
    assert rows(Action.FEED_REFUSED).get().details == {"reason": code}


def test_a_revoked_name_may_be_given_again(collector, global_admin):
    revoke_token(collector.feed.public_id, actor=global_admin)
    assert Collector(global_admin, "本部の監視").ask().status_code == 200
    assert collector.ask().status_code == 401


def test_ten_stand_and_no_more(global_admin):
    feeds = [make_token(str(number), actor=global_admin)[0] for number in range(MOST_TOKENS)]
    with pytest.raises(Refusal) as refused:
        make_token("eleventh", actor=global_admin)
    assert refused.value.code == "too_many_feeds"
    revoke_token(feeds[0].public_id, actor=global_admin)
    make_token("eleventh", actor=global_admin)
    assert FeedToken.objects.live().count() == MOST_TOKENS


@pytest.mark.django_db(transaction=True)
def test_two_who_make_the_tenth_at_once_make_one(global_admin):
    for number in range(MOST_TOKENS - 1):
        make_token(str(number), actor=global_admin)
    made = in_threads(*[lambda name=name: make_token(name, actor=global_admin) for name in "abcd"])
    assert [answer for answer in made if isinstance(answer, str)] == ["too_many_feeds"] * 3
    assert FeedToken.objects.live().count() == MOST_TOKENS


@pytest.mark.parametrize("roles", [[Role.ADMIN_AGENT], [Role.AUDITOR], [Role.ACCOUNT_ADMIN], []])
def test_only_a_global_admin_makes_and_revokes(collector, partner, roles):
    user = UserFactory(partner=partner, roles=roles)
    for change in (
        lambda: make_token("mine", actor=user),
        lambda: revoke_token(collector.feed.public_id, actor=user),
    ):
        with pytest.raises(Refusal) as refused:
            change()
        assert refused.value.code == "role_required"
    assert FeedToken.objects.live().get() == collector.feed


def test_another_partners_token_is_none(collector, stranger):
    with pytest.raises(Refusal) as refused:
        revoke_token(collector.feed.public_id, actor=stranger)
    assert refused.value.code == "feed_gone"
    assert collector.ask().status_code == 200


def test_with_the_key_behind_it_a_token_dies(collector, settings):
    old = settings.LINK_TOKEN_KEYS
    settings.LINK_TOKEN_KEYS = ["new", *old]
    assert collector.ask().status_code == 200
    settings.LINK_TOKEN_KEYS = ["new"]
    assert collector.ask().status_code == 401
