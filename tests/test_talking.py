"""What both sides write to each other, what it does to status and clock, and how a request is closed (S4)."""

from datetime import UTC, datetime

import pytest

from activity.models import Action, Event
from cancellations.support.models import (
    Draft,
    EventKind,
    ProblemType,
    RequestEvent,
    RequestStatus,
    SupportRequest,
)
from cancellations.support.models.requests import LONGEST_TEXT
from cancellations.support.services.talking import close, reply_as_partner, reply_as_support
from csp_portal.accounts.permissions import Role
from csp_portal.errors import Refusal
from csp_portal.mail.models import Mail
from tests.factories import UserFactory, buy_line, make_sku
from tests.helpers import in_threads
from tests.support import file_question, file_refund

pytestmark = pytest.mark.django_db


@pytest.fixture
def filed(clock, agent, customer):
    """A refund that was asked for on Friday 2020-01-24 at 12:00 in London."""
    return file_refund(agent, buy_line(agent, customer, make_sku()))


def state_of(request):
    request = SupportRequest.objects.get(pk=request.pk)
    return request.status, request.due_at, request.first_reply_at, request.events.count(), Mail.objects.count()


def refused(request, act):
    """The code with which `act` is refused; nothing but the log may have changed."""
    before = state_of(request)
    with pytest.raises(Refusal) as refusal:
        act()
    assert state_of(request) == before
    assert Event.objects.filter(action=Action.REQUEST_REFUSED, details__reason=refusal.value.code).exists()
    return refusal.value.code


def say(request, actor, text="Here it is.", **given):
    return reply_as_partner(request.number, text, **{"draft_id": None, "actor": actor, **given})


def answer(request, actor, text="Thank you.", *, asks=False):
    return reply_as_support(request.number, text, asks=asks, actor=actor)


def test_a_first_reply_takes_a_new_request_into_progress_and_is_measured(filed, clock, support_agent):
    clock.set("2020-01-24T14:00:00Z")
    event = answer(filed, support_agent)
    filed.refresh_from_db()
    assert (event.kind, filed.status) == (EventKind.REPLIED, RequestStatus.IN_PROGRESS)
    assert filed.first_reply_at == datetime(2020, 1, 24, 14, tzinfo=UTC)
    clock.set("2020-01-24T15:00:00Z")
    answer(filed, support_agent, "And one thing more.")
    filed.refresh_from_db()
    assert filed.first_reply_at == datetime(2020, 1, 24, 14, tzinfo=UTC)


def test_while_support_waits_for_the_partner_the_clock_stands_and_goes_on_with_the_reply(
    filed, clock, agent, support_agent
):
    due = SupportRequest.objects.get().due_at
    clock.set("2020-01-24T13:00:00Z")
    answer(filed, support_agent, "Which order?", asks=True)
    filed.refresh_from_db()
    assert (filed.status, filed.due_at) == (RequestStatus.ACTION_REQUIRED, None)
    clock.set("2020-01-24T15:00:00Z")
    say(filed, agent)
    filed.refresh_from_db()
    assert filed.status == RequestStatus.IN_PROGRESS
    assert filed.due_at - due == datetime(2020, 1, 24, 15) - datetime(2020, 1, 24, 13)


def test_a_reply_without_a_question_leaves_what_waits_waiting(filed, support_agent):
    answer(filed, support_agent, "Which order?", asks=True)
    answer(filed, support_agent, "Take your time.")
    assert SupportRequest.objects.get().status == RequestStatus.ACTION_REQUIRED


def test_a_reply_of_the_partner_leaves_a_new_request_new(filed, agent):
    say(filed, agent)
    assert SupportRequest.objects.get().status == RequestStatus.NEW


def test_a_step_that_waited_stands_after_what_it_waited_for(filed, agent, support_agent, clock):
    clock.set("2020-01-24T14:00:00Z")
    answer(filed, support_agent, asks=True)
    clock.set("2020-01-24T13:59:59Z")  # when the reply was sent; it waited for the lock
    say(filed, agent)
    request = SupportRequest.objects.get()
    assert [event.kind for event in request.events.all()][-2:] == [EventKind.ASKED, EventKind.PARTNER_REPLIED]
    assert (request.status, request.due_at is None) == (RequestStatus.IN_PROGRESS, False)


def test_a_product_key_is_not_told_to_support(filed, agent):
    code = refused(filed, lambda: say(filed, agent, "It is VK7JG-NPHTM-C97JM-9MPGT-3V66T"))
    assert code == "key_in_text"


def test_the_same_words_with_other_files_are_another_reply(filed, agent, clock):
    for number in (1, 2):
        draft = Draft.objects.create(user=agent, changed_at=datetime(2020, 1, 24, 12, tzinfo=UTC))
        draft.attachments.create(
            uploaded_by=agent,
            uploaded_at=draft.changed_at,
            name=f"{number}.pdf",
            size=1,
            sha256="0" * 64,
            storage_name=f"a/{number}",
        )
        say(filed, agent, "See attached.", draft_id=draft.public_id)
    assert filed.attachments.count() == 2
    assert filed.events.filter(kind=EventKind.PARTNER_REPLIED).count() == 2


def test_files_of_the_draft_come_with_the_reply(filed, agent, clock):
    draft = Draft.objects.create(user=agent, changed_at=datetime(2020, 1, 24, 12, tzinfo=UTC))
    draft.attachments.create(
        uploaded_by=agent, uploaded_at=draft.changed_at, name="发票.pdf", size=1, sha256="0" * 64, storage_name="a/1"
    )
    event = say(filed, agent, draft_id=draft.public_id)
    (file,) = filed.attachments.all()
    assert (file.event, file.draft) == (event, None)


def test_both_sides_are_recorded_in_the_partners_log(filed, agent, support_agent, partner):
    answer(filed, support_agent)
    say(filed, agent)
    rows = Event.objects.filter(action=Action.REQUEST_REPLIED).order_by("id")
    assert [(row.partner_id, row.actor_name) for row in rows] == [
        (partner.pk, support_agent.email),
        (partner.pk, agent.email),
    ]
    assert all(row.details["request"] == filed.number for row in rows)


def test_the_same_words_sent_twice_are_one_reply(filed, agent, support_agent):
    assert say(filed, agent) == say(filed, agent)
    assert answer(filed, support_agent) == answer(filed, support_agent)
    assert filed.events.count() == 3
    say(filed, agent)
    assert filed.events.count() == 4


@pytest.mark.parametrize("text", ["", " \n\t", "\0"])
def test_nothing_is_refused(text, filed, agent, support_agent):
    assert refused(filed, lambda: say(filed, agent, text)) == "nothing_written"
    assert refused(filed, lambda: answer(filed, support_agent, text)) == "nothing_written"


def test_a_text_may_be_as_long_as_the_limit_and_no_longer(filed, agent):
    assert refused(filed, lambda: say(filed, agent, "x" * (LONGEST_TEXT + 1))) == "text_too_long"
    assert len(say(filed, agent, "x" * LONGEST_TEXT).text) == LONGEST_TEXT


def test_support_sends_no_reply_with_a_field_that_is_not_filled_in(filed, agent, support_agent):
    assert refused(filed, lambda: answer(filed, support_agent, "Dear {{ contact }},")) == "field_not_filled"
    assert say(filed, agent, "It says {{ contact }}.").text == "It says {{ contact }}."


def test_what_support_was_refused_is_no_partners_matter(filed, support_agent):
    refused(filed, lambda: answer(filed, support_agent, ""))
    assert Event.objects.get(action=Action.REQUEST_REFUSED).partner_id is None


def test_an_ended_request_takes_no_more_words(filed, agent, support_agent):
    close(filed.number, text="", actor=agent)
    assert refused(filed, lambda: say(filed, agent)) == "request_ended"
    assert refused(filed, lambda: answer(filed, support_agent)) == "request_ended"
    assert refused(filed, lambda: close(filed.number, text="", actor=agent)) == "request_ended"


def test_the_partner_withdraws_with_or_without_words(filed, agent):
    event = close(filed.number, text=" Solved. ", actor=agent)
    filed.refresh_from_db()
    assert (event.text, filed.status, filed.due_at) == ("Solved.", RequestStatus.CLOSED, None)
    assert filed.ended_at is not None
    assert Event.objects.get(action=Action.REQUEST_CLOSED).details["request"] == filed.number


def test_support_closes_no_refund(filed, support_agent):
    assert refused(filed, lambda: close(filed.number, text="No.", actor=support_agent)) == "refund_is_decided"


def test_support_closes_another_request_with_words(agent, support_agent):
    filed = file_question(agent, problem=ProblemType.KEYS, title="키가 작동하지 않습니다")
    assert refused(filed, lambda: close(filed.number, text="", actor=support_agent)) == "nothing_written"
    close(filed.number, text="The key was typed with a letter O.", actor=support_agent)
    filed.refresh_from_db()
    assert filed.status == RequestStatus.CLOSED


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ACCOUNT_ADMIN])
def test_who_may_not_file_may_not_write_or_close(role, filed, partner):
    reader = UserFactory(partner=partner, roles=[role])
    assert refused(filed, lambda: say(filed, reader)) == "role_required"
    assert refused(filed, lambda: close(filed.number, text="", actor=reader)) == "role_required"


def test_neither_side_writes_as_the_other(filed, agent, support_agent, keeper):
    assert refused(filed, lambda: say(filed, support_agent)) == "role_required"
    assert refused(filed, lambda: answer(filed, agent)) == "role_required"
    assert refused(filed, lambda: answer(filed, keeper)) == "role_required"


def test_another_partners_request_is_not_found(filed, stranger):
    with pytest.raises(SupportRequest.DoesNotExist):
        say(filed, stranger)
    with pytest.raises(SupportRequest.DoesNotExist):
        close(filed.number, text="", actor=stranger)
    assert filed.events.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_that_close_at_once_one_is_told_that_it_is_closed(filed, agent, partner):
    colleague = UserFactory(partner=partner, roles=[Role.GLOBAL_ADMIN])
    answers = in_threads(
        *(lambda user=user: close(filed.number, text="", actor=user).kind for user in (agent, colleague))
    )
    assert sorted(answers) == ["closed", "request_ended"]
    assert RequestEvent.objects.filter(kind=EventKind.CLOSED).count() == 1
