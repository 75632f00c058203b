"""A credit is at most R1's amount as of filing; less of it has a reason, and tax follows what was granted (S7, R2)."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cancellations.models import Cancellation
from cancellations.support.granting import base_of, granted, quote_as_filed
from cancellations.support.services.deciding import approve
from csp_portal.errors import Refusal
from orders.billing.models import Credit, Invoice
from orders.billing.reconciliation import reconciliation_rows
from orders.billing.services import close_due_months, issue_due_invoices, post_due_credits
from orders.models import OrderLine
from software.models import CancellationPolicy, Kind, TaxRate
from tests.factories import CustomerFactory, buy_line, make_sku
from tests.helpers import words_of
from tests.support import decision, file_refund, one_agent_is_enough

CENT = Decimal("0.01")
ONLY_BY_SUPPORT = {"kind": Kind.PERPETUAL, "cancellation_policy": CancellationPolicy.SUPPORT_ONLY}


@pytest.fixture
def asked(clock, agent, customer):
    one_agent_is_enough()
    return file_refund(agent, buy_line(agent, customer, make_sku("1200.00", **ONLY_BY_SUPPORT)))


def grant(asked, agent, base, why="Half of it was used."):
    return approve(asked.number, decision(asked, base=Decimal(base), less_reason=why), actor=agent)


def refused(asked, code, agent, base, why="Half of it was used."):
    with pytest.raises(Refusal) as refusal:
        grant(asked, agent, base, why)
    assert refusal.value.code == code
    assert not Cancellation.objects.exists()
    assert OrderLine.objects.get(pk=asked.order_line_id).credited_gross == 0


def test_never_more_than_the_formula(asked, support_agent):
    refused(asked, "credit_too_high", support_agent, "1200.01")


@pytest.mark.parametrize("base", ["-0.01", "10.001", "NaN", "Infinity"])
def test_only_an_amount_of_the_currency(asked, support_agent, base):
    refused(asked, "credit_not_valid", support_agent, base)


@pytest.mark.parametrize("why", ["", "  ", "x" * 501])
def test_less_only_with_a_reason(asked, support_agent, why):
    refused(asked, "less_needs_reason", support_agent, "1199.99", why)


def test_all_of_it_needs_no_reason_and_keeps_none(asked, support_agent):
    grant(asked, support_agent, "1200.00", "Not told.")
    credit = Credit.objects.get()
    assert (credit.net, credit.formula, credit.less_reason) == (Decimal("1200.00"), None, "")


def test_the_credit_keeps_the_formula_and_the_reason(asked, support_agent):
    approval = grant(asked, support_agent, "600.00")
    credit = Credit.objects.get()
    assert (credit.net, credit.formula) == (Decimal("600.00"), Decimal("1200.00"))
    assert (approval.base, approval.formula_base) == (credit.net, credit.formula)
    assert (approval.less_reason, credit.less_reason) == ("Half of it was used.",) * 2


def test_the_order_the_invoice_and_the_csv_tell_what_was_granted_and_why(clock, asked, support_agent, agent, client_of):
    grant(asked, support_agent, "600.00")
    post_due_credits()
    told = "Granted: 600.00 USD of 1,200.00 USD: Half of it was used."
    assert told in Credit.objects.get().how_computed[1].replace("\N{NO-BREAK SPACE}", " ")
    clock.set("2020-02-09T00:00:00Z")
    close_due_months(timezone.now())
    issue_due_invoices(timezone.now())
    invoice = Invoice.objects.get()
    assert told in words_of(client_of(agent).get(invoice.get_absolute_url())).replace("\N{NO-BREAK SPACE}", " ")
    assert sum(entry.gross for entry in invoice.entries.all()) == Decimal("600.00")
    cells = [str(cell) for row in reconciliation_rows(invoice.entries.all(), "USD") for cell in row]
    assert any(told in cell.replace("\N{NO-BREAK SPACE}", " ") for cell in cells)


def test_tax_follows_what_was_granted(clock, agent, partner, support_agent):
    one_agent_is_enough("AUD")
    TaxRate.objects.create(market="AU", name="GST", rate="0.1", included_in_price=True, valid_from="2000-07-01")
    australian = CustomerFactory(partner=partner, market="AU", currency="AUD")
    line = buy_line(agent, australian, make_sku("1100.00", market="AU", currency="AUD", **ONLY_BY_SUPPORT))
    grant(file_refund(agent, line), support_agent, "550.00")
    credit = Credit.objects.get()
    assert (credit.gross, credit.tax, credit.net) == (Decimal("550.00"), Decimal("50.00"), Decimal("500.00"))


def test_the_database_refuses_less_without_a_reason(asked, support_agent):
    fields = {"order_line": asked.order_line, "fixed_at": asked.filed_at, "quantity": 1, "charged": 1200}
    amounts = {"net": 600, "tax": 0, "gross": 600}
    for less in ({"formula": 1200}, {"less_reason": "Used."}, {"formula": 600, "less_reason": "Used."}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Credit.objects.create(**fields, **amounts, **less)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cents=st.integers(0, 120_000), tax=st.integers(0, 30_000), included=st.booleans())
def test_any_part_of_it_adds_up_and_its_tax_is_in_proportion(asked, cents, tax, included):
    line = asked.order_line
    line.tax_included, line.tax = included, tax * CENT
    line.net, line.gross = (Decimal(1200) - line.tax, Decimal(1200)) if included else (Decimal(1200), 1200 + line.tax)
    base = cents * CENT
    quote = granted(quote_as_filed(asked, line), line, base, "Less.")
    assert base_of(quote, line) == base
    assert quote.gross == quote.net + quote.tax
    assert quote.gross <= line.gross
    assert quote.tax == (line.tax * base / 1200).quantize(CENT, ROUND_HALF_UP)
    assert (quote.formula is None) == (base == 1200)
