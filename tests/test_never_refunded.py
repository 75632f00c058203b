"""A refund of what can never be cancelled is not approved, even where a request was forced into the table (C1, S7)."""

import pytest
from django.urls import reverse
from django.utils import timezone

from activity.models import Action, Event
from cancellations.support.models import Approval, EventKind, ProblemType, SupportRequest
from cancellations.support.services.deciding import approve
from cancellations.support.services.happening import happened
from csp_portal.errors import Refusal
from tests.helpers import words_of
from tests.never import never_world
from tests.support import decision, last_step, one_agent_is_enough

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["SUSE", "Red Hat"])
def world(request, clock, agent, keeper, customer, client_of):
    return never_world(request.param, clock, agent, keeper, customer, client_of)


def forced_request(world, **fields):
    """A request that no service lets anybody file."""
    now = timezone.now()
    asked = SupportRequest.objects.create(
        partner=world.line.order.partner,
        filed_by=world.agent,
        filed_at=now,
        changed_at=now,
        problem=ProblemType.REFUND,
        impact="moderate",
        title="Refund",
        customer=world.line.order.customer,
        order_line=world.line,
        refund_reason="other",
        quantity=3,
        creditable=1,
        amount_requested=1,
        notice_version=1,
        **fields,
    )
    happened(asked, EventKind.FILED, actor=world.agent, now=now)
    return asked


@pytest.mark.parametrize("needs_two", [True, False])
def test_a_request_that_was_forced_in_is_not_approved(world, support_agent, second_agent, needs_two):
    if not needs_two:
        one_agent_is_enough()
    asked, before = forced_request(world), world.state()
    for actor in (support_agent, second_agent):
        with pytest.raises(Refusal) as refused:
            approve(asked.number, decision(asked), actor=actor)
        assert refused.value.code == "never_cancellable"
    assert world.state() == before
    assert not Approval.objects.exists()
    rows = Event.objects.filter(action=Action.REQUEST_REFUSED, details__reason="never_cancellable")
    assert {row.order_number for row in rows} == {world.line.order.number}


def test_the_page_of_a_request_that_was_forced_in_offers_no_approval(world, client_of, support_agent):
    asked, before = forced_request(world), world.state()
    url = reverse("queue:approve", args=[asked.number])
    browser = client_of(support_agent)
    assert "can never be cancelled or exchanged." in words_of(browser.get(url))
    response = browser.post(url, {"seen": last_step(asked), "base": "0.00", "less_reason": "None.", "reply": ""})
    assert "can never be cancelled or exchanged." in words_of(response)
    assert world.state() == before
