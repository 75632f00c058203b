"""Usage and window are judged when the request is filed: slow triage never costs the partner (S7)."""

from decimal import Decimal

import pytest

from cancellations.models import Cancellation
from cancellations.support.services.deciding import approve
from csp_portal.errors import Refusal
from orders.models import OrderLine
from software.models import CancellationPolicy, Kind
from tests.factories import buy_line, make_sku
from tests.support import decision, file_refund, one_agent_is_enough

RESERVATION = {"kind": Kind.RESERVATION, "cancellation_policy": CancellationPolicy.SUPPORT_ONLY}
DAY_60 = "2020-03-24T23:59:59Z"  # the purchase is of 24 January
DAY_61 = "2020-03-25T00:00:00Z"
DAY_90 = "2020-04-23T12:00:00Z"


@pytest.fixture
def line(clock, agent, customer):
    one_agent_is_enough()
    return buy_line(agent, customer, make_sku("400.00", **RESERVATION), quantity=3)


def approved(asked, agent):
    approve(asked.number, decision(asked), actor=agent)
    return Cancellation.objects.latest("pk")


def test_filed_on_day_60_and_approved_on_day_90_it_is_credited_as_of_day_60(clock, line, agent, support_agent):
    clock.set(DAY_60)
    asked = file_refund(agent, line)
    clock.set(DAY_90)
    done = approved(asked, support_agent)
    assert (done.credit.net, done.credit.days_used, done.credit.term_days) == (Decimal("1000.00"), 61, 366)
    assert (done.quoted_at, done.accepted_at) == (asked.filed_at, asked.filed_at)
    assert done.cancelled_at > asked.filed_at
    assert done.credit.fixed_at == done.cancelled_at  # the invoice month is that of the approval (R5)


def test_it_cannot_be_filed_on_day_61(clock, line, agent):
    clock.set(DAY_61)
    with pytest.raises(Refusal) as refusal:
        file_refund(agent, line)
    assert refusal.value.code == "window_closed"


def test_filed_on_the_day_of_purchase_nothing_is_used(clock, line, agent, support_agent):
    asked = file_refund(agent, line)
    clock.set(DAY_90)
    assert approved(asked, support_agent).credit.net == Decimal("1200.00")


def test_a_part_of_the_units_is_credited_as_of_filing_too(clock, agent, customer, support_agent):
    one_agent_is_enough()
    sku = make_sku("400.00", cancellation_policy=CancellationPolicy.SUPPORT_ONLY, key_issue="per_unit", keys=3)
    line = buy_line(agent, customer, sku, quantity=3)
    clock.set(DAY_60)
    asked = file_refund(agent, line, quantity=1)
    clock.set(DAY_90)
    done = approved(asked, support_agent)
    assert (done.quantity, done.credit.net) == (1, Decimal("333.33"))
    line = OrderLine.objects.get(pk=line.pk)
    assert (line.quantity_cancelled, line.purchase.is_active) == (1, True)


def test_approved_after_the_end_of_the_term_it_is_credited_as_of_filing(clock, agent, customer, support_agent):
    one_agent_is_enough()
    line = buy_line(agent, customer, make_sku("310.00", term="P1M", **RESERVATION))
    clock.set("2020-02-02T12:00:00Z")
    asked = file_refund(agent, line)
    clock.set(DAY_90)
    assert line.purchase.has_ended(asked.filed_at.date()) is False
    assert approved(asked, support_agent).credit.net == Decimal("210.00")  # 10 of 31 days
