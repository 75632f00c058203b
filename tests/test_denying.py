"""Denying a refund needs a reason, changes nothing but the request, and tells the partner why (S7)."""

from decimal import Decimal

import pytest

from activity.models import Action, Event
from cancellations.models import Cancellation
from cancellations.support.models import Approval, DenialReason, EventKind, RequestStatus
from cancellations.support.services.deciding import approve, deny
from csp_portal.errors import Refusal
from csp_portal.mail.models import Mail
from orders.models import OrderLine
from software.models import CancellationPolicy, Kind
from tests.factories import buy_line, make_sku
from tests.support import decision, file_refund, last_step

WHY = DenialReason.SOFTWARE_USED


@pytest.fixture
def asked(clock, agent, customer):
    sku = make_sku("400.00", kind=Kind.PERPETUAL, cancellation_policy=CancellationPolicy.SUPPORT_ONLY)
    return file_refund(agent, buy_line(agent, customer, sku))


def refused(asked, code, actor, why=WHY, text="", seen=None):
    before = (asked.events.count(), Mail.objects.count(), Approval.objects.standing().count())
    with pytest.raises(Refusal) as refusal:
        deny(asked.number, why, text, seen=last_step(asked) if seen is None else seen, actor=actor)
    assert refusal.value.code == code
    assert (asked.events.count(), Mail.objects.count(), Approval.objects.standing().count()) == before
    return refusal.value


def test_the_partner_is_told_why_and_nothing_is_cancelled(asked, support_agent, agent):
    deny(asked.number, WHY, "The key was activated.", seen=last_step(asked), actor=support_agent)
    asked.refresh_from_db()
    assert (asked.status, asked.due_at) == (RequestStatus.DENIED, None)
    step = asked.events.for_partner().last()
    assert (step.kind, step.text, step.details) == (EventKind.DENIED, "The key was activated.", {"reason": WHY})
    mail = Mail.objects.filter(to=agent.email).latest("pk")
    assert "The key was activated." in mail.text
    assert str(WHY.label) in mail.text
    line = OrderLine.objects.get(pk=asked.order_line_id)
    assert (line.credited_gross, line.quantity_cancelled, line.purchase.is_active) == (Decimal(0), 0, True)
    assert not Cancellation.objects.exists()


def test_the_log_of_the_partner_has_the_reason(asked, support_agent, partner):
    deny(asked.number, WHY, "", seen=last_step(asked), actor=support_agent)
    row = Event.objects.of_partner(partner.pk).get(action=Action.REFUND_DENIED)
    assert (row.details, row.actor_name) == ({"request": asked.number, "reason": WHY}, support_agent.email)


def test_another_reason_needs_words(asked, support_agent):
    refused(asked, "denial_needs_words", support_agent, DenialReason.OTHER)
    deny(asked.number, DenialReason.OTHER, "Not ours.", seen=last_step(asked), actor=support_agent)


def test_only_a_support_agent_denies(asked, agent, keeper):
    for actor in (agent, keeper):
        refused(asked, "role_required", actor)


def test_what_is_decided_is_not_decided_again(asked, support_agent, second_agent):
    seen = last_step(asked)
    deny(asked.number, WHY, "", seen=seen, actor=support_agent)
    assert support_agent.email in refused(asked, "request_decided", second_agent, seen=seen).message
    with pytest.raises(Refusal):
        approve(asked.number, decision(asked), actor=second_agent)
    assert not Cancellation.objects.exists()


def test_who_denies_after_a_first_approval_withdraws_it(asked, support_agent, second_agent):
    approve(asked.number, decision(asked), actor=support_agent)
    deny(asked.number, WHY, "", seen=last_step(asked), actor=second_agent)
    assert not Approval.objects.standing().exists()
    asked.refresh_from_db()
    assert asked.status == RequestStatus.DENIED


def test_who_has_not_seen_the_first_approval_does_not_deny(asked, support_agent, second_agent):
    seen = last_step(asked)
    approve(asked.number, decision(asked), actor=support_agent)
    told = refused(asked, "request_changed", second_agent, seen=seen)
    assert support_agent.email in told.message


def test_a_denial_with_an_unfilled_field_is_not_sent(asked, support_agent):
    told = refused(asked, "field_not_filled", support_agent, text="Dear {{ contact_name }},")
    assert "{{ contact_name }}" in told.message
