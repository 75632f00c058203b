"""The order of the checks before a cancellation: of any two that both hit, the first gives the reason (C4)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from cancellations.services import confirm_cancellation
from csp_portal.accounts.models import RoleAssignment
from csp_portal.accounts.permissions import Role
from csp_portal.errors import Refusal
from orders.billing.models import Credit
from orders.models import OrderLine
from software.models import CancellationPolicy, PolicyVersion
from tests.factories import buy_line, make_sku
from tests.helpers import cancel, quote_of
from tests.support import file_refund

pytestmark = pytest.mark.django_db


@dataclass
class Attempt:
    """A line, who submits it, and what is submitted; each fault spoils a part of it."""

    line: OrderLine
    actor: object
    clock: object
    sent: dict = field(default_factory=dict)

    def submit(self):
        return confirm_cancellation(self.line.purchase.public_id, actor=self.actor, **self.sent)

    def line_becomes(self, **values):
        OrderLine.objects.filter(pk=self.line.pk).update(**values)


def _without_the_role(attempt):
    RoleAssignment.objects.filter(user=attempt.actor).update(role=Role.GLOBAL_ADMIN)
    for looked_up in ("roles", "_held_today"):
        vars(attempt.actor).pop(looked_up, None)


def _cancelled_already(attempt):
    """By somebody else, so that the submitter is not answered as the one who did it."""
    other = type(attempt.actor).objects.create(email="other@partner.example", partner=attempt.actor.partner)
    RoleAssignment.objects.create(user=other, role=Role.ADMIN_AGENT)
    cancel(attempt.line, other)


def _policy(policy):
    return PolicyVersion.objects.filter(policy=policy).latest("pk")


def _never(attempt):
    attempt.line_becomes(policy_version=_policy(CancellationPolicy.NEVER), window_closes_at=None, last_cancel_day=None)


def _support_only(attempt):
    attempt.line_becomes(policy_version=_policy(CancellationPolicy.SUPPORT_ONLY))


def _refund_open(attempt):
    file_refund(attempt.actor, attempt.line)


def _window_closed(attempt):
    """Long enough ago that no quote of the last minutes is honoured."""
    attempt.line_becomes(window_closes_at=timezone.now() - timedelta(days=1))


def _no_quote_of_ours(attempt):
    attempt.sent["quote"] = "x"


def _quantity_not_left(attempt):
    attempt.line_becomes(quantity_cancelled=1)


def _quote_expired(attempt):
    attempt.clock.set("2020-01-24T12:15:00Z")


def _line_changed(attempt):
    attempt.line_becomes(credited_net=Decimal("0.01"), credited_gross=Decimal("0.01"))


def _no_tick(attempt):
    attempt.sent["notice_accepted"] = False


# Every fault with the reason that it gives, in the order of C4. What later rules check is not there yet.
FAULTS: dict[str, tuple[Callable, str]] = {
    "role": (_without_the_role, "role_required"),
    "already cancelled": (_cancelled_already, "already_cancelled"),
    "never cancellable": (_never, "never_cancellable"),
    "support request only": (_support_only, "support_request_only"),
    "refund request open": (_refund_open, "refund_request_open"),
    "window closed": (_window_closed, "window_closed"),
    "no quote of ours": (_no_quote_of_ours, "quote_not_valid"),
    "quantity": (_quantity_not_left, "quantity_not_left"),
    "quote expired": (_quote_expired, "quote_expired"),
    "line changed": (_line_changed, "line_changed"),
    "tick missing": (_no_tick, "notice_not_accepted"),
}
# A line has one policy, a text that is no quote of ours has no quantity and no age, and of what can never be cancelled
# the database lets nothing be cancelled or credited. What is cancelled or never can be is no matter of a refund (S2).
NEVER_BOTH = {
    ("never cancellable", "support request only"),
    ("never cancellable", "quantity"),
    ("never cancellable", "line changed"),
    ("already cancelled", "never cancellable"),
    ("already cancelled", "refund request open"),
    ("never cancellable", "refund request open"),
    ("no quote of ours", "quantity"),
    ("no quote of ours", "quote expired"),
}
PAIRS = [
    (first, second)
    for number, first in enumerate(FAULTS)
    for second in list(FAULTS)[number + 1 :]
    if (first, second) not in NEVER_BOTH
]


@pytest.fixture
def attempt(clock, agent, customer):
    """One that would succeed."""
    line = buy_line(agent, customer, make_sku("1200.00", keys=2), quantity=2)
    return Attempt(line, agent, clock, {"quote": quote_of(line).signed(), "notice_accepted": True})


def state_of(attempt):
    line = OrderLine.objects.select_related("purchase").get(pk=attempt.line.pk)
    return line.purchase.status, line.quantity_cancelled, line.credited_gross, Credit.objects.count()


def assert_refused(attempt, code):
    before = state_of(attempt)
    with pytest.raises(Refusal) as refused:
        attempt.submit()
    assert refused.value.code == code
    assert state_of(attempt) == before


def test_without_a_fault_it_is_cancelled(attempt):
    assert attempt.submit().order_line == attempt.line


@pytest.mark.parametrize("fault", FAULTS)
def test_each_check_gives_its_own_reason(attempt, fault):
    spoil, code = FAULTS[fault]
    spoil(attempt)
    assert_refused(attempt, code)


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_of_two_that_both_hit_the_first_gives_the_reason(attempt, first, second):
    # Asked for or cancelled first: after any other fault it could not be.
    for name in sorted((first, second), key=["refund request open", "already cancelled", *FAULTS].index):
        FAULTS[name][0](attempt)
    assert_refused(attempt, FAULTS[first][1])
