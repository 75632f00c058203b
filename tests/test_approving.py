"""Approving a refund cancels the line with all that C6 does, and replies, in one transaction (S7)."""

from decimal import Decimal
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone

from activity.models import Action, Event
from cancellations.cancelling import cancel_quoted, locked_line, take_away
from cancellations.models import Cancellation
from cancellations.quotes import quote_line
from cancellations.support.models import Approval, EventKind, RequestStatus
from cancellations.support.services.deciding import approve
from cancellations.support.services.talking import close, reply_as_partner
from csp_portal.errors import Refusal
from csp_portal.mail.models import Mail
from orders.billing.models import Credit
from orders.models import OrderLine
from software.models import CancellationPolicy, KeyIssue, KeyStatus, Kind, ProductKey
from software.services import reveal_key
from tests.factories import buy_line, make_link, make_sku
from tests.helpers import cancel, in_threads
from tests.support import decision, file_refund, last_step, one_agent_is_enough

ONLY_BY_SUPPORT = {"kind": Kind.PERPETUAL, "cancellation_policy": CancellationPolicy.SUPPORT_ONLY}


@pytest.fixture
def line(clock, agent, customer):
    """Three units of what is cancelled by support alone, each with a key, and a link."""
    sku = make_sku("400.00", **ONLY_BY_SUPPORT, key_issue=KeyIssue.PER_UNIT, keys=3)
    line = buy_line(agent, customer, sku, quantity=3)
    make_link(agent, line.purchase)
    return line


@pytest.fixture
def asked(line, agent):
    one_agent_is_enough()
    return file_refund(agent, line)


def refused(request, code, actor, **fields):
    before = state(request)
    with pytest.raises(Refusal) as refusal:
        approve(request.number, decision(request, **fields), actor=actor)
    assert refusal.value.code == code
    assert state(request) == before
    row = Event.objects.filter(action=Action.REQUEST_REFUSED).latest("pk")
    assert (row.details["reason"], row.actor_name) == (code, actor.email)
    return refusal.value


def state(request):
    request.refresh_from_db()
    line = OrderLine.objects.get(pk=request.order_line_id)
    revoked = ProductKey.objects.filter(status=KeyStatus.REVOKED).count()
    rows = Cancellation.objects.count(), Credit.objects.count(), Approval.objects.count(), request.events.count()
    return rows, line.quantity_cancelled, line.credited, revoked, request.status, Mail.objects.count()


def test_the_line_is_cancelled_with_keys_links_credit_and_certificate(asked, support_agent, agent):
    approval = approve(asked.number, decision(asked), actor=support_agent)
    done = Cancellation.objects.get()
    assert approval.cancellation == done
    assert (done.cancelled_by, done.accepted_by, done.accepted_at) == (support_agent, agent, asked.filed_at)
    assert (done.keys_revoked, done.links_revoked, done.notice_version) == (3, 1, asked.notice_version)
    assert done.credit.net == Decimal("1200.00")
    assert not done.order_line.purchase.is_active
    accepted = done.certificate.contents["accepted"]
    assert accepted["accepted_by"]["email"] == agent.email
    assert support_agent.email not in done.certificate.document


def test_the_request_is_approved_and_its_partner_reads_the_reply(asked, support_agent, agent):
    approve(asked.number, decision(asked, reply="승인되었습니다, 김민준 님."), actor=support_agent)
    asked.refresh_from_db()
    assert (asked.status, asked.due_at) == (RequestStatus.APPROVED, None)
    assert asked.ended_at == asked.first_reply_at
    step = asked.events.for_partner().last()
    assert (step.kind, step.text) == (EventKind.APPROVED, "승인되었습니다, 김민준 님.")
    assert step.details["credit"] == "1200.00"
    told = Mail.objects.values_list("to", flat=True)
    assert set(told) == {agent.email}


def test_the_partner_reads_in_its_log_what_was_approved(asked, support_agent, partner):
    approve(asked.number, decision(asked), actor=support_agent)
    rows = Event.objects.of_partner(partner.pk)
    row = rows.get(action=Action.REFUND_APPROVED)
    assert (row.actor_name, row.order_number) == (support_agent.email, asked.order_line.order.number)
    assert row.details["credit"] == "1200.00"
    assert rows.get(action=Action.PURCHASE_CANCELLED).purchase_id == asked.order_line.purchase.public_id


def test_only_the_units_that_were_asked_for_are_cancelled(line, agent, support_agent):
    one_agent_is_enough()
    asked = file_refund(agent, line, quantity=1)
    approve(asked.number, decision(asked), actor=support_agent)
    done = Cancellation.objects.get()
    assert (done.quantity, done.left, done.credit.net) == (1, 2, Decimal("400.00"))
    assert done.order_line.purchase.is_active
    assert ProductKey.objects.filter(status=KeyStatus.REVOKED).count() == 1


def test_only_a_support_agent_approves(asked, agent, keeper, global_admin):
    for actor in (agent, keeper, global_admin):
        refused(asked, "role_required", actor)


def test_a_request_of_another_partner_is_not_there(asked, stranger):
    with pytest.raises(type(asked).DoesNotExist):
        approve(asked.number, decision(asked), actor=stranger)


def test_a_support_agent_cancels_in_no_other_way_and_sees_no_key(asked, support_agent):
    line, key = asked.order_line, asked.order_line.purchase.keys.first()
    with pytest.raises(OrderLine.DoesNotExist):
        cancel(line, support_agent)
    with pytest.raises(ProductKey.DoesNotExist):
        reveal_key(key.public_id, actor=support_agent)
    key.refresh_from_db()
    assert key.seen_at is None
    assert not Cancellation.objects.exists()


def test_who_approves_what_is_decided_is_told_by_whom(asked, support_agent, second_agent):
    seen = decision(asked)
    approve(asked.number, seen, actor=support_agent)
    told = refused(asked, "request_decided", second_agent, seen=seen.seen)
    assert support_agent.email in told.message
    assert "Approved" in told.message


def test_who_has_not_seen_the_last_reply_is_told_what_is_new(asked, support_agent, agent):
    before = last_step(asked)
    reply_as_partner(asked.number, "We need it after all.", draft_id=None, actor=agent)
    told = refused(asked, "request_changed", support_agent, seen=before)
    assert agent.email in told.message
    approve(asked.number, decision(asked), actor=support_agent)
    assert Cancellation.objects.exists()


def test_what_was_closed_is_not_approved(asked, support_agent, agent):
    close(asked.number, text="", actor=agent)
    assert agent.email in refused(asked, "request_decided", support_agent).message


def test_units_that_are_gone_are_not_credited_again(asked, support_agent, agent):
    """No service lets it come so far: an open request keeps self-service away."""
    with transaction.atomic():
        line, now = locked_line(OrderLine.objects.filter(pk=asked.order_line_id)), timezone.now()
        quote = quote_line(line, now, 1)
        cancel_quoted(line, quote, take_away(line, quote, now=now), actor=agent, now=now)
    refused(asked, "quantity_not_left", support_agent)


def test_a_request_without_a_refund_is_not_approved(asked, support_agent):
    type(asked).objects.filter(pk=asked.pk).update(problem="other")
    refused(asked, "not_a_refund", support_agent)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_approve_at_once_one_cancels_and_the_other_is_told(asked, support_agent, second_agent):
    seen = decision(asked)
    answers = in_threads(*(partial(approve, asked.number, seen, actor=who) for who in (support_agent, second_agent)))
    assert "request_decided" in answers
    assert (Cancellation.objects.count(), Credit.objects.count(), Approval.objects.count()) == (1, 1, 1)
    assert OrderLine.objects.get(pk=asked.order_line_id).credited_net == Decimal("1200.00")


@pytest.mark.django_db(transaction=True)
def test_of_the_partner_who_closes_and_the_agent_who_approves_one_wins(asked, support_agent, agent):
    answers = in_threads(
        partial(approve, asked.number, decision(asked), actor=support_agent),
        partial(close, asked.number, text="", actor=agent),
    )
    lost = [answer for answer in answers if isinstance(answer, str)]
    assert len(lost) == 1
    asked.refresh_from_db()
    assert Cancellation.objects.count() == Credit.objects.count() == (asked.status == RequestStatus.APPROVED)
