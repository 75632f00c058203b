"""Who of support works on a request: claimed by one, assigned, given back, noted for colleagues alone (S5)."""

from functools import partial
from threading import Thread
from uuid import uuid4

import pytest
from django.db import connection, transaction

from activity.models import Action, Event
from cancellations.support.models import EventKind, InternalNote, RequestEvent, RequestStatus, SupportRequest
from cancellations.support.models.requests import LONGEST_TEXT
from cancellations.support.services.happening import happened
from cancellations.support.services.triage import MOST_ASSIGNED, add_note, assign, assign_several, claim, release
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Role
from csp_portal.errors import Refusal
from csp_portal.mail.models import Mail
from tests.factories import UserFactory, buy_line, make_sku
from tests.helpers import in_threads, until_somebody_waits
from tests.support import file_refund

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(clock, agent, customer):
    """A refund request that nobody has taken up."""
    return file_refund(agent, buy_line(agent, customer, make_sku("1200.00", keys=1)))


def now_of(request):
    """The request as the database has it."""
    return SupportRequest.objects.get(pk=request.pk)


def steps_of(request):
    return [(event.kind, event.status) for event in request.events.all()]


def mails_after_filing(request):
    """What was mailed of the steps that followed."""
    filed = request.events.get(kind=EventKind.FILED)
    return Mail.objects.filter(cause__startswith="request_step:").exclude(cause__startswith=f"request_step:{filed.pk}:")


def close(request, actor):
    happened(request, EventKind.CLOSED, actor=actor, now=request.filed_at, status=RequestStatus.CLOSED)


def assert_refused(code, request, act):
    """That `act` is refused with `code`, that it is in the operator's chain, and that nothing else changed."""
    before = (now_of(request).owner_id, now_of(request).status, steps_of(request))
    with pytest.raises(Refusal) as refused:
        act()
    assert refused.value.code == code
    assert (now_of(request).owner_id, now_of(request).status, steps_of(request)) == before
    event = Event.objects.get(action=Action.REQUEST_REFUSED)
    assert (event.partner_id, event.details) == (None, {"reason": code, "request": request.number})
    return refused.value


# Claiming


def test_a_new_request_that_is_claimed_is_in_progress(support_agent, asked):
    claim(asked.number, actor=support_agent)
    assert (now_of(asked).owner, now_of(asked).status) == (support_agent, RequestStatus.IN_PROGRESS)
    assert steps_of(asked) == [(EventKind.FILED, RequestStatus.NEW), (EventKind.TAKEN_UP, RequestStatus.IN_PROGRESS)]


def test_the_partner_is_mailed_that_it_is_taken_up_and_not_by_whom(agent, support_agent, asked):
    claim(asked.number, actor=support_agent)
    mail = mails_after_filing(asked).get(to=agent.email)
    assert support_agent.email not in f"{mail.subject} {mail.text}"


def test_a_claim_is_in_the_operators_chain_only(support_agent, asked):
    claim(asked.number, actor=support_agent)
    event = Event.objects.get(action=Action.REQUEST_ASSIGNED)
    assert event.partner_id is None
    assert event.details == {"request": asked.number, "before": "", "owner": support_agent.email}


@pytest.mark.parametrize("status", [RequestStatus.IN_PROGRESS, RequestStatus.ACTION_REQUIRED])
def test_one_that_was_given_back_is_claimed_without_another_status(support_agent, asked, status):
    happened(asked, EventKind.ASKED, actor=support_agent, now=asked.filed_at, status=status)
    claim(asked.number, actor=support_agent)
    assert (now_of(asked).owner, now_of(asked).status) == (support_agent, status)
    assert steps_of(asked)[-1] == (EventKind.ASSIGNED, status)


def test_claimed_again_by_its_owner_nothing_changes(support_agent, asked):
    claim(asked.number, actor=support_agent)
    claim(asked.number, actor=support_agent)
    assert len(steps_of(asked)) == 2
    assert Event.objects.filter(action=Action.REQUEST_ASSIGNED).count() == 1


def test_a_new_request_that_one_was_given_is_taken_up_by_claiming_it(support_agent, second_agent, asked):
    assign(asked.number, second_agent.public_id, actor=support_agent)
    claim(asked.number, actor=second_agent)
    assert (now_of(asked).owner, now_of(asked).status) == (second_agent, RequestStatus.IN_PROGRESS)


def test_a_colleagues_request_is_not_claimed_and_says_whose_it_is(support_agent, second_agent, asked):
    claim(asked.number, actor=second_agent)
    refusal = assert_refused("claimed_already", asked, partial(claim, asked.number, actor=support_agent))
    assert second_agent.email in refusal.message


@pytest.mark.django_db(transaction=True)
def test_who_waited_for_the_request_is_told_who_has_it(asked, support_agent, second_agent):
    told = []

    def claims():
        try:
            claim(asked.number, actor=second_agent)
        except Refusal as refusal:
            told.append(refusal.facts["who"])
        finally:
            connection.close()

    with transaction.atomic():
        claim(asked.number, actor=support_agent)
        waiting = Thread(target=claims)
        waiting.start()
        until_somebody_waits()
    waiting.join()
    assert told == [str(support_agent)]


@pytest.mark.django_db(transaction=True)
def test_of_ten_who_claim_at_once_one_has_it(asked):
    agents = [UserFactory(partner=None, roles=[Role.SUPPORT_AGENT]) for _number in range(10)]
    answers = in_threads(*(partial(claim, asked.number, actor=User.objects.get(pk=agent.pk)) for agent in agents))
    assert answers.count("claimed_already") == 9
    winner = agents[next(number for number, answer in enumerate(answers) if answer != "claimed_already")]
    assert (now_of(asked).owner, now_of(asked).status) == (winner, RequestStatus.IN_PROGRESS)
    assert RequestEvent.objects.filter(kind=EventKind.TAKEN_UP).count() == 1
    assert Event.objects.filter(action=Action.REQUEST_ASSIGNED).count() == 1
    assert Event.objects.filter(action=Action.REQUEST_REFUSED).count() == 9
    assert mails_after_filing(asked).count() == 1


# Assigning and giving back


def test_a_request_is_assigned_to_a_colleague_and_keeps_its_status(support_agent, second_agent, asked):
    assign(asked.number, second_agent.public_id, actor=support_agent)
    assert (now_of(asked).owner, now_of(asked).status) == (second_agent, RequestStatus.NEW)
    assert steps_of(asked)[-1] == (EventKind.ASSIGNED, RequestStatus.NEW)
    assert not mails_after_filing(asked).exists()


def test_a_colleagues_request_can_be_taken_over_by_assigning_it(support_agent, second_agent, asked):
    claim(asked.number, actor=second_agent)
    assign(asked.number, support_agent.public_id, actor=support_agent)
    assert now_of(asked).owner == support_agent
    last = Event.objects.filter(action=Action.REQUEST_ASSIGNED).latest("occurred_at", "id")
    assert last.details == {"request": asked.number, "before": second_agent.email, "owner": support_agent.email}


def test_assigned_again_to_the_same_it_is_told_so(support_agent, second_agent, asked):
    again = partial(assign, asked.number, second_agent.public_id, actor=support_agent)
    again()
    assert_refused("assigned_already", asked, again)


@pytest.mark.parametrize(
    "fields", [{"roles": [Role.OPERATOR_ADMIN]}, {"roles": [Role.SUPPORT_AGENT], "is_active": False}]
)
def test_nobody_is_assigned_who_cannot_triage(support_agent, asked, fields):
    other = UserFactory(partner=None, **fields)
    assert_refused("not_an_agent", asked, partial(assign, asked.number, other.public_id, actor=support_agent))


def test_a_partners_user_is_nobody_to_assign_to(support_agent, agent, asked):
    for unknown in (agent.public_id, uuid4()):
        with pytest.raises(User.DoesNotExist):
            assign(asked.number, unknown, actor=support_agent)
    assert now_of(asked).owner is None


def test_a_request_is_given_back_and_claimed_by_a_colleague(support_agent, second_agent, asked):
    claim(asked.number, actor=support_agent)
    release(asked.number, actor=support_agent)
    assert (now_of(asked).owner, now_of(asked).status) == (None, RequestStatus.IN_PROGRESS)
    claim(asked.number, actor=second_agent)
    assert now_of(asked).owner == second_agent


def test_what_is_nobodys_is_not_given_back(support_agent, asked):
    assert_refused("nobodys_already", asked, partial(release, asked.number, actor=support_agent))


@pytest.mark.parametrize("act", [claim, release, lambda number, *, actor: assign(number, actor.public_id, actor=actor)])
def test_nothing_is_changed_in_a_request_that_somebody_has_closed_meanwhile(support_agent, asked, act):
    close(asked, support_agent)
    assert_refused("request_over", asked, partial(act, asked.number, actor=support_agent))


@pytest.mark.parametrize(
    "act",
    [
        claim,
        release,
        lambda number, *, actor: assign(number, actor.public_id, actor=actor),
        lambda number, *, actor: add_note(number, "A note.", actor=actor),
    ],
)
def test_only_support_agents_triage(agent, keeper, asked, act):
    for outsider in (agent, keeper):
        with pytest.raises(Refusal) as refused:
            act(asked.number, actor=outsider)
        assert refused.value.code == "role_required"
    assert (now_of(asked).owner, len(steps_of(asked))) == (None, 1)
    assert not InternalNote.objects.exists()


# Several


@pytest.fixture
def three(clock, agent, customer):
    sku = make_sku("1200.00", keys=3)
    return [file_refund(agent, buy_line(agent, customer, sku)) for _number in range(3)]


def test_one_that_cannot_be_assigned_holds_up_no_other(support_agent, second_agent, three):
    close(three[1], support_agent)
    numbers = [request.number for request in three]
    outcomes = assign_several(numbers, second_agent.public_id, actor=support_agent)
    assert [outcome.number for outcome in outcomes] == numbers
    assert [outcome.refusal and outcome.refusal.code for outcome in outcomes] == [None, "request_over", None]
    assert [now_of(request).owner for request in three] == [second_agent, None, second_agent]
    assert Event.objects.get(action=Action.REQUEST_REFUSED).details["request"] == three[1].number


def test_a_request_that_is_chosen_twice_is_assigned_once(support_agent, second_agent, asked):
    outcomes = assign_several([asked.number, asked.number], second_agent.public_id, actor=support_agent)
    assert [outcome.refusal for outcome in outcomes] == [None]


def test_more_than_a_hundred_are_refused_whole(support_agent, second_agent, asked):
    numbers = [asked.number] * (MOST_ASSIGNED + 1)
    with pytest.raises(Refusal) as refused:
        assign_several(numbers, second_agent.public_id, actor=support_agent)
    assert (refused.value.code, now_of(asked).owner) == ("too_many_requests", None)
    assert len(assign_several(numbers[1:], second_agent.public_id, actor=support_agent)) == 1
    assert now_of(asked).owner == second_agent


def test_several_are_assigned_to_nobody_who_cannot_triage(support_agent, keeper, three):
    with pytest.raises(Refusal) as refused:
        assign_several([request.number for request in three], keeper.public_id, actor=support_agent)
    assert refused.value.code == "not_an_agent"
    assert not any(now_of(request).owner for request in three)


# Notes


def test_a_note_is_kept_and_the_log_does_not_say_what_it_says(support_agent, asked):
    note = add_note(asked.number, "  王芳 has called twice.  ", actor=support_agent)
    assert (note.text, note.author, note.request) == ("王芳 has called twice.", support_agent, asked)
    event = Event.objects.get(action=Action.REQUEST_NOTED)
    assert (event.partner_id, event.details) == (None, {"request": asked.number, "note": note.pk})
    assert len(steps_of(asked)) == 1
    assert not mails_after_filing(asked).exists()


def test_a_closed_request_can_be_noted(support_agent, asked):
    close(asked, support_agent)
    add_note(asked.number, "It came up again.", actor=support_agent)
    assert InternalNote.objects.get().request == asked


@pytest.mark.parametrize("text", ["", " \n", "x" * (LONGEST_TEXT + 1)])
def test_a_note_without_words_or_with_too_many_is_not_kept(support_agent, asked, text):
    assert_refused("note_length", asked, partial(add_note, asked.number, text, actor=support_agent))
    assert not InternalNote.objects.exists()
