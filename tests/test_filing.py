"""Filing a refund: what S2 checks, in its order, as of the instant it is filed (S2, S7)."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from activity.models import Action, Event
from cancellations.support.models import EventKind, RequestStatus, SupportRequest
from cancellations.support.services.filing import RequestFields, file_request
from csp_portal.accounts.models import RoleAssignment
from csp_portal.accounts.permissions import Role
from csp_portal.errors import Refusal
from csp_portal.mail.models import Mail
from orders.models import OrderLine
from software.models import CancellationPolicy, KeyIssue, PolicyVersion
from tests.factories import CustomerFactory, PartnerFactory, UserFactory, buy_line, make_sku
from tests.helpers import cancel, in_threads, quote_of, until_somebody_waits
from tests.support import refund_fields

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(clock, agent, customer):
    """Two units of 1,200.00 USD each, bought on 2020-01-24."""
    sku = make_sku(cancellation_policy="support_only", key_issue=KeyIssue.PER_UNIT, keys=2)
    return buy_line(agent, customer, sku, quantity=2)


def file(line, actor, draft_id=None, **changed):
    return file_request(refund_fields(line, actor, **changed), draft_id=draft_id, actor=actor)


def refusal_of(line, actor, **changed):
    """The reason for which nothing was filed."""
    before = SupportRequest.objects.count(), Mail.objects.count()
    with pytest.raises(Refusal) as refused:
        file(line, actor, **changed)
    assert (SupportRequest.objects.count(), Mail.objects.count()) == before
    told = Event.objects.filter(action=Action.REQUEST_REFUSED).latest("pk")
    assert (told.details["reason"], told.actor_name) == (refused.value.code, actor.email)
    return refused.value


def test_a_request_is_filed_with_all_that_was_asked(clock, agent, line):
    request = file(line, agent, quantity=1, amount=Decimal("1200.00"), contact_name="김민준", title="주문 취소 요청")
    assert (request.order_line, request.customer, request.partner) == (line, line.order.customer, agent.partner)
    assert (request.quantity, request.creditable, request.amount_requested) == (1, 1200, 1200)
    assert (request.status, request.notice_version) == (RequestStatus.NEW, quote_of(line, 1).notice_version)
    assert request.due_at > request.filed_at
    (event,) = request.events.all()
    assert (event.kind, event.text, event.actor) == (EventKind.FILED, request.description, agent)


def test_it_stands_in_the_log_and_is_mailed(agent, line):
    request = file(line, agent)
    event = Event.objects.get(action=Action.REQUEST_FILED)
    assert (event.order_number, event.partner) == (line.order.number, agent.partner)
    assert event.details["request"] == request.number
    assert (event.details["amount"], event.details["currency"], event.details["files"]) == ("2400.00", "USD", 0)
    assert Mail.objects.filter(to=agent.email, subject__contains=request.number).exists()


def test_a_request_about_nothing_in_particular_is_filed(agent):
    fields = RequestFields(
        problem="users",
        impact="minimal",
        title="A colleague cannot sign in",
        description="Since today.",
        contact_name="李伟",
        contact_email=agent.email,
    )
    request = file_request(fields, draft_id=None, actor=agent)
    assert (request.customer, request.order_line, request.creditable) == (None, None, None)


def test_the_amount_is_judged_as_of_filing(clock, agent, line):
    clock.set("2020-02-02T12:00:00Z")
    request = file(line, agent, quantity=1, amount=Decimal("1167.21"))
    assert request.creditable == Decimal("1167.21")


@pytest.mark.parametrize(
    ("instant", "code"), [("2020-03-24T23:59:59Z", None), ("2020-03-25T00:00:00Z", "window_closed")]
)
def test_day_60_is_open_and_day_61_is_not(clock, agent, line, instant, code):
    clock.set(instant)
    if code is None:
        assert file(line, agent).creditable == quote_of(line).net
    else:
        assert refusal_of(line, agent).code == code


def test_what_self_service_can_cancel_may_be_asked_for_too(agent, customer):
    line = buy_line(agent, customer, make_sku(keys=1))
    assert file(line, agent).is_open


def test_prices_that_include_tax_are_asked_for_with_it(clock, agent, partner):
    customer = CustomerFactory(partner=partner, market="AU", currency="AUD")
    line = buy_line(agent, customer, make_sku("1100.00", market="AU", currency="AUD", keys=1))
    request = file(line, agent)
    assert request.creditable == line.gross


@pytest.mark.parametrize("amount", ["0", "-1", "2400.01"])
def test_at_most_what_can_be_credited_is_asked_for(agent, line, amount):
    refusal = refusal_of(line, agent, amount=Decimal(amount))
    assert refusal.code == "amount_not_creditable"
    assert "2,400.00" in refusal.message


def test_an_amount_has_no_more_digits_than_its_currency(agent, line):
    assert refusal_of(line, agent, amount=Decimal("10.001")).code == "amount_too_fine"


def test_part_of_the_amount_may_be_asked_for(agent, line):
    assert file(line, agent, amount=Decimal("0.01")).amount_requested == Decimal("0.01")


def test_another_notice_than_that_of_the_units_does_not_count(agent, line):
    assert refusal_of(line, agent, quantity=1, notice_accepted=1).code == "refund_notice_not_accepted"


def test_a_refund_of_nothing_is_refused(agent, line):
    fields = replace(refund_fields(line, agent), purchase_id=None)
    with pytest.raises(Refusal) as refused:
        file_request(fields, draft_id=None, actor=agent)
    assert refused.value.code == "refund_without_line"


@pytest.mark.parametrize("where", ["title", "description"])
def test_a_product_key_is_not_told_to_support(agent, line, where):
    refused = refusal_of(line, agent, **{where: "Key VK7JG-NPHTM-C97JM-9MPGT-3V66T is refused"})
    assert refused.code == "key_in_text"


def test_of_one_line_one_refund_is_open(agent, line):
    first = file(line, agent, quantity=1)
    refusal = refusal_of(line, agent, quantity=1)
    assert (refusal.code, refusal.facts["request"]) == ("refund_request_open", first.number)


def test_the_database_holds_one_open_refund_of_a_line(agent, line):
    first = file(line, agent)
    first.pk, first.number = None, "1" * 15
    with pytest.raises(IntegrityError, match="support_open_refund_once"), transaction.atomic():
        first.save(force_insert=True)


def test_a_form_that_is_sent_twice_files_once(agent, line):
    form = uuid4()
    assert file(line, agent, draft_id=form) == file(line, agent, draft_id=form)
    assert SupportRequest.objects.count() == 1
    assert Event.objects.filter(action=Action.REQUEST_FILED).count() == 1


# The order of the checks


@dataclass
class Attempt:
    """A line, who asks for its refund, and what is asked; each fault spoils a part of it."""

    line: OrderLine
    actor: Any
    asked: dict[str, Any] = field(default_factory=dict)

    def line_becomes(self, **values):
        OrderLine.objects.filter(pk=self.line.pk).update(**values)


def _without_the_role(attempt):
    RoleAssignment.objects.filter(user=attempt.actor).update(role=Role.AUDITOR)
    for looked_up in ("roles", "_held_today"):
        vars(attempt.actor).pop(looked_up, None)


def _customer_of_another(attempt):
    attempt.asked["tenant_id"] = CustomerFactory().tenant_id


def _order_of_another_customer(attempt):
    other = CustomerFactory(partner=attempt.actor.partner)
    buyer = UserFactory(partner=attempt.actor.partner, roles=[Role.ADMIN_AGENT])
    attempt.asked["purchase_id"] = buy_line(buyer, other, make_sku(keys=1)).purchase.public_id


def _cancelled(attempt):
    attempt.line_becomes(policy_version=_policy(CancellationPolicy.SELF_SERVICE))
    cancel(attempt.line, UserFactory(partner=attempt.actor.partner, roles=[Role.ADMIN_AGENT]))
    attempt.line_becomes(policy_version=attempt.line.policy_version)


def _never(attempt):
    attempt.line_becomes(policy_version=_policy(CancellationPolicy.NEVER), window_closes_at=None, last_cancel_day=None)


def _policy(policy):
    return PolicyVersion.objects.filter(policy=policy).latest("pk")


def _open(attempt):
    file(attempt.line, UserFactory(partner=attempt.actor.partner, roles=[Role.ADMIN_AGENT]), quantity=1)


def _window_closed(attempt):
    attempt.line_becomes(window_closes_at=attempt.line.order.placed_at)


def _too_many(attempt):
    attempt.asked["quantity"] = 3


def _too_much(attempt):
    attempt.asked["amount"] = Decimal("2400.01")


def _no_tick(attempt):
    attempt.asked["notice_accepted"] = None


FAULTS: dict[str, tuple[Callable, str]] = {
    "role": (_without_the_role, "role_required"),
    "customer": (_customer_of_another, "customer_unknown"),
    "order": (_order_of_another_customer, "order_not_of_customer"),
    "cancelled": (_cancelled, "already_cancelled"),
    "never": (_never, "never_cancellable"),
    "open": (_open, "refund_request_open"),
    "window": (_window_closed, "window_closed"),
    "quantity": (_too_many, "quantity_not_left"),
    "amount": (_too_much, "amount_not_creditable"),
    "tick": (_no_tick, "refund_notice_not_accepted"),
}
FIRST = ["open", "cancelled"]  # after the other faults they could not be brought about
NEVER_BOTH = {("cancelled", "never"), ("cancelled", "open"), ("never", "open")}
PAIRS = [
    (first, second)
    for number, first in enumerate(FAULTS)
    for second in list(FAULTS)[number + 1 :]
    if (first, second) not in NEVER_BOTH
]


@pytest.mark.parametrize("fault", FAULTS)
def test_each_check_gives_its_own_reason(agent, line, fault):
    attempt = Attempt(line, agent)
    spoil, code = FAULTS[fault]
    spoil(attempt)
    assert refusal_of(line, agent, **attempt.asked).code == code


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_of_two_faults_the_first_gives_the_reason(agent, line, first, second):
    attempt = Attempt(line, agent)
    for name in sorted((first, second), key=[*FIRST, *(name for name in FAULTS if name not in FIRST)].index):
        FAULTS[name][0](attempt)
    assert refusal_of(line, agent, **attempt.asked).code == FAULTS[first][1]


def test_units_that_share_a_key_are_asked_for_together(agent, customer):
    line = buy_line(agent, customer, make_sku(keys=1, key_issue=KeyIssue.PER_LINE), quantity=2)
    assert refusal_of(line, agent, quantity=1).code == "only_whole"


def test_another_partners_customer_is_as_if_it_were_not_there(line):
    stranger = UserFactory(partner=PartnerFactory(), roles=[Role.ADMIN_AGENT])
    assert refusal_of(line, stranger).code == "customer_unknown"


# At once


@pytest.mark.django_db(transaction=True)
def test_of_two_who_file_at_once_one_does(clock, agent, customer):
    line = buy_line(agent, customer, make_sku(keys=1))
    colleague = UserFactory(partner=agent.partner, roles=[Role.GLOBAL_ADMIN])
    answers = in_threads(*[lambda who=who: file(line, who) for who in (agent, colleague)])
    assert sorted(answer == "refund_request_open" for answer in answers) == [False, True]
    assert SupportRequest.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_form_that_is_sent_twice_at_once_files_once(clock, agent):
    form = uuid4()
    fields = RequestFields(
        problem="other", impact="minimal", title="T", description="D", contact_name="N", contact_email="a@b.example"
    )
    answers = in_threads(*[lambda: file_request(fields, draft_id=form, actor=agent)] * 4)
    assert len({answer.number for answer in answers}) == 1
    assert SupportRequest.objects.count() == Event.objects.filter(action=Action.REQUEST_FILED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_files_while_the_line_is_being_cancelled_is_told_so(clock, agent, customer):
    line = buy_line(agent, customer, make_sku(keys=1))

    fields, cancelled = refund_fields(line, agent), threading.Event()

    def cancel_slowly():
        with transaction.atomic():
            cancel(line, agent)
            cancelled.set()
            until_somebody_waits()

    def file_meanwhile():
        cancelled.wait()
        return file_request(fields, draft_id=None, actor=agent)

    assert in_threads(cancel_slowly, file_meanwhile)[1] == "already_cancelled"
    assert not SupportRequest.objects.exists()
