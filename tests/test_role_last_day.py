"""A role with a last day stops by itself at midnight UTC (spec 1, Auditor)."""

from datetime import date

import pytest
from django.urls import reverse

from activity.models import Action, Event
from activity.services import Actor, record
from csp_portal.accounts.models import RoleAssignment, User
from csp_portal.accounts.permissions import Permission, Role
from csp_portal.errors import Refusal
from software.services import reveal_key
from tests.factories import UserFactory, buy_line, make_sku
from tests.helpers import cancel

pytestmark = pytest.mark.django_db

LAST_DAY = date(2020, 1, 31)
STILL, NO_MORE = "2020-01-31T23:59:59.999999Z", "2020-02-01T00:00:00Z"


@pytest.fixture
def auditor(partner):
    """An auditor until the end of 2020-01-31."""
    user = UserFactory(partner=partner, roles=[Role.AUDITOR])
    user.role_assignments.update(last_day=LAST_DAY)
    return user


def test_the_log_is_open_until_the_end_of_the_last_day_in_utc(clock, client_of, auditor):
    clock.set("2020-01-31T23:00:00Z")
    browser = client_of(auditor)
    browser.cookies["timezone"] = "America/Los_Angeles"  # where that day has eight more hours
    statuses = []
    for instant in (STILL, NO_MORE):
        clock.set(instant)
        statuses.append(browser.get("/activity/").status_code)
    assert statuses == [200, 403]
    event = Event.objects.get(action=Action.ACCESS_REFUSED)
    assert (event.actor_name, event.details["reason"]) == (auditor.email, "role_required")


def test_the_log_is_exported_until_then_too(clock, client_of, auditor, partner):
    clock.set("2020-01-31T23:00:00Z")
    record(Action.KEY_REVEALED, actor=Actor.visitor(), partner=partner)
    browser = client_of(auditor)
    statuses = []
    for instant in (STILL, NO_MORE):
        clock.set(instant)
        statuses.append(browser.post("/activity/export/", {"format": "csv"}).status_code)
    assert statuses == [200, 403]
    assert Event.objects.get(action=Action.LOG_EXPORT_REFUSED).actor_name == auditor.email


def test_certificates_are_open_until_then_too(clock, client_of, auditor, agent, customer):
    page = cancel(buy_line(agent, customer, make_sku(keys=1)), agent).certificate.get_absolute_url()
    clock.set("2020-01-31T23:00:00Z")
    browser = client_of(auditor)
    statuses = []
    for instant in (STILL, NO_MORE):
        clock.set(instant)
        statuses.append({browser.get(f"{page}{face}").status_code for face in ("", "pdf/", "json/")})
    assert statuses == [{200}, {403}]


def test_the_history_of_a_key_tells_names_until_then(clock, client_of, auditor, agent, customer):
    RoleAssignment.objects.create(user=auditor, role=Role.ADMIN_AGENT)
    purchase = buy_line(agent, customer, make_sku(keys=1)).purchase
    key = purchase.keys.get()
    reveal_key(key.public_id, actor=agent)
    clock.set("2020-01-31T23:00:00Z")
    browser = client_of(auditor)
    page = reverse("activity:key", args=[customer.tenant_id, purchase.public_id, key.public_id])
    told = []
    for instant in (STILL, NO_MORE):
        clock.set(instant)
        told.append(next(step.who for step in browser.get(page).context["steps"]))
    assert told == [agent.email, ""]


def test_what_starts_from_the_visible_rows_has_none_after_it(clock, auditor, partner):
    record(Action.KEY_REVEALED, actor=Actor.visitor(), partner=partner)
    counts = []
    for instant in (STILL, NO_MORE):
        clock.set(instant)
        counts.append(Event.objects.visible_to(User.objects.get(pk=auditor.pk)).count())
    assert counts == [1, 0]


def test_a_role_that_is_over_is_held_no_more(clock, auditor):
    held = []
    for instant in (STILL, NO_MORE):
        clock.set(instant)
        user = User.objects.get(pk=auditor.pk)
        held.append((user.roles, user.may(Permission.SEE_ACTIVITY)))
    assert held == [({Role.AUDITOR}, True), (set(), False)]


def test_the_other_roles_of_the_user_stay(clock, partner):
    user = UserFactory(partner=partner, roles=[Role.AUDITOR, Role.ADMIN_AGENT])
    user.role_assignments.filter(role=Role.AUDITOR).update(last_day=LAST_DAY)
    clock.set(NO_MORE)
    assert User.objects.get(pk=user.pk).roles == {Role.ADMIN_AGENT}


def test_services_ask_for_the_role_of_the_day_too(clock, agent, customer):
    key = buy_line(agent, customer, make_sku(keys=1)).purchase.keys.get()
    agent.role_assignments.update(last_day=LAST_DAY)
    clock.set(STILL)
    assert reveal_key(key.public_id, actor=User.objects.get(pk=agent.pk))
    clock.set(NO_MORE)
    with pytest.raises(Refusal) as refusal:
        reveal_key(key.public_id, actor=User.objects.get(pk=agent.pk))
    assert refusal.value.code == "role_required"
    assert Event.objects.filter(action=Action.KEY_REVEALED).count() == 1
