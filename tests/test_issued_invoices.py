"""An invoice that was issued is final, in the database too (R5)."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from orders.billing.models import Invoice
from orders.billing.services import close_due_months, issue_due_invoices
from tests.factories import buy_line, make_sku

pytestmark = pytest.mark.django_db


@pytest.fixture
def issued(clock, agent, customer) -> Invoice:
    """January's invoice, issued on 8 February."""
    buy_line(agent, customer, make_sku(keys=1))
    clock.set("2020-02-08T00:00:00Z")
    close_due_months(timezone.now())
    issue_due_invoices(timezone.now())
    return Invoice.objects.get()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE billing_invoice SET bill_to_name = 'Somebody else'",
        "UPDATE billing_invoice SET number = NULL, issued_at = NULL",
        "DELETE FROM billing_invoice",
    ],
)
def test_no_statement_changes_or_removes_it(issued, statement):
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    kept = Invoice.objects.get()
    assert (kept.number, kept.bill_to_name) == (issued.number, issued.bill_to_name)
