"""Above a threshold per currency two agents approve: neither asked for it, and they are not the same (S7)."""

from decimal import Decimal
from functools import partial

import pytest
from django.db import DatabaseError, connection, transaction

from activity.models import Action, Event
from cancellations.models import Cancellation
from cancellations.support.models import Approval, EventKind, RequestStatus, SupportRequest
from cancellations.support.services.deciding import approve, withdraw_approval
from csp_portal.errors import Refusal
from csp_portal.mail.models import Mail
from orders.billing.models import Credit
from software.models import CancellationPolicy, KeyIssue, Kind
from tests.factories import buy_line, make_sku
from tests.helpers import in_threads
from tests.support import decision, file_refund, one_agent_is_enough

PRICE = Decimal("400.00")
CENT = Decimal("0.01")


@pytest.fixture
def asked(clock, agent, customer):
    sku = make_sku(str(PRICE), kind=Kind.PERPETUAL, cancellation_policy=CancellationPolicy.SUPPORT_ONLY)
    return file_refund(agent, buy_line(agent, customer, sku))


def refused(asked, code, actor, **fields):
    before = Approval.objects.count(), asked.events.count(), Cancellation.objects.count()
    with pytest.raises(Refusal) as refusal:
        approve(asked.number, decision(asked, **fields), actor=actor)
    assert refusal.value.code == code
    assert (Approval.objects.count(), asked.events.count(), Cancellation.objects.count()) == before
    return refusal.value


@pytest.mark.parametrize(("threshold", "enough"), [(PRICE + CENT, True), (PRICE, True), (PRICE - CENT, False)])
def test_a_credit_of_the_threshold_needs_one_agent_and_a_cent_more_needs_two(asked, support_agent, threshold, enough):
    one_agent_is_enough(amount=threshold)
    approve(asked.number, decision(asked), actor=support_agent)
    assert Cancellation.objects.exists() == enough


def test_without_a_threshold_in_the_currency_every_refund_needs_two(asked, support_agent):
    one_agent_is_enough("EUR")
    approve(asked.number, decision(asked), actor=support_agent)
    assert not Cancellation.objects.exists()


def test_the_first_approval_is_for_colleagues_only(asked, support_agent, partner):
    mails, rows = Mail.objects.count(), Event.objects.of_partner(partner.pk).count()
    approve(asked.number, decision(asked), actor=support_agent)
    asked.refresh_from_db()
    assert asked.status == RequestStatus.IN_PROGRESS
    assert asked.events.last().kind == EventKind.APPROVED_FIRST
    assert not asked.events.for_partner().filter(kind=EventKind.APPROVED_FIRST).exists()
    assert (Mail.objects.count(), Event.objects.of_partner(partner.pk).count()) == (mails, rows)
    assert Event.objects.get(action=Action.REFUND_APPROVED_FIRST).details["request"] == asked.number


def test_the_second_agent_cancels(asked, support_agent, second_agent):
    approve(asked.number, decision(asked), actor=support_agent)
    approval = approve(asked.number, decision(asked, reply="Done."), actor=second_agent)
    assert (approval.first_by, approval.second_by, approval.reply) == (support_agent, second_agent, "Done.")
    assert approval.cancellation == Cancellation.objects.get()
    assert approval.cancellation.cancelled_by == second_agent


def test_the_first_is_not_the_second(asked, support_agent):
    approve(asked.number, decision(asked), actor=support_agent)
    refused(asked, "second_must_be_another", support_agent)


def test_the_second_approves_the_same(asked, support_agent, second_agent):
    approve(asked.number, decision(asked, base=Decimal("300.00"), less_reason="Used."), actor=support_agent)
    told = refused(asked, "not_what_was_approved", second_agent)
    assert support_agent.email in told.message
    refused(asked, "not_what_was_approved", second_agent, base=Decimal("299.99"))
    approve(asked.number, decision(asked, base=Decimal("300.00")), actor=second_agent)
    credit = Credit.objects.get()
    assert (credit.net, credit.less_reason) == (Decimal("300.00"), "Used.")


def test_who_asked_for_it_does_not_approve_it(asked, support_agent, second_agent):
    """No service lets an agent file; only a hand in the database could."""
    SupportRequest.objects.filter(pk=asked.pk).update(filed_by=support_agent)
    refused(asked, "own_request", support_agent)
    approve(asked.number, decision(asked), actor=second_agent)
    refused(asked, "own_request", support_agent)


@pytest.mark.parametrize("who", ["support_agent", "second_agent"])
def test_a_first_approval_is_withdrawn_by_who_gave_it_or_a_colleague(asked, support_agent, second_agent, who, request):
    approve(asked.number, decision(asked), actor=support_agent)
    withdraw_approval(asked.number, actor=request.getfixturevalue(who))
    assert asked.events.last().kind == EventKind.APPROVAL_WITHDRAWN
    approve(asked.number, decision(asked), actor=second_agent)
    assert not Cancellation.objects.exists()
    approve(asked.number, decision(asked), actor=support_agent)
    assert Cancellation.objects.exists()
    with pytest.raises(Refusal):
        withdraw_approval(asked.number, actor=second_agent)


def test_a_first_approver_who_left_counts_no_more(asked, support_agent, second_agent):
    approve(asked.number, decision(asked), actor=support_agent)
    support_agent.role_assignments.all().delete()
    refused(asked, "first_approver_left", second_agent)
    withdraw_approval(asked.number, actor=second_agent)
    approve(asked.number, decision(asked), actor=second_agent)
    assert Approval.objects.standing().get().first_by == second_agent
    assert not Cancellation.objects.exists()


def test_parts_of_a_line_are_weighed_together(clock, agent, customer, support_agent):
    policy = CancellationPolicy.SUPPORT_ONLY
    sku = make_sku(str(PRICE), kind=Kind.PERPETUAL, cancellation_policy=policy, key_issue=KeyIssue.PER_UNIT, keys=2)
    line = buy_line(agent, customer, sku, quantity=2)
    one_agent_is_enough(amount=PRICE)
    for _part in range(2):
        part = file_refund(agent, line, quantity=1)
        approve(part.number, decision(part), actor=support_agent)
    assert Cancellation.objects.count() == 1
    assert Approval.objects.standing().get(cancellation=None).needs_second


def test_a_threshold_that_rises_does_not_make_one_approval_of_two(asked, support_agent, second_agent):
    approve(asked.number, decision(asked), actor=support_agent)
    one_agent_is_enough()
    refused(asked, "second_must_be_another", support_agent)
    approve(asked.number, decision(asked), actor=second_agent)
    assert Cancellation.objects.exists()


SECOND = "UPDATE support_approval SET second_by_id = %s, second_at = now()"


@pytest.mark.parametrize("who", ["first", "filer"])
def test_past_the_service_the_database_refuses_the_same_person_twice(asked, support_agent, agent, who):
    approve(asked.number, decision(asked), actor=support_agent)
    person = support_agent if who == "first" else agent
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SECOND, [person.pk])
    assert Approval.objects.get().second_by is None


def test_the_database_refuses_a_first_approver_who_asked(asked, support_agent, agent):
    approve(asked.number, decision(asked), actor=support_agent)
    with pytest.raises(DatabaseError), transaction.atomic():
        Approval.objects.update(first_by=agent)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_are_first_at_once_one_is_and_the_other_is_told(asked, support_agent, second_agent):
    seen = decision(asked)
    answers = in_threads(*(partial(approve, asked.number, seen, actor=who) for who in (support_agent, second_agent)))
    assert "request_changed" in answers
    assert Approval.objects.count() == 1
    assert not Cancellation.objects.exists()
