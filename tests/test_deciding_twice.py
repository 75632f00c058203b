"""A decision that its agent sends twice is taken once and answered the same; anybody else is told who and what (C7)."""

from decimal import Decimal
from functools import partial

import pytest
from django.urls import reverse

from activity.models import Event
from cancellations.models import Cancellation
from cancellations.support.models import Approval, DenialReason, EventKind
from cancellations.support.services.deciding import approve, deny, withdraw_approval
from csp_portal.errors import Refusal
from csp_portal.mail.models import Mail
from orders.billing.models import Credit
from software.models import CancellationPolicy, Kind
from tests.factories import buy_line, make_sku
from tests.helpers import in_threads
from tests.support import decision, file_refund, last_step, one_agent_is_enough

WORDS = "승인되었습니다, 김민준 님."
LESS = {"base": Decimal("300.00"), "less_reason": "It was used."}


@pytest.fixture
def asked(clock, agent, customer):
    sku = make_sku("400.00", kind=Kind.PERPETUAL, cancellation_policy=CancellationPolicy.SUPPORT_ONLY)
    return file_refund(agent, buy_line(agent, customer, sku))


@pytest.fixture(params=[True, False], ids=["one agent", "two agents"])
def one_agent(request, asked):
    if request.param:
        one_agent_is_enough()


def state(asked):
    asked.refresh_from_db()
    rows = (Cancellation, Credit, Approval, Mail, Event)
    return asked.status, asked.events.count(), [model.objects.count() for model in rows]


def assert_told(asked, act):
    """That who decides is told of what was decided before, and that but for the log nothing changes."""
    *before, (*rows, logged) = state(asked)
    with pytest.raises(Refusal) as refusal:
        act()
    assert refusal.value.code in {"request_decided", "request_changed"}
    assert state(asked) == (*before, [*rows, logged + 1])


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        ("approve", {"base": "400.00", "reply": f"  {WORDS}\r\nOK"}),
        ("approve", {"base": "300.00", "less_reason": " It was used. ", "reply": WORDS}),
        ("deny", {"reason": DenialReason.SOFTWARE_USED, "reply": f"  {WORDS}\r\nOK"}),
    ],
    ids=["approved", "less is approved", "denied"],
)
def test_a_double_click_leads_back_as_the_first_click_did(client_of, support_agent, asked, one_agent, address, sent):
    browser, sent = client_of(support_agent), sent | {"seen": last_step(asked)}
    page = reverse(f"queue:{address}", args=[asked.number])
    first = browser.post(page, sent)
    before = state(asked)
    again = browser.post(page, sent)
    assert (again.status_code, again.url) == (first.status_code, first.url) == (302, f"/queue/{asked.number}/")
    assert state(asked) == before


def test_the_second_agent_who_sends_it_twice_is_answered_the_same(asked, support_agent, second_agent):
    approve(asked.number, decision(asked, **LESS), actor=support_agent)
    second = decision(asked, base=LESS["base"], reply=WORDS)
    done = approve(asked.number, second, actor=second_agent)
    before = state(asked)
    assert approve(asked.number, second, actor=second_agent) == done
    assert state(asked) == before


@pytest.mark.parametrize("other", [{"reply": "No."}, LESS, LESS | {"less_reason": "Another."}])
def test_another_approval_by_the_same_agent_is_told_of_the_first(asked, support_agent, one_agent, other):
    seen = last_step(asked)
    first = decision(asked, seen=seen, **(LESS if other.get("less_reason") == "Another." else {}))
    approve(asked.number, first, actor=support_agent)
    assert_told(asked, partial(approve, asked.number, decision(asked, seen=seen, **other), actor=support_agent))


@pytest.mark.parametrize("other", [(DenialReason.NOT_COVERED, WORDS), (DenialReason.SOFTWARE_USED, "No.")])
def test_another_denial_by_the_same_agent_is_told_of_the_first(asked, support_agent, other):
    seen = last_step(asked)
    deny(asked.number, DenialReason.SOFTWARE_USED, WORDS, seen=seen, actor=support_agent)
    assert_told(asked, partial(deny, asked.number, *other, seen=seen, actor=support_agent))


@pytest.mark.parametrize("order", [1, -1], ids=["approved, then denied", "denied, then approved"])
def test_the_opposite_decision_by_the_same_agent_is_told_of_the_first(asked, support_agent, order):
    one_agent_is_enough()
    sent = decision(asked)
    approval = partial(approve, asked.number, sent, actor=support_agent)
    denial = partial(deny, asked.number, DenialReason.SOFTWARE_USED, sent.reply, seen=sent.seen, actor=support_agent)
    first, then = (approval, denial)[::order]
    first()
    assert_told(asked, then)


def test_a_colleague_who_decides_the_same_is_told(asked, support_agent, second_agent, one_agent):
    sent = decision(asked)
    approve(asked.number, sent, actor=support_agent)
    assert_told(asked, partial(approve, asked.number, sent, actor=second_agent))


def test_a_colleague_who_denies_for_the_same_reason_is_told(asked, support_agent, second_agent):
    denial = partial(deny, asked.number, DenialReason.SOFTWARE_USED, WORDS, seen=last_step(asked))
    denial(actor=support_agent)
    assert_told(asked, partial(denial, actor=second_agent))


def test_who_looks_again_and_approves_a_second_time_is_no_second_agent(asked, support_agent):
    approve(asked.number, decision(asked), actor=support_agent)
    with pytest.raises(Refusal) as refusal:
        approve(asked.number, decision(asked), actor=support_agent)
    assert refusal.value.code == "second_must_be_another"
    assert not Cancellation.objects.exists()


def test_an_approval_that_was_withdrawn_is_not_answered_again(asked, support_agent, second_agent):
    sent = decision(asked)
    approve(asked.number, sent, actor=support_agent)
    withdraw_approval(asked.number, actor=second_agent)
    assert_told(asked, partial(approve, asked.number, sent, actor=support_agent))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", [EventKind.APPROVED, EventKind.DENIED])
def test_the_same_decision_sent_twice_at_once_is_taken_once(asked, support_agent, kind):
    one_agent_is_enough()
    acts = {
        EventKind.APPROVED: partial(approve, asked.number, decision(asked), actor=support_agent),
        EventKind.DENIED: partial(
            deny, asked.number, DenialReason.SOFTWARE_USED, WORDS, seen=last_step(asked), actor=support_agent
        ),
    }
    first, again = in_threads(acts[kind], acts[kind])
    assert (type(first), first.pk) == (type(again), again.pk)
    assert [step.kind for step in asked.events.all()] == [EventKind.FILED, kind]
