"""Cancellation policies as versioned data: new terms from a day on; what stands keeps its own (C1, B4)."""

import re
from datetime import date
from functools import partial

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import ProtectedError
from django.urls import reverse

from activity.models import Action, Event
from activity.services import Actor
from csp_portal.accounts.permissions import Role
from csp_portal.errors import Refusal
from orders.models import Order
from orders.services import add_to_cart
from software.models import CancellationPolicy, Kind, PolicyVersion
from software.services import add_policy_version, withdraw_policy_version
from tests.factories import UserFactory, buy_line, make_sku
from tests.helpers import in_threads, words_of
from tests.house import listed, page_of

pytestmark = pytest.mark.django_db

SELF_SERVICE, SUPPORT_ONLY, NEVER = CancellationPolicy
ADD = "/operator/software/policyversion/add/"
FAR = date(2099, 6, 1)  # to come for the database's own clock as well


@pytest.fixture
def browser(client_of, keeper):
    return client_of(keeper)


def terms(policy=SELF_SERVICE, days=30, valid_from=date(2020, 2, 1)):
    return {"policy": policy, "window_days": days, "valid_from": valid_from}


def form(**changed):
    return {"policy": "self_service", "window_days": "30", "valid_from": "2020-02-01", **changed}


def versions():
    return list(PolicyVersion.objects.order_by("pk").values())


# Adding


def test_the_operator_adds_a_version_which_gets_the_next_number(clock, browser, keeper):
    assert browser.post(ADD, form()).status_code == 302
    made = PolicyVersion.objects.latest("pk")
    assert (made.policy, made.version, made.window_days, made.valid_from) == ("self_service", 2, 30, date(2020, 2, 1))
    event = Event.objects.get(action=Action.CATALOGUE_CHANGED)
    assert (event.actor_name, event.details["what"], event.details["id"]) == (keeper.email, "policyversion", made.pk)
    assert event.details["changes"] == {"added": [None, {"window_days": 30, "valid_from": "2020-02-01"}]}
    assert add_policy_version(**terms(), actor=keeper).version == 3
    assert add_policy_version(**terms(SUPPORT_ONLY), actor=keeper).version == 2


def test_the_list_says_which_version_counts(clock, client_of, keeper):
    add_policy_version(**terms(days=30, valid_from=date(2020, 2, 1)), actor=keeper)
    page = words_of(client_of(keeper).get(listed("policyversion"), {"policy__exact": "self_service"}))
    assert "2 30 1 February 2020 (UTC) to come" in page
    assert "1 60 1 January 2000 (UTC) counts now" in page
    clock.set("2020-02-01T00:00:00Z")
    page = words_of(client_of(keeper).get(listed("policyversion"), {"policy__exact": "self_service"}))
    assert "2 30 1 February 2020 (UTC) counts now" in page
    assert "1 60 1 January 2000 (UTC) followed by another" in page


def test_today_is_early_enough_and_yesterday_is_not(clock, keeper):
    clock.set("2020-01-24T23:59:59Z")
    add_policy_version(**terms(valid_from=date(2020, 1, 24)), actor=keeper)
    before = versions()
    clock.set("2020-01-25T00:00:00Z")
    with pytest.raises(Refusal) as refused:
        add_policy_version(**terms(valid_from=date(2020, 1, 24)), actor=keeper)
    assert refused.value.code == "terms_of_the_past"
    assert versions() == before


def test_of_two_versions_from_one_day_the_later_number_counts(clock, keeper, agent, customer):
    for days in (30, 14):
        add_policy_version(**terms(days=days, valid_from=date(2020, 1, 24)), actor=keeper)
    assert buy_line(agent, customer, make_sku()).last_cancel_day == date(2020, 2, 7)


def test_a_version_that_begins_earlier_is_followed_by_the_one_that_begins_later(clock, keeper):
    """Terms for a while: the one that started last counts, whichever was added first."""
    lasting = add_policy_version(**terms(days=30, valid_from=date(2020, 3, 1)), actor=keeper)
    passing = add_policy_version(**terms(days=90, valid_from=date(2020, 2, 1)), actor=keeper)
    counting = [
        PolicyVersion.objects.in_force(day).get(policy=SELF_SERVICE)
        for day in (date(2020, 1, 31), date(2020, 2, 29), date(2020, 3, 1))
    ]
    assert [version.version for version in counting] == [1, passing.version, lasting.version]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"valid_from": "2020-01-23"}, "Terms cannot count from 23 January 2020"),
        ({"valid_from": "2020-02-30"}, "There is no such day."),
        ({"valid_from": "2100-01-01"}, "Choose a day from 1 January 2000 to 31 December 2099."),
        ({"valid_from": "1 February\0"}, "There is no such day."),
        ({"valid_from": ""}, "Give a day."),
        ({"window_days": ""}, "must say how many days after the purchase day stay open, at most 3,650."),
        ({"window_days": "-1"}, "greater than or equal to 0"),
        ({"window_days": "3651"}, "less than or equal to 3650"),
        ({"window_days": "9" * 400}, "less than or equal to 3650"),
        ({"window_days": "sixty"}, "Enter a whole number."),
        ({"policy": "never"}, "What can never be cancelled has no days in which it can."),
        ({"policy": "always"}, "is not one of the available choices"),
        ({"policy": ""}, "This field is required."),
    ],
)
def test_bad_terms_are_told_and_kept_on_the_form(clock, browser, changed, told):
    before = versions()
    response = browser.post(ADD, form(**changed))
    assert response.status_code == 200
    assert told in words_of(response)
    assert versions() == before
    ((name, typed),) = changed.items()
    if typed and name != "policy" and "\0" not in typed:
        assert f'value="{typed}"' in response.content.decode()


def test_never_is_added_without_a_window_only(clock, keeper):
    assert add_policy_version(**terms(NEVER, None), actor=keeper).window_days is None


def test_what_the_form_cannot_send_the_service_refuses_and_logs(clock, keeper):
    before = versions()
    for bad, code in (
        (terms(NEVER, 0), "never_has_no_window"),
        (terms(days=-1), "window_wanted"),
        (terms(SUPPORT_ONLY, 3651), "window_wanted"),
    ):
        with pytest.raises(Refusal) as refused:
            add_policy_version(**bad, actor=keeper)
        assert refused.value.code == code
        assert Event.objects.filter(action=Action.CATALOGUE_CHANGE_REFUSED, details__reason=code).count() >= 1
    assert versions() == before


@pytest.mark.parametrize("role", [role for role in Role if role != Role.OPERATOR_ADMIN])
def test_nobody_but_an_operator_admin_adds_or_withdraws(clock, role):
    user, before = UserFactory(roles=[role]), versions()
    for forbidden in (
        partial(add_policy_version, **terms(), actor=user),
        partial(withdraw_policy_version, 1, actor=user),
    ):
        with pytest.raises(Refusal) as refused:
            forbidden()
        assert refused.value.code == "role_required"
    assert versions() == before


@pytest.mark.django_db(transaction=True)
def test_two_that_add_at_once_get_two_numbers():
    operator = Actor.system("test")
    add = partial(add_policy_version, **terms(valid_from=FAR), actor=operator)
    made = in_threads(*[add] * 4)
    assert sorted(version.version for version in made) == [2, 3, 4, 5]
    for version in made:
        withdraw_policy_version(version.pk, actor=operator)


# Withdrawing, and nothing else


def test_a_version_is_withdrawn_before_its_day(browser, keeper):
    made = add_policy_version(**terms(valid_from=FAR), actor=keeper)
    assert "Withdraw" in words_of(browser.get(page_of("policyversion", made)))
    response = browser.post(reverse("admin:software_policyversion_withdraw", args=[made.pk]), follow=True)
    assert "self-service, version 2 is withdrawn." in words_of(response)
    assert not PolicyVersion.objects.filter(pk=made.pk).exists()
    event = Event.objects.filter(action=Action.CATALOGUE_CHANGED).latest("pk")
    assert event.details["changes"] == {"withdrawn": [{"window_days": 30, "valid_from": "2099-06-01"}, None]}


def test_a_version_whose_day_has_come_stays(clock, client_of, keeper):
    made = add_policy_version(**terms(valid_from=date(2020, 2, 1)), actor=keeper)
    clock.set("2020-02-01T00:00:00Z")
    browser = client_of(keeper)
    assert "counts from 1 February 2020; it stays as it is." in words_of(browser.get(page_of("policyversion", made)))
    response = browser.post(reverse("admin:software_policyversion_withdraw", args=[made.pk]))
    assert response.status_code == 409
    assert "Add a version that counts from 1 February 2020 (UTC) or later" in words_of(response)
    assert PolicyVersion.objects.filter(pk=made.pk).exists()
    refused = Event.objects.get(action=Action.CATALOGUE_CHANGE_REFUSED)
    assert refused.details["reason"] == "terms_count_already"


def test_a_version_is_changed_on_no_page(browser):
    before = versions()
    version = PolicyVersion.objects.earliest("pk")
    page = browser.get(page_of("policyversion", version)).content.decode()
    assert 'name="window_days"' not in page
    for method in ("post", "put", "patch", "delete"):
        assert getattr(browser, method)(page_of("policyversion", version)).status_code == 405
    for address in ("delete", "history", "edit"):
        assert browser.post(f"/operator/software/policyversion/{version.pk}/{address}/").status_code == 404
    assert browser.get("/operator/software/policyversion/99/change/").status_code == 404
    assert browser.post("/operator/software/policyversion/99/withdraw/").status_code == 404
    assert versions() == before


def refused_by_the_database(change):
    before = versions()
    with pytest.raises((DatabaseError, ProtectedError)), transaction.atomic():
        change()
    assert versions() == before


def test_the_database_keeps_what_counts(agent, customer):
    line = buy_line(agent, customer, make_sku())
    pinned = PolicyVersion.objects.filter(pk=line.policy_version_id)
    refused_by_the_database(lambda: pinned.update(window_days=61))
    refused_by_the_database(lambda: pinned.update(valid_from=FAR))
    refused_by_the_database(lambda: PolicyVersion.objects.filter(policy=NEVER).update(policy=SELF_SERVICE))
    refused_by_the_database(lambda: PolicyVersion.objects.filter(policy=NEVER).delete())
    refused_by_the_database(lambda: pinned.delete())
    with connection.cursor() as cursor:
        for statement in ("DELETE FROM software_policyversion", "TRUNCATE software_policyversion CASCADE"):
            refused_by_the_database(partial(cursor.execute, statement))


def test_the_database_keeps_a_version_to_come_as_it_was_added(keeper):
    made = add_policy_version(**terms(valid_from=FAR), actor=keeper)
    refused_by_the_database(lambda: PolicyVersion.objects.filter(pk=made.pk).update(window_days=1))
    refused_by_the_database(lambda: PolicyVersion.objects.create(version=9, **terms(NEVER, 60)))
    refused_by_the_database(lambda: PolicyVersion.objects.create(version=9, **terms(days=None)))
    refused_by_the_database(lambda: PolicyVersion.objects.create(version=2, **terms()))
    refused_by_the_database(lambda: PolicyVersion.objects.create(version=9, **terms(days=3651)))


# What stands keeps its terms, what is new gets the new ones

_SIGNED = re.compile(rb'name="(quote|csrfmiddlewaretoken)" value="[^"]*"')
_TOKEN = re.compile(rb"[A-Za-z0-9]{64}")


def bytes_of(browser, line):
    """The dialog of a line to the last byte, but for what is signed or made up anew each time it is shown."""
    order = line.order
    url = reverse("cancellations:cancel", args=[order.customer.tenant_id, line.purchase.sku.public_id])
    response = browser.get(url, {"order": order.number}, headers={"HX-Request": "true", "HX-Target": "dialog-content"})
    assert response.status_code == 200
    return _TOKEN.sub(b"", _SIGNED.sub(rb"\1", response.content))


@pytest.mark.parametrize("kind", [Kind.SUBSCRIPTION, Kind.PERPETUAL, Kind.RESERVATION, Kind.LINUX_PLAN])
@pytest.mark.parametrize("instant", ["2020-02-10T12:00:00Z", "2020-03-24T23:59:59Z", "2020-03-25T00:00:00Z"])
def test_the_dialog_of_an_old_order_does_not_change_by_a_byte(clock, client_of, agent, keeper, customer, kind, instant):
    policy = {Kind.RESERVATION: SUPPORT_ONLY, Kind.LINUX_PLAN: NEVER}.get(kind, SELF_SERVICE)
    line = buy_line(agent, customer, make_sku(kind=kind, cancellation_policy=policy, keys=1))
    clock.set(instant)
    before = bytes_of(client_of(agent), line)
    clock.set("2020-01-30T12:00:00Z")
    for given, days in ((SELF_SERVICE, 14), (SUPPORT_ONLY, 90), (NEVER, None)):
        add_policy_version(**terms(given, days, date(2020, 2, 1)), actor=keeper)
    clock.set(instant)
    assert bytes_of(client_of(agent), line) == before
    assert len(before) > 500


def test_a_new_order_has_the_new_terms_wherever_they_are_told(clock, client_of, agent, keeper, customer):
    sku = make_sku()
    add_policy_version(**terms(days=14, valid_from=date(2020, 2, 1)), actor=keeper)
    clock.set("2020-02-01T00:00:00Z")
    browser = client_of(agent)
    told = "can be cancelled until the end of 15 February 2020 (UTC)"
    assert told in words_of(browser.get(reverse("orders:add", args=[customer.tenant_id])))
    add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    for page in ("orders:cart", "orders:review"):
        assert told in words_of(browser.get(reverse(page, args=[customer.tenant_id])))
    line = buy_line(agent, customer, sku)
    assert "15 February 2020 (UTC)" in words_of(browser.get(reverse("orders:detail", args=[line.order.number])))
    assert b"15 February 2020 (UTC)" in bytes_of(browser, line)
    clock.set("2020-02-15T23:59:59Z")
    assert b"Today is the last day" in bytes_of(client_of(agent), line)
    clock.set("2020-02-16T00:00:00Z")
    assert b"ended at the end of 15 February 2020 (UTC)" in bytes_of(client_of(agent), line)


def test_a_review_of_the_evening_before_new_terms_orders_nothing_after_midnight(
    clock, client_of, agent, keeper, customer
):
    """Whether or not the new terms read otherwise: the version is part of what is ordered (B4)."""
    reservation = make_sku(kind=Kind.RESERVATION, cancellation_policy=SUPPORT_ONLY)
    add_to_cart(customer.tenant_id, reservation.public_id, 1, actor=agent)
    add_policy_version(**terms(SUPPORT_ONLY, 90, date(2020, 1, 25)), actor=keeper)
    clock.set("2020-01-24T23:59:59Z")
    browser, url = client_of(agent), reverse("orders:review", args=[customer.tenant_id])
    shown = _reviewed(browser.get(url))
    clock.set("2020-01-25T00:00:00Z")
    response = browser.post(url, {"reviewed": shown})
    assert response.status_code == 409
    assert not Order.objects.exists()
    assert "terms, version 1" in words_of(response)
    assert "terms, version 2" in words_of(response)
    assert browser.post(url, {"reviewed": _reviewed(response)}).status_code == 302
    line = Order.objects.get().lines.get()
    assert (line.policy_version.version, line.last_cancel_day) == (2, date(2020, 4, 24))


def _reviewed(response):
    return re.search(r'name="reviewed" value="([^"]+)"', response.content.decode())[1]
