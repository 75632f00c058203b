"""A Global admin changes roles and switches accounts off and on (spec 1)."""

from datetime import date

import pytest

from activity.models import Action, Event
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Role
from csp_portal.accounts.services import change_roles, deactivate_user, reactivate_user
from csp_portal.errors import Refusal
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def change(user, *roles, actor, seen=None, **more):
    before = as_now(user).rights if seen is None else seen
    return change_roles(user.public_id, roles=roles, seen=before, actor=actor, **more)


def as_now(user):
    return User.objects.get(pk=user.pk)


def refused(work, *args, **kwargs):
    with pytest.raises(Refusal) as refusal:
        work(*args, **kwargs)
    return refusal.value


def test_roles_are_given_and_taken_in_one_step(agent, global_admin, partner):
    change(agent, Role.ACCOUNT_ADMIN, Role.AUDITOR, actor=global_admin)
    assert as_now(agent).roles == {Role.ACCOUNT_ADMIN, Role.AUDITOR}
    event = Event.objects.get(action=Action.ROLES_CHANGED)
    assert (event.partner, event.actor_name, event.details["user"]) == (partner, global_admin.email, agent.email)
    assert event.details["before"] == ["admin_agent"]
    assert event.details["after"] == ["account_admin", "auditor"]


def test_they_count_from_the_next_request_on(agent, global_admin, client_of):
    browser = client_of(agent)
    assert browser.get("/customers/").status_code == 200
    change(agent, Role.AUDITOR, actor=global_admin)
    assert browser.get("/customers/").status_code == 403
    assert browser.get("/activity/").status_code == 200


def test_the_same_roles_again_change_and_record_nothing(agent, global_admin):
    held = agent.role_assignments.get()
    change(agent, Role.ADMIN_AGENT, actor=global_admin)
    assert agent.role_assignments.get() == held
    assert not Event.objects.filter(action=Action.ROLES_CHANGED).exists()


def test_an_auditors_last_day_is_set_and_lifted(clock, agent, global_admin):
    for last_day in (date(2020, 1, 24), date(2020, 3, 1), None):
        change(agent, Role.AUDITOR, actor=global_admin, auditor_last_day=last_day)
        assert agent.role_assignments.get().last_day == last_day
    assert [
        event.details["last_day"] for event in Event.objects.filter(action=Action.ROLES_CHANGED).order_by("id")
    ] == [
        "2020-01-24",
        "2020-03-01",
        None,
    ]


def test_a_last_day_that_is_over_can_stay_but_not_be_set(clock, agent, global_admin):
    change(agent, Role.AUDITOR, actor=global_admin, auditor_last_day=date(2020, 1, 31))
    clock.set("2020-02-10T12:00:00Z")
    held = as_now(agent).rights
    refusal = refused(change, agent, Role.AUDITOR, actor=global_admin, seen=held, auditor_last_day=date(2020, 2, 9))
    assert refusal.code == "last_day_over"
    change(
        agent,
        Role.AUDITOR,
        Role.ADMIN_AGENT,
        actor=global_admin,
        seen=held,
        auditor_last_day=date(2020, 1, 31),
    )
    assert as_now(agent).roles == {Role.ADMIN_AGENT}


@pytest.mark.parametrize(
    ("roles", "code"),
    [
        ([], "no_role"),
        ([Role.OPERATOR_ADMIN], "role_of_other_side"),
        ([Role.ADMIN_AGENT, Role.SUPPORT_AGENT], "role_of_other_side"),
    ],
)
def test_what_no_user_of_a_partner_can_hold_is_refused(agent, global_admin, roles, code):
    assert refused(change, agent, *roles, actor=global_admin).code == code
    assert as_now(agent).roles == {Role.ADMIN_AGENT}
    assert Event.objects.get(action=Action.USER_CHANGE_REFUSED).details["reason"] == code


def test_roles_that_were_changed_meanwhile_are_not_overwritten(agent, global_admin):
    refusal = refused(change, agent, Role.AUDITOR, actor=global_admin, seen="another")
    assert refusal.code == "roles_changed_meanwhile"
    assert as_now(agent).roles == {Role.ADMIN_AGENT}


def test_the_last_global_admin_keeps_the_role_and_the_account(global_admin, partner):
    UserFactory(partner=partner, roles=[Role.GLOBAL_ADMIN], is_active=False)
    UserFactory(roles=[Role.GLOBAL_ADMIN])
    assert refused(change, global_admin, Role.AUDITOR, actor=global_admin).code == "last_admin"
    assert refused(deactivate_user, global_admin.public_id, actor=global_admin).code == "last_admin"
    assert (as_now(global_admin).roles, as_now(global_admin).is_active) == ({Role.GLOBAL_ADMIN}, True)


def test_nobody_takes_their_own_admin_role_or_account(global_admin, partner):
    UserFactory(partner=partner, roles=[Role.GLOBAL_ADMIN])
    assert refused(change, global_admin, Role.AUDITOR, actor=global_admin).code == "own_admin_role"
    assert refused(deactivate_user, global_admin.public_id, actor=global_admin).code == "own_account"
    change(global_admin, Role.AUDITOR, Role.GLOBAL_ADMIN, actor=global_admin)
    assert as_now(global_admin).roles == {Role.AUDITOR, Role.GLOBAL_ADMIN}


def test_a_colleague_takes_the_role(global_admin, partner):
    other = UserFactory(partner=partner, roles=[Role.GLOBAL_ADMIN])
    change(other, Role.AUDITOR, actor=global_admin)
    assert as_now(other).roles == {Role.AUDITOR}
    assert refused(change, global_admin, Role.AUDITOR, actor=as_now(other)).code == "role_required"


def test_who_is_switched_off_is_out_at_the_next_click_and_for_good(agent, global_admin, client_of):
    browser = client_of(agent)
    deactivate_user(agent.public_id, actor=global_admin)
    assert browser.get("/").status_code == 302
    reactivate_user(agent.public_id, actor=global_admin)
    assert browser.get("/").status_code == 302
    assert client_of(as_now(agent)).get("/").status_code == 200
    actions = Event.objects.filter(action__in=[Action.USER_DEACTIVATED, Action.USER_REACTIVATED]).order_by("id")
    assert [(event.action, event.details) for event in actions] == [
        ("user_deactivated", {"user": agent.email}),
        ("user_reactivated", {"user": agent.email}),
    ]


def test_even_a_session_that_was_not_used_meanwhile_is_over(agent, global_admin, client_of):
    browser = client_of(agent)
    deactivate_user(agent.public_id, actor=global_admin)
    reactivate_user(agent.public_id, actor=global_admin)
    assert browser.get("/").status_code == 302


def test_switching_off_twice_is_recorded_once(agent, global_admin):
    for _time in range(2):
        deactivate_user(agent.public_id, actor=global_admin)
    assert Event.objects.filter(action=Action.USER_DEACTIVATED).count() == 1
    for _time in range(2):
        reactivate_user(agent.public_id, actor=global_admin)
    assert Event.objects.filter(action=Action.USER_REACTIVATED).count() == 1


def test_another_partners_user_is_not_found(agent, stranger):
    for work in (deactivate_user, reactivate_user):
        with pytest.raises(User.DoesNotExist):
            work(agent.public_id, actor=stranger)
    with pytest.raises(User.DoesNotExist):
        change(agent, Role.AUDITOR, actor=stranger)
    assert (as_now(agent).roles, as_now(agent).is_active) == ({Role.ADMIN_AGENT}, True)


def test_only_an_admin_changes_users(agent, partner):
    other = UserFactory(partner=partner, roles=[Role.AUDITOR])
    for work in (deactivate_user, reactivate_user):
        assert refused(work, other.public_id, actor=agent).code == "role_required"
    assert refused(change, other, Role.ADMIN_AGENT, actor=agent).code == "role_required"
    assert Event.objects.filter(action=Action.USER_CHANGE_REFUSED).count() == 3


def test_the_operators_admins_keep_their_own_staff(partner):
    first, second = (UserFactory(partner=None, roles=[Role.OPERATOR_ADMIN]) for _one in range(2))
    change(second, Role.SUPPORT_AGENT, actor=first)
    assert refused(change, first, Role.SUPPORT_AGENT, actor=first).code == "last_admin"
    with pytest.raises(User.DoesNotExist):
        deactivate_user(UserFactory(partner=partner).public_id, actor=first)
